/** Terraform's single-dash spellings, which people have in their fingers. */
const SINGLE_DASH = new Set([
  'out',
  'auto-approve',
  'detailed-exitcode',
  'target',
  'json',
  'no-color',
  'lock-timeout',
  'input',
  'refresh-only',
  'parallelism',
  'chdir',
]);

/** Rewrites `-out=F` to `--out=F`, `-input=false` to `--no-input`, `-target A` to `--target A`; leaves everything else alone. */
export function normalizeArguments(argv: readonly string[]): string[] {
  return argv.map((argument) => {
    const match = /^-([a-z][a-z-]+)(=.*)?$/.exec(argument);
    if (match === null || !SINGLE_DASH.has(match[1]!)) return argument === '--input=false' ? '--no-input' : argument;
    const [, name, value] = match;
    if (name === 'input') return value === '=false' || value === '=0' ? '--no-input' : '--input';
    if (
      (name === 'auto-approve' ||
        name === 'detailed-exitcode' ||
        name === 'json' ||
        name === 'refresh-only' ||
        name === 'no-color') &&
      value === '=true'
    ) {
      return `--${name}`;
    }
    return `--${name}${value ?? ''}`;
  });
}
