/**
 * `npm run bench:export [-- --people 100000]`: what the first export of a marketing list costs, in the sandbox's time.
 *
 * Sandbox and command run in processes of their own. Calls are counted by the sandbox and held against the fewest possible;
 * looks at imports that run are told apart: they back off, and how many there are is the vendor's time. Memory is that of
 * the command alone.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Loose } from '../cli/harness.ts';
import { callsOf, totalOf, type CallsByRoute } from './counted-calls.ts';
import { dotdigitalMinimum, oroMinimum, type MinimumCalls } from './minimum-calls.ts';
import { startRemoteSandbox, type MeasuredRun } from './remote-sandbox.ts';
import { dotdigitalWork, oroWork, takeExportSnapshot } from './work-exported.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/oro-dotdigital/', import.meta.url));
const MOST_OVER_MINIMUM = 1.1;
const LOOKS = 'GET /contacts/v3/import/*';

const { values } = parseArgs({ options: { people: { type: 'string', default: '100000' } } });
const people = Number(values.people);
const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
await cp(EXAMPLE, folder, { recursive: true });
await rm(join(folder, 'campaigns.yaml'));
const sandbox = await startRemoteSandbox(people, 1, ['dotdigital', 'orocrm']);
try {
  await sandbox.syncline(folder, 'plan', '--no-data', '--out', 'plan.json');
  await sandbox.syncline(folder, 'apply', 'plan.json', '--no-sync');
  const dump = sandbox.dump.bind(sandbox);
  const before = await takeExportSnapshot(dump);
  const runs: MeasuredRun[] = [];
  const counted = await callsOf(['dotdigital', 'orocrm'], sandbox, async () => {
    runs.push(await sandbox.syncline(folder, 'sync', '--json'));
  });
  const after = await takeExportSnapshot(dump);
  const [run] = runs as [MeasuredRun];
  const lines = run.output.split('\n').filter((line) => line !== '');
  const summary = lines.map((line) => JSON.parse(line) as Loose).findLast(({ type }) => type === 'cycle_summary');
  const { book } = summary.ends;
  process.stdout.write(
    `${people} people; ${book.created} contacts created, ${book.updated} updated, ${summary.quarantined} refused, ` +
      `in ${(run.wallMs / 1000).toFixed(0)} s, at most ${(run.peakBytes / 1e6).toFixed(0)} MB\n` +
      `looks at imports ${counted.dotdigital.get(LOOKS) ?? 0}, in none of the numbers below\n`,
  );
  const ratios = [
    printed('dotdigital', counted.dotdigital, dotdigitalMinimum(dotdigitalWork(before, after))),
    printed('orocrm', counted.orocrm, oroMinimum(oroWork(before, after))),
  ];
  process.exitCode = ratios.every((ratio) => ratio <= MOST_OVER_MINIMUM) ? 0 : 1;
} finally {
  sandbox.close();
  await rm(folder, { recursive: true, force: true });
}

/** Prints every route beside what each purpose needs at least. Returns how many times the fewest possible it took. */
function printed(vendor: string, counted: CallsByRoute, { total, terms }: MinimumCalls): number {
  const calls = totalOf(counted) - (counted.get(LOOKS) ?? 0);
  const needed = Object.entries(terms).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(
    [
      `${vendor}: ${calls} calls, at least ${total} (${needed.join(', ')}): ${(calls / total).toFixed(3)} times`,
      ...[...counted].map(([route, count]) => `  ${String(count).padStart(6)}  ${route}`),
      '',
    ].join('\n'),
  );
  return calls / total;
}
