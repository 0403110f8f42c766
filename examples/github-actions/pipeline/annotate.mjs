// Reads what `syncline validate --json` or `show --format json` prints, and writes one annotation for each error and
// warning at its file and line. Ends with 1 where there is an error. GitHub shows ten of a kind: the tenth says how many
// are left.
import { readFileSync } from 'node:fs';

const text = readFileSync(0, 'utf8');
const diagnostics = text
  .split('\n')
  .filter((line) => line.trim() !== '')
  .flatMap((line) => {
    const value = JSON.parse(line);
    return value.diagnostics ?? (value.type === 'diagnostic' ? [value.diagnostic] : []);
  });

// What stands in a file of the repository must not become a command of the runner.
const data = (value) => String(value).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (value) => data(value).replaceAll(':', '%3A').replaceAll(',', '%2C');

const MOST = 10;
for (const kind of ['error', 'warning']) {
  const found = diagnostics.filter(({ severity }) => (severity === 'error') === (kind === 'error'));
  for (const { code, summary, detail, hint, file, line, column } of found.length > MOST ? found.slice(0, MOST - 1) : found) {
    const place = file === null ? '' : `file=${property(file)},line=${line ?? 1},col=${column ?? 1},`;
    const message = [detail, hint].filter(Boolean).join('\n');
    process.stdout.write(`::${kind} ${place}title=${property(`${code}: ${summary}`)}::${data(message)}\n`);
  }
  if (found.length > MOST) process.stdout.write(`::${kind}::${found.length - MOST + 1} more: run syncline validate.\n`);
}
process.exitCode = diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
