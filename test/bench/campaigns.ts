/**
 * `npm run bench:campaigns [-- --sizes 2000,20000]`: what an import of campaigns costs, at first and afterwards.
 *
 * Sandbox and commands run in processes of their own, in the sandbox's time. Memory is to be flat, and a run after which
 * nothing happened is to cost as much at any size: both are held against what the smallest size takes.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Loose } from '../cli/harness.ts';
import { startRemoteSandbox, type MeasuredRun, type RemoteSandbox } from './remote-sandbox.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/oro-dotdigital/', import.meta.url));
const VENDORS = ['dotdigital', 'orocrm'] as const;
const MEMORY_LIMIT_BYTES = 300_000_000;
/** Idle runs may differ by a page of a listing that grew, and by the noise of the machine. */
const MOST_IDLE_CALLS_MORE = 2;

interface Step {
  readonly people: number;
  readonly name: string;
  readonly run: MeasuredRun;
  readonly activities: number;
  readonly calls: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { sizes: { type: 'string', default: '2000,20000' } } });
  const steps: Step[] = [];
  print(['people', 'step', 'activities', 'calls', 'seconds', 'CPU s', 'activities/s', 'peak MB']);
  for (const people of values.sizes.split(',').map(Number)) {
    for await (const step of measure(people)) {
      steps.push(step);
      print(rowOf(step));
    }
  }
  const faults = faultsOf(steps);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

async function* measure(people: number): AsyncGenerator<Step> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  await cp(EXAMPLE, folder, { recursive: true });
  const sandbox = await startRemoteSandbox(people, 1, VENDORS);
  try {
    await sandbox.syncline(folder, 'apply', '-y', '--no-sync');
    const step = (name: string): Promise<Step> => stepOf(sandbox, folder, people, name);
    yield await step('first import');
    yield await step('nothing new');
    // Some come back to the newer campaign after a few hours.
    await sandbox.advance('PT6H');
    yield await step('more openings');
  } finally {
    sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function stepOf(
  sandbox: RemoteSandbox<(typeof VENDORS)[number]>,
  folder: string,
  people: number,
  name: string,
): Promise<Step> {
  const count = async (): Promise<number> =>
    (await Promise.all(VENDORS.map((vendor) => sandbox.calls(vendor)))).flat().reduce((sum, call) => sum + call.count, 0);
  const before = await count();
  const run = await sandbox.syncline(folder, 'sync', 'CampaignImport/newsletter', '--json');
  const lines = run.output.split('\n').filter((line) => line !== '');
  const summary = lines.map((line) => JSON.parse(line) as Loose).findLast(({ type }) => type === 'cycle_summary');
  return { people, name, run, activities: summary.ends.activities.created, calls: (await count()) - before };
}

function rowOf({ people, name, run, activities, calls }: Step): readonly string[] {
  return [
    people.toLocaleString('en'),
    name,
    activities.toLocaleString('en'),
    calls.toLocaleString('en'),
    (run.wallMs / 1000).toFixed(1),
    (run.cpuMs / 1000).toFixed(1),
    activities === 0 ? '' : Math.round((activities / run.wallMs) * 1000).toLocaleString('en'),
    (run.peakBytes / 1e6).toFixed(0),
  ];
}

const WIDTHS = [9, 14, 11, 8, 8, 8, 13, 8];

function print(cells: readonly string[]): void {
  const padded = cells.map((cell, index) => (index === 1 ? cell.padEnd(WIDTHS[index]!) : cell.padStart(WIDTHS[index]!)));
  process.stdout.write(`${padded.join('  ')}\n`);
}

function faultsOf(steps: readonly Step[]): readonly string[] {
  const idle = steps.filter(({ name }) => name === 'nothing new');
  const large = steps.filter(({ run }) => run.peakBytes >= MEMORY_LIMIT_BYTES);
  const grown = idle.filter(({ calls }) => calls > idle[0]!.calls + MOST_IDLE_CALLS_MORE);
  return [
    ...large.map(
      ({ people, name, run }) => `${people} people, ${name}: ${(run.peakBytes / 1e6).toFixed(0)} MB; less than 300 are promised.`,
    ),
    ...idle.flatMap(({ people, activities }) =>
      activities === 0 ? [] : [`${people} people: ${activities} activities came twice.`],
    ),
    ...grown.map(
      ({ people, calls }) => `${people} people: ${calls} calls although nothing happened, of fewer people ${idle[0]!.calls}.`,
    ),
  ];
}

await main();
