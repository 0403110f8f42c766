/**
 * The command line in a process of its own whose waiting costs no real time: it lives in the virtual
 * time of a sandbox that another process runs. Everything else is what people run.
 */
import { nodeWorld } from '../../../src/cli/node-world.ts';
import { run } from '../../../src/cli/program.ts';

const machine = nodeWorld();
const clockAddress = `${process.env['SALESFORCE_URL']}/__sandbox/clock`;
let nowMs = Date.parse(((await (await fetch(clockAddress)).json()) as { now: string }).now);

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const advance = `PT${(Math.max(0, ms) / 1000).toFixed(3)}S`;
  const response = await fetch(clockAddress, { method: 'POST', body: JSON.stringify({ advance }) });
  nowMs = Date.parse(((await response.json()) as { now: string }).now);
}

process.exitCode = await run(process.argv.slice(2), { ...machine, clock: { now: () => nowMs, sleep } });
