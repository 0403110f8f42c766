/**
 * `npm run bench:export [-- --people 100000]`: what the first export of a marketing list costs, in the sandbox's time.
 *
 * Calls that write contacts are counted by the sandbox and held against what the size of an import asks for; polling
 * backs off, and is told apart.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineOf, Rehearsal } from '../cli/harness.ts';

/** The most contacts that Syncline hands over in one import, and that the vendor lists on one page. */
const IMPORT_CONTACTS = 50_000;
const PAGE_CONTACTS = 5_000;

const { values } = parseArgs({ options: { people: { type: 'string', default: '100000' } } });
const people = Number(values.people);
const rehearsal = await Rehearsal.start({ people, example: 'oro-dotdigital' });
try {
  await rm(join(rehearsal.folder, 'campaigns.yaml'));
  const startedAt = performance.now();
  const applied = await rehearsal.syncline('apply', '-y', '--json');
  const seconds = (performance.now() - startedAt) / 1000;
  const { ends, quarantined } = lineOf(applied, 'cycle_summary');
  const calls = await rehearsal.calls('dotdigital');
  const count = (method: string, route: string): number =>
    calls.filter((call) => call.method === method && call.route === route).reduce((sum, call) => sum + call.count, 0);
  const exported = ends.book.created + ends.book.updated;
  process.stdout.write(
    [
      `${people} people; ${ends.book.created} contacts created, ${ends.book.updated} updated, ${quarantined} refused, in ${seconds.toFixed(0)} s`,
      `imports          ${count('PUT', '/contacts/v3/import')}, at least ${Math.ceil(exported / IMPORT_CONTACTS)}`,
      `looks at them    ${count('GET', '/contacts/v3/import/*')}`,
      `pages listed     ${count('GET', '/contacts/v3')}, one holds ${PAGE_CONTACTS}`,
      ...calls.map((call) => `  ${String(call.count).padStart(6)}  ${call.status}  ${call.method} ${call.route}`),
      '',
    ].join('\n'),
  );
} finally {
  await rehearsal.close();
}
