/**
 * `npm run bench [-- --large] [-- --sizes 1000,10000]`: what a first sync and the next ones cost.
 *
 * The sandbox runs in a process of its own, every command in another one, in the sandbox's time: five
 * calls a second and imports that take their time cost nothing here, so that the seconds shown are the
 * product's (and the sandbox's) work. Calls are counted by the sandbox and held against the fewest
 * possible; speed is told as a share of bare undici and JSON.parse on the same pages, in the same run;
 * memory is the most that the command's process had resident.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { readBare } from './bare-reading.ts';
import { callsDuring, totalOf, VENDORS, type CallsByRoute, type CountedCalls } from './counted-calls.ts';
import { CHANGES, editPeople } from './edits.ts';
import { activeCampaignMinimum, salesforceMinimum } from './minimum-calls.ts';
import { startRemoteSandbox, type MeasuredRun, type RemoteSandbox } from './remote-sandbox.ts';
import { activeCampaignWork, salesforceWork, takeSnapshot } from './work-done.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/activecampaign-salesforce/', import.meta.url));
const SEED = 1;
/** Contacts on each side. Of all people eight in ten are on one side, and as many on the other. */
const SIZES = [1_000, 10_000];
const LARGE = 100_000;
const SHARE_OF_A_SIDE = 0.8;
const MEMORY_LIMIT_BYTES = 300_000_000;
const MOST_OVER_MINIMUM = 1.1;

interface Step {
  readonly size: number;
  readonly name: string;
  readonly run: MeasuredRun;
  readonly counted: CountedCalls;
  /** Records that went through it, and how many a second bare reading manages. */
  readonly records?: number;
  readonly barePerSecond?: number;
  readonly minimum?: Readonly<Record<keyof CountedCalls, number>>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { large: { type: 'boolean', default: false }, sizes: { type: 'string' } } });
  const sizes = values.sizes === undefined ? [...SIZES, ...(values.large ? [LARGE] : [])] : values.sizes.split(',').map(Number);
  const steps: Step[] = [];
  print(HEADINGS);
  for (const size of sizes) {
    for await (const step of measure(size)) {
      steps.push(step);
      print(rowOf(step));
    }
  }
  printGrowth(steps);
  const faults = steps.flatMap(faultsOf);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

async function* measure(size: number): AsyncGenerator<Step> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  await cp(EXAMPLE, folder, { recursive: true });
  const sandbox = await startRemoteSandbox(Math.round(size / SHARE_OF_A_SIDE), SEED, VENDORS);
  try {
    yield await step(sandbox, folder, size, 'plan', 'plan', '--out', 'plan.json', '--max-calls', '1000000');
    await sandbox.syncline(folder, 'apply', 'plan.json', '--no-sync');
    yield await firstSync(sandbox, folder, size);

    // Out of reach of what the next read looks at again.
    await sandbox.advance('PT1H');
    yield await step(sandbox, folder, size, 'sync, no changes', 'sync');
    await editPeople(sandbox);
    yield { ...(await step(sandbox, folder, size, `sync, ${CHANGES} changes`, 'sync')), records: CHANGES };
    yield await step(sandbox, folder, size, 'verify', 'verify');
  } finally {
    sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function firstSync(sandbox: RemoteSandbox, folder: string, size: number): Promise<Step> {
  const before = await takeSnapshot(sandbox);
  const measured = await step(sandbox, folder, size, 'first sync', 'sync');
  const after = await takeSnapshot(sandbox);
  const { records, ms } = await readBare(sandbox);
  return {
    ...measured,
    records: before.salesforce.size + before.activecampaign.size,
    barePerSecond: (records / ms) * 1000,
    minimum: {
      salesforce: salesforceMinimum(salesforceWork(before, after)).total,
      activecampaign: activeCampaignMinimum(activeCampaignWork(before, after)).total,
    },
  };
}

async function step(
  sandbox: RemoteSandbox,
  folder: string,
  size: number,
  name: string,
  ...argv: readonly string[]
): Promise<Step> {
  const runs: MeasuredRun[] = [];
  const counted = await callsDuring(sandbox, async () => runs.push(await sandbox.syncline(folder, ...argv)));
  return { size, name, run: runs[0]!, counted };
}

const HEADINGS = [
  'contacts',
  'step',
  'seconds',
  'CPU s',
  'records/s',
  'of bare',
  'peak MB',
  'Salesforce calls',
  'ActiveCampaign calls',
];
const WIDTHS = [9, 18, 8, 8, 10, 8, 8, 17, 21];

function rowOf({ size, name, run, counted, records, barePerSecond, minimum }: Step): readonly string[] {
  const perSecond = records === undefined ? undefined : (records / run.wallMs) * 1000;
  const calls = VENDORS.map((vendor) => {
    const total = totalOf(counted[vendor]);
    return minimum === undefined ? String(total) : `${total} (${(total / minimum[vendor]).toFixed(2)} x ${minimum[vendor]})`;
  });
  return [
    size.toLocaleString('en'),
    name,
    (run.wallMs / 1000).toFixed(1),
    (run.cpuMs / 1000).toFixed(1),
    perSecond === undefined ? '' : Math.round(perSecond).toLocaleString('en'),
    perSecond === undefined || barePerSecond === undefined ? '' : (perSecond / barePerSecond).toFixed(3),
    (run.peakBytes / 1e6).toFixed(0),
    ...calls,
  ];
}

function print(cells: readonly string[]): void {
  process.stdout.write(
    `${cells.map((cell, index) => (index === 1 ? cell.padEnd(WIDTHS[index]!) : cell.padStart(WIDTHS[index]!))).join('  ')}\n`,
  );
}

/** How the cost of the same number of changes grows with the size of the tables. 1.0 is not at all. */
function printGrowth(steps: readonly Step[]): void {
  const deltas = steps.filter(({ name }) => name === `sync, ${CHANGES} changes`);
  const [smallest, largest] = [deltas[0], deltas.at(-1)];
  if (smallest === undefined || largest === undefined || smallest === largest) return;
  const times = (measure: (one: Step) => number): string => (measure(largest) / measure(smallest)).toFixed(1);
  const calls = (one: Step): number => totalOf(one.counted.salesforce) + totalOf(one.counted.activecampaign);
  process.stdout.write(
    `\nFrom ${smallest.size.toLocaleString('en')} to ${largest.size.toLocaleString('en')} contacts, ${CHANGES} changes take ` +
      `${times(({ run }) => run.wallMs)} times the time, ${times(calls)} times the calls, ${times(({ run }) => run.peakBytes)} times the memory.\n`,
  );
}

function routesOf(calls: CallsByRoute): string {
  return [...calls].map(([route, count]) => `${count} ${route}`).join(', ');
}

function faultsOf({ size, name, run, counted, minimum }: Step): readonly string[] {
  const place = `${size.toLocaleString('en')} contacts, ${name}`;
  const faults: string[] = [];
  if (run.peakBytes >= MEMORY_LIMIT_BYTES)
    faults.push(`${place}: ${(run.peakBytes / 1e6).toFixed(0)} MB resident; less than 300 are promised.`);
  for (const vendor of VENDORS) {
    const total = totalOf(counted[vendor]);
    if (minimum !== undefined && total > MOST_OVER_MINIMUM * minimum[vendor])
      faults.push(`${place}: ${total} calls to ${vendor}; ${minimum[vendor]} are needed. Sent: ${routesOf(counted[vendor])}.`);
  }
  return faults;
}

await main();
