/**
 * The sandbox: stand-ins for the vendors, one HTTP server each, on loopback, with one clock and one
 * seed of people between them. `startSandbox` is where the flow enters; a call then goes through
 * vendor-server.ts to the vendor's folder, and steering calls to control.ts.
 */
import { createClock, type RunningClock, type TimeSource } from './clock.ts';
import { checkSeedChoice, type SeedChoice } from './control.ts';
import { makeSeed } from './people.ts';
import { SandboxError } from './sandbox-error.ts';
import type { CreateVendorSandbox, Seed, VendorSandbox } from './vendor.ts';
import { VendorServer } from './vendor-server.ts';

/** The first of the ports that vendors are documented on; each vendor's default counts from here. */
const DOCUMENTED_BASE_PORT = 4700;

export interface SandboxOptions {
  /** Every vendor that the sandbox knows, unless given. */
  readonly vendors?: readonly CreateVendorSandbox[];
  /** 4700 unless given; `0` picks free ports. */
  readonly basePort?: number;
  readonly seed: number;
  /** How many people there are over all vendors together. */
  readonly records: number;
  /** Time stands still but for `advance` and waiting clients. */
  readonly virtualTime?: boolean;
  /** Real time, unless `virtualTime` is set: then the clock to follow instead of standing still. */
  readonly clock?: TimeSource;
}

export interface RunningSandbox {
  /** `http://127.0.0.1:PORT` by the vendor's name. */
  readonly origins: Readonly<Record<string, string>>;
  /** `NAME` and value of each environment variable that the examples read. */
  readonly environment: Readonly<Record<string, string>>;
  /** Also a clock for commands of this process to run on (`now`, `sleep`). */
  readonly clock: RunningClock;
  /** @throws SandboxError SANDBOX_INVALID_OPTION for a vendor that is not running */
  vendor(name: string): VendorSandbox;
  /** Ends at once: open connections are dropped and nothing is left that keeps the process alive. */
  close(): Promise<void>;
}

/**
 * Starts the stand-ins with their data in place.
 *
 * A reset through one vendor's server puts back that vendor's data, tokens, ids, calls and faults, and
 * the clock of all; the same seed gives the other vendors the same people when they are reset in turn.
 *
 * @throws SandboxError SANDBOX_PORT_IN_USE, with nothing left running; SANDBOX_INVALID_CONTROL for a
 *   seed or a number of records that is no whole number
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const startedWith = checkSeedChoice(options);
  const clock = createClock({
    virtualTime: options.virtualTime ?? false,
    ...(options.clock === undefined ? {} : { source: options.clock }),
  });
  const createVendors = options.vendors ?? (await import('./vendors.ts')).DEFAULT_VENDORS;
  const seeds = new SeedCache();
  const servers: VendorServer[] = [];
  try {
    for (const createVendor of createVendors) {
      const vendor = createVendor(clock);
      const port = portOf(vendor, options.basePort ?? DOCUMENTED_BASE_PORT);
      servers.push(await VendorServer.start({ vendor, clock, port, startedWith, makeSeed: (choice) => seeds.get(choice) }));
    }
  } catch (error) {
    await closeAll(servers);
    throw error;
  }
  return {
    origins: Object.fromEntries(servers.map((server) => [server.vendor.name, server.origin])),
    environment: Object.assign({}, ...servers.map((server) => server.vendor.environment(server.origin))) as Record<
      string,
      string
    >,
    clock,
    vendor: (name) => {
      const found = servers.find((server) => server.vendor.name === name);
      if (found === undefined) throw new SandboxError('SANDBOX_INVALID_OPTION', `No vendor "${name}" is running.`);
      return found.vendor;
    },
    close: () => closeAll(servers),
  };
}

async function closeAll(servers: readonly VendorServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}

function portOf(vendor: VendorSandbox, basePort: number): number {
  if (basePort === 0) return 0;
  const port = vendor.defaultPort - DOCUMENTED_BASE_PORT + basePort;
  if (Number.isInteger(basePort) && port > 0 && port <= 65_535) return port;
  throw new SandboxError('SANDBOX_INVALID_OPTION', `The base port ${basePort} leaves no port for ${vendor.name}.`);
}

/** The seed last made, for as long as nobody needs its memory: vendors are usually reset one after another. */
class SeedCache {
  #choice: SeedChoice | undefined;
  #seed: WeakRef<Seed> | undefined;

  get(choice: SeedChoice): Seed {
    const known = this.#seed?.deref();
    if (known !== undefined && this.#choice?.seed === choice.seed && this.#choice.records === choice.records) return known;
    const seed = makeSeed(choice.seed, choice.records);
    this.#choice = choice;
    this.#seed = new WeakRef(seed);
    return seed;
  }
}
