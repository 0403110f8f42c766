/** The command line against the sandbox, in one process and in virtual time, with every call counted. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeWorld } from '../../src/cli/node-world.ts';
import { run } from '../../src/cli/program.ts';
import type { World } from '../../src/cli/world.ts';
import { startSandbox, type RunningSandbox } from '../../src/sandbox/server.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/activecampaign-salesforce/', import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Calls by `METHOD route`, as a vendor's sandbox counted them. */
export type CallsByRoute = ReadonlyMap<string, number>;

export interface Rehearsal {
  readonly sandbox: RunningSandbox;
  syncline(...argv: readonly string[]): Promise<Outcome>;
  /** Runs something and tells the calls that reached each vendor meanwhile. */
  callsDuring(action: () => Promise<unknown>): Promise<Readonly<Record<string, CallsByRoute>>>;
  /** Every row of an object as the vendor holds it. */
  dump(vendor: string, object: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export async function startRehearsal(people: { readonly seed: number; readonly records: number }): Promise<Rehearsal> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  await cp(EXAMPLE, folder, { recursive: true });
  const sandbox = await startSandbox({ basePort: 0, virtualTime: true, ...people });
  const machine = nodeWorld();

  async function syncline(...argv: readonly string[]): Promise<Outcome> {
    const written = { output: '', errors: '' };
    const capture = (stream: 'output' | 'errors') => ({
      isTerminal: false,
      columns: 100,
      write: (text: string) => {
        written[stream] += text;
      },
    });
    const world: World = {
      ...machine,
      workingFolder: folder,
      clock: sandbox.clock,
      environment: sandbox.environment,
      output: capture('output'),
      errors: capture('errors'),
      ask: undefined,
    };
    return { code: await run(argv, world), ...written };
  }

  async function counts(): Promise<Record<string, CallsByRoute>> {
    const byVendor: Record<string, CallsByRoute> = {};
    for (const [vendor, origin] of Object.entries(sandbox.origins)) byVendor[vendor] = await countedCalls(origin);
    return byVendor;
  }

  return {
    sandbox,
    syncline,
    async callsDuring(action) {
      const before = await counts();
      await action();
      const after = await counts();
      return Object.fromEntries(Object.entries(after).map(([vendor, calls]) => [vendor, difference(calls, before[vendor]!)]));
    },
    async dump(vendor, object) {
      const response = await fetch(`${sandbox.origins[vendor]}/__sandbox/dump/${object}`);
      const text = await response.text();
      return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async close() {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Calls that a vendor's sandbox has counted since it was started or reset. */
export async function countedCalls(origin: string): Promise<CallsByRoute> {
  const response = await fetch(`${origin}/__sandbox/calls`);
  const { calls } = (await response.json()) as { calls: { method: string; route: string; count: number }[] };
  const byRoute = new Map<string, number>();
  for (const { method, route, count } of calls) byRoute.set(`${method} ${route}`, (byRoute.get(`${method} ${route}`) ?? 0) + count);
  return byRoute;
}

export function totalOf(calls: CallsByRoute): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}

function difference(after: CallsByRoute, before: CallsByRoute): CallsByRoute {
  return new Map([...after].map(([route, count]) => [route, count - (before.get(route) ?? 0)] as const).filter(([, count]) => count > 0));
}
