/**
 * One command line in a process of its own, as a shell would run it, but for its clock: it is the
 * sandbox's, read and moved through the control paths. So five calls a second and imports that take
 * their time cost no real time, and what is measured is what the product itself takes.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { keepMemorySmall } from '../../../src/cli/memory.ts';
import { nodeWorld } from '../../../src/cli/node-world.ts';
import { run } from '../../../src/cli/program.ts';
import type { Clock } from '../../../src/model/time.ts';

interface ShownClock {
  readonly now: string;
}

/** @param control the clock's control path. Time stands still in between: nobody else moves it. */
async function sandboxClock(control: string): Promise<Clock> {
  // A connection that was left open may be closed by the sandbox just as it is used again.
  const dispatcher = new Agent({ pipelining: 0 });
  const read = async (method: 'GET' | 'POST', body?: string): Promise<number> => {
    const answer = await request(control, { dispatcher, method, ...(body === undefined ? {} : { body }) });
    return Date.parse(((await answer.body.json()) as ShownClock).now);
  };
  let now = await read('GET');
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      now = await read('POST', JSON.stringify({ advance: `PT${Math.max(0, ms) / 1000}S` }));
      signal?.throwIfAborted();
    },
  };
}

/** The most that this process had resident. What the system counts for a process begins with that of its parent on Linux. */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
}

keepMemorySmall();
const [control, workingFolder, ...argv] = process.argv.slice(2);
const captured = { output: '', errors: '' };
const stream = (name: keyof typeof captured) => ({
  isTerminal: false,
  columns: 100,
  write: (text: string) => void (captured[name] += text),
});
const clock = await sandboxClock(control!);
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
const code = await run(argv, {
  ...nodeWorld(),
  workingFolder: workingFolder!,
  clock,
  output: stream('output'),
  errors: stream('errors'),
  ask: undefined,
});
const cpu = process.cpuUsage(cpuBefore);
const measured = {
  code,
  ...captured,
  wallMs: performance.now() - startedAt,
  cpuMs: (cpu.user + cpu.system) / 1000,
  peakBytes: peakBytes(),
};
// A long output is still on its way when the connection could be closed.
process.send!(measured, () => process.disconnect());
