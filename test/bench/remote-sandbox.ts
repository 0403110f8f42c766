/** A sandbox and commands against it, each in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CallCount, Row, VendorName } from '../cli/harness.ts';

const SANDBOX = fileURLToPath(new URL('./processes/sandbox.ts', import.meta.url));
const SYNCLINE = fileURLToPath(new URL('./processes/syncline.ts', import.meta.url));

/** What one command left behind, and what its process took. */
export interface MeasuredRun {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** The most memory that was resident. */
  readonly peakBytes: number;
}

export interface RemoteSandbox<Vendor extends string = VendorName> {
  readonly origins: Readonly<Record<Vendor, string>>;
  calls(vendor: Vendor): Promise<readonly CallCount[]>;
  dump(vendor: Vendor, object: string): Promise<readonly Row[]>;
  /** @param duration ISO 8601, such as PT1H */
  advance(duration: string): Promise<void>;
  /** Runs one command line in a process of its own. @throws Error where it does not end well */
  syncline(folder: string, ...argv: readonly string[]): Promise<MeasuredRun>;
  close(): void;
}

export async function startRemoteSandbox<Vendor extends string>(
  people: number,
  seed: number,
  vendors: readonly [Vendor, ...Vendor[]],
): Promise<RemoteSandbox<Vendor>> {
  const child = fork(SANDBOX, [String(people), String(seed), ...vendors], { stdio: 'inherit' });
  const [{ origins, environment }] = (await once(child, 'message')) as [
    { origins: Record<Vendor, string>; environment: Record<string, string> },
  ];

  async function control(vendor: Vendor, action: string, init: RequestInit = {}): Promise<Response> {
    const address = `${origins[vendor]}/__sandbox/${action}`;
    // A connection that was idle for as long as a command took may close just as it is used again.
    const response = await fetch(address, init).catch(() => fetch(address, init));
    if (!response.ok) throw new Error(`${action} of ${vendor} answered ${response.status}: ${await response.text()}`);
    return response;
  }

  return {
    origins,
    calls: async (vendor) => ((await (await control(vendor, 'calls')).json()) as { calls: CallCount[] }).calls,
    async dump(vendor, object) {
      const text = await (await control(vendor, `dump/${object}`)).text();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row);
    },
    async advance(duration) {
      await control(vendors[0], 'clock', { method: 'POST', body: JSON.stringify({ advance: duration }) });
    },
    async syncline(folder, ...argv) {
      const clock = `${origins[vendors[0]]}/__sandbox/clock`;
      const process_ = fork(SYNCLINE, [clock, folder, ...argv], {
        stdio: 'inherit',
        env: { ...process.env, ...environment },
      });
      const ended = once(process_, 'exit');
      const measured = await Promise.race([
        once(process_, 'message'),
        ended.then(([code]) => Promise.reject(new Error(`syncline ${argv[0]} ended with ${code}.`))),
      ]);
      await ended;
      const run = measured[0] as MeasuredRun;
      // Conflicts that are left for a person are a good end of a cycle.
      if (run.code !== 0 && run.code !== 3)
        throw new Error(`syncline ${argv.join(' ')} ended with ${run.code}:\n${run.errors}${run.output.slice(-2000)}`);
      return run;
    },
    close: () => child.disconnect(),
  };
}
