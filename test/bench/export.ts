/**
 * `npm run bench:export [-- --people 100000]`: what the first export of a marketing list costs, in the sandbox's time.
 *
 * Sandbox and command run in processes of their own. Calls that write contacts are counted by the sandbox and held against
 * what the size of an import asks for; polling backs off, and is told apart. Memory is that of the command alone.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Loose } from '../cli/harness.ts';
import { startRemoteSandbox } from './remote-sandbox.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/oro-dotdigital/', import.meta.url));
/** The most contacts that Syncline hands over in one import, and that the vendor lists on one page. */
const IMPORT_CONTACTS = 50_000;
const PAGE_CONTACTS = 5_000;

const { values } = parseArgs({ options: { people: { type: 'string', default: '100000' } } });
const people = Number(values.people);
const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
await cp(EXAMPLE, folder, { recursive: true });
await rm(join(folder, 'campaigns.yaml'));
const sandbox = await startRemoteSandbox(people, 1, ['dotdigital', 'orocrm']);
try {
  await sandbox.syncline(folder, 'plan', '--no-data', '--out', 'plan.json');
  await sandbox.syncline(folder, 'apply', 'plan.json', '--no-sync');
  const run = await sandbox.syncline(folder, 'sync', '--json');
  const lines = run.output.split('\n').filter((line) => line !== '');
  const summary = lines.map((line) => JSON.parse(line) as Loose).findLast(({ type }) => type === 'cycle_summary');
  const { book } = summary.ends;
  const calls = await sandbox.calls('dotdigital');
  const count = (method: string, route: string): number =>
    calls.filter((call) => call.method === method && call.route === route).reduce((sum, call) => sum + call.count, 0);
  const exported = book.created + book.updated;
  process.stdout.write(
    [
      `${people} people; ${book.created} contacts created, ${book.updated} updated, ${summary.quarantined} refused, ` +
        `in ${(run.wallMs / 1000).toFixed(0)} s, at most ${(run.peakBytes / 1e6).toFixed(0)} MB`,
      `imports          ${count('PUT', '/contacts/v3/import')}, at least ${Math.ceil(exported / IMPORT_CONTACTS)}`,
      `looks at them    ${count('GET', '/contacts/v3/import/*')}`,
      `pages listed     ${count('GET', '/contacts/v3')}, one holds ${PAGE_CONTACTS}`,
      ...calls.map((call) => `  ${String(call.count).padStart(6)}  ${call.status}  ${call.method} ${call.route}`),
      '',
    ].join('\n'),
  );
} finally {
  sandbox.close();
  await rm(folder, { recursive: true, force: true });
}
