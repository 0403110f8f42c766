/** The part of every command's help that pipelines need: exit codes, and two real examples. */
export function exitCodeHelp(codes: Readonly<Record<number, string>>, examples: readonly [string, string]): string {
  const lines = Object.entries(codes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return ['', 'Exit codes:', ...lines, '', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n');
}
