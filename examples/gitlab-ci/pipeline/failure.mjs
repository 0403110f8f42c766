// Turns what a failed `syncline plan` said into a comment: `node failure.mjs EXIT_CODE < errors.txt`.
import { readFileSync } from 'node:fs';

const said = readFileSync(0, 'utf8').slice(0, 50_000).trim();
// A fence that is longer than any in the text cannot be closed by it.
const fence = '`'.repeat(Math.max(3, ...[...said.matchAll(/`+/g)].map(([run]) => run.length + 1)));
const stack = encodeURIComponent(process.env.SYNCLINE_STACK ?? '').replaceAll('-', '%2D');
process.stdout.write(
  [
    `<!-- syncline:plan stack=${stack} -->`,
    `### Syncline could not plan (exit code ${process.argv[2]})`,
    '',
    fence,
    said,
    fence,
    '',
  ].join('\n'),
);
