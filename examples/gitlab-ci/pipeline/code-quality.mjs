// Turns what `syncline validate --json` prints into GitLab's code quality report, which shows each mistake at its line.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const diagnostics = readFileSync(0, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line))
  .flatMap((value) => value.diagnostics ?? (value.type === 'diagnostic' ? [value.diagnostic] : []));

const report = diagnostics.map(({ severity, code, summary, detail, hint, file, line }) => ({
  description: [`${summary}: ${detail}`, hint].filter(Boolean).join(' '),
  check_name: code,
  fingerprint: createHash('sha256')
    .update(JSON.stringify([code, file, detail]))
    .digest('hex'),
  severity: severity === 'error' ? 'critical' : 'minor',
  location: { path: file ?? '.', lines: { begin: line ?? 1 } },
}));
process.stdout.write(`${JSON.stringify(report)}\n`);
