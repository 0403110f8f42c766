/**
 * `npm run bench:plan [-- --sizes 1000,10000]`: what planning many resources takes, and rendering such a plan.
 *
 * Time and memory may grow with the resources, not faster; the calls to a vendor are those of its listing, however many
 * resources are declared. Sandbox and commands run in processes of their own.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { startRemoteSandbox, type MeasuredRun } from './remote-sandbox.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/activecampaign-salesforce/', import.meta.url));
/** A file of configuration may have 1 MiB. */
const RESOURCES_OF_A_FILE = 1_000;
/** Noise of the machine aside, twice the resources take twice the time. */
const MOST_GROWTH = 1.25;
const RENDERINGS = ['json', 'markdown', 'html'] as const;

interface Step {
  readonly resources: number;
  readonly name: string;
  readonly run: MeasuredRun;
  readonly calls: number;
}

const { values } = parseArgs({ options: { sizes: { type: 'string', default: '1000,10000' } } });
const sizes = values.sizes.split(',').map(Number);
const sandbox = await startRemoteSandbox(10, 1, ['activecampaign', 'salesforce']);
const steps: Step[] = [];
try {
  print(['resources', 'step', 'calls', 'seconds', 'CPU s', 'peak MB']);
  for (const resources of sizes) await measure(resources);
} finally {
  sandbox.close();
}
const faults = faultsOf();
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function measure(resources: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  try {
    for (const file of ['integrations.yaml', 'stacks.yaml']) await cp(join(EXAMPLE, file), join(folder, file));
    for (let first = 0; first < resources; first += RESOURCES_OF_A_FILE) {
      const count = Math.min(RESOURCES_OF_A_FILE, resources - first);
      await writeFile(
        join(folder, `fields-${first}.yaml`),
        Array.from({ length: count }, (_, at) => fieldOf(first + at)).join('---\n'),
      );
    }
    await step(folder, resources, 'plan', ['plan', '--out', 'plan.json']);
    for (const format of RENDERINGS) await step(folder, resources, format, ['show', 'plan.json', '--format', format]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function fieldOf(number: number): string {
  return `apiVersion: syncline/v1
kind: Resource
metadata: { name: field-${number} }
spec:
  integration: activecampaign
  type: activecampaign/field
  attributes: { title: Field ${number}, type: text }
`;
}

async function step(folder: string, resources: number, name: string, argv: readonly string[]): Promise<void> {
  const before = await callCount();
  const run = await sandbox.syncline(folder, ...argv);
  const done = { resources, name, run, calls: (await callCount()) - before };
  steps.push(done);
  print([
    resources.toLocaleString('en'),
    name,
    String(done.calls),
    (run.wallMs / 1000).toFixed(1),
    (run.cpuMs / 1000).toFixed(1),
    (run.peakBytes / 1e6).toFixed(0),
  ]);
}

async function callCount(): Promise<number> {
  const counted = await Promise.all((['activecampaign', 'salesforce'] as const).map((vendor) => sandbox.calls(vendor)));
  return counted.flat().reduce((sum, { count }) => sum + count, 0);
}

/** Every size is held against the smallest. */
function faultsOf(): readonly string[] {
  return steps
    .filter(({ resources }) => resources !== sizes[0])
    .flatMap(({ resources, name, run, calls }) => {
      const small = steps.find((step) => step.resources === sizes[0] && step.name === name)!;
      const most = (resources / sizes[0]!) * MOST_GROWTH;
      const place = `${resources.toLocaleString('en')} resources, ${name}`;
      return [
        ...(run.cpuMs > small.run.cpuMs * most ? [`${place}: takes more than linearly more time than ${sizes[0]}.`] : []),
        ...(run.peakBytes > small.run.peakBytes * most
          ? [`${place}: takes more than linearly more memory than ${sizes[0]}.`]
          : []),
        ...(calls > small.calls ? [`${place}: ${calls} calls, ${small.calls} for ${sizes[0]}.`] : []),
      ];
    });
}

function print(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, index) => (index === 1 ? `  ${cell.padEnd(10)}` : cell.padStart(10))).join('')}\n`);
}
