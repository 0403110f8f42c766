/**
 * A rehearsal of the whole product: the sandbox with its people, a working folder with the example in
 * it, and the command line run against both, in this process and in the sandbox's time unless a test
 * starts a process of its own.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { run } from '../../src/cli/program.ts';
import type { World } from '../../src/cli/world.ts';
import { createActiveCampaignSandbox } from '../../src/sandbox/activecampaign/sandbox.ts';
import { createDotdigitalSandbox } from '../../src/sandbox/dotdigital/sandbox.ts';
import { oroSandboxWith } from '../../src/sandbox/orocrm/sandbox.ts';
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/sandbox.ts';
import { startSandbox, type RunningSandbox } from '../../src/sandbox/server.ts';
import type { CreateVendorSandbox, SandboxRequest, SandboxResponse } from '../../src/sandbox/vendor.ts';
import { answeredBy } from '../sandbox/core/answered-by.ts';
import { described } from '../sandbox/dotdigital/described.ts';

/** Nothing here outlives a test, so that it need not reach a disk. */

export type ExampleName = 'activecampaign-salesforce' | 'manual-conflicts' | 'oro-dotdigital';

/**
 * The vendors of each example: a stand-in that no test here talks to would only cost its seeding. What of an exchange
 * departs from a vendor's own descriptions is added to `departures`.
 */
const VENDORS: Readonly<Record<ExampleName, (departures: string[]) => readonly CreateVendorSandbox[]>> = {
  'activecampaign-salesforce': () => [createSalesforceSandbox, createActiveCampaignSandbox],
  'manual-conflicts': () => [createSalesforceSandbox, createActiveCampaignSandbox],
  'oro-dotdigital': (departures) => [
    described(createDotdigitalSandbox, departures),
    oroSandboxWith({ exposesMarketingLists: true }),
  ],
};

/** The vendors of the first example, which the benchmarks and the faults go through. */
export type VendorName = 'salesforce' | 'activecampaign';
type AnyVendorName = VendorName | 'dotdigital' | 'orocrm';
/** JSON whose shape the test at hand knows. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

export type Row = Readonly<Record<string, Loose>>;

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Fault {
  readonly match: { readonly method: string; readonly path: string };
  readonly kind: string;
  readonly times?: number;
  readonly after?: number;
  readonly retryAfter?: number;
  readonly ms?: number;
}

export interface CallCount {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly count: number;
  readonly writes: number;
}

/** Told of every call that reaches a vendor: before it takes effect, and when it has. */
export type CallListener = (call: { readonly vendor: string; readonly request: SandboxRequest; readonly taken: boolean }) => void;

type HeldMoment = 'effect' | 'answer';
type Holds = Map<string, { readonly until: () => Promise<void>; readonly moment: HeldMoment }>;

export interface RehearsalOptions {
  /** What the working folder holds at first; `activecampaign-salesforce` unless given. */
  readonly example?: ExampleName;
  /** Stand-ins in place of the example's own. */
  readonly vendors?: readonly CreateVendorSandbox[];
  /** Changes a request before a vendor sees it. */
  readonly rewrite?: (request: SandboxRequest) => SandboxRequest;
  readonly people?: number;
  readonly seed?: number;
  /** Real time, for a process that cannot share the sandbox's clock. */
  readonly realTime?: boolean;
}

export interface WorldOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly who?: string;
  /** What a person answers; without it nobody can be asked. */
  readonly answer?: string;
  readonly terminal?: boolean;
  /** What a person's browser does with a page. */
  readonly openBrowser?: (address: string) => Promise<boolean>;
  /** Is told what is written to standard error as it is written. */
  readonly onNote?: (text: string) => void;
  /** Interrupts the command, as Ctrl-C does, when this many calls have reached the vendors. */
  readonly interruptAt?: number;
  readonly folder?: string;
  readonly machine?: World['machine'];
  /** What this machine takes for the time; the sandbox's unless given. */
  readonly clock?: World['clock'];
}

export class Rehearsal {
  readonly folder: string;
  readonly sandbox: RunningSandbox;
  readonly #example: ExampleName;
  readonly #listeners: Set<CallListener>;
  readonly #holds: Holds;
  readonly #departures: readonly string[];

  static async start(options: RehearsalOptions = {}): Promise<Rehearsal> {
    const folder = await mkdtemp(join(QUICK_FOLDER, 'syncline-test-'));
    const example = options.example ?? 'activecampaign-salesforce';
    await cp(exampleFolder(example), folder, { recursive: true });
    const listeners = new Set<CallListener>();
    const holds: Holds = new Map();
    const departures: string[] = [];
    const sandbox = await startSandbox({
      basePort: 0,
      seed: options.seed ?? 1,
      records: options.people ?? 60,
      virtualTime: options.realTime !== true,
      vendors: (options.vendors ?? VENDORS[example](departures)).map((createVendor) =>
        observed(createVendor, listeners, holds, options.rewrite),
      ),
    });
    return new Rehearsal(folder, example, sandbox, listeners, holds, departures);
  }

  private constructor(
    folder: string,
    example: ExampleName,
    sandbox: RunningSandbox,
    listeners: Set<CallListener>,
    holds: Holds,
    departures: readonly string[],
  ) {
    this.#departures = departures;
    this.folder = folder;
    this.#example = example;
    this.sandbox = sandbox;
    this.#listeners = listeners;
    this.#holds = holds;
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    await rm(this.folder, { recursive: true, force: true });
    if (this.#departures.length > 0)
      throw new Error(`Exchanges departed from the vendor's descriptions:\n${[...new Set(this.#departures)].join('\n')}`);
  }

  /** Vendors, clock and working folder as they were at first: cheaper than another rehearsal. */
  async startAnew(): Promise<void> {
    for (const vendor of this.vendors) await this.control(vendor, 'reset', { method: 'POST' });
    await rm(this.folder, { recursive: true, force: true });
    await cp(exampleFolder(this.#example), this.folder, { recursive: true });
  }

  get vendors(): readonly AnyVendorName[] {
    return Object.keys(this.sandbox.origins) as AnyVendorName[];
  }

  /** The variables that a shell would export to work against this sandbox. */
  get environment(): Readonly<Record<string, string>> {
    return this.sandbox.environment;
  }

  /** Runs one command line in the working folder. */
  syncline(...argv: readonly string[]): Promise<Outcome> {
    return this.synclineIn({}, ...argv);
  }

  async synclineIn(options: WorldOptions, ...argv: readonly string[]): Promise<Outcome> {
    const written = { stdout: '', stderr: '' };
    const terminal = options.terminal === true;
    const interruption: { listener: ((signal: 'SIGINT' | 'SIGTERM') => void) | undefined } = { listener: undefined };
    let calls = 0;
    const stop = this.onCall(({ taken }) => {
      if (taken) return;
      calls += 1;
      if (calls === options.interruptAt) interruption.listener?.('SIGINT');
    });
    const ask = (question: string): Promise<string | undefined> => {
      written.stdout += `${question}\n`;
      return Promise.resolve(options.answer);
    };
    const note = (text: string): void => {
      written.stderr += text;
      options.onNote?.(text);
    };
    const world: World = {
      environment: { ...this.environment, ...options.environment },
      workingFolder: options.folder ?? this.folder,
      clock: options.clock ?? this.sandbox.clock,
      random: Math.random,
      newId: () => crypto.randomUUID(),
      who: options.who ?? 'ada@laptop',
      ...(options.machine === undefined ? {} : { machine: options.machine }),
      output: { isTerminal: terminal, columns: 100, write: (text) => void (written.stdout += text) },
      errors: { isTerminal: terminal, columns: 100, write: note },
      ask: options.answer === undefined ? undefined : ask,
      ...(options.openBrowser === undefined ? {} : { openBrowser: options.openBrowser }),
      onInterrupt: (listener) => {
        interruption.listener = listener;
        return () => {
          interruption.listener = undefined;
        };
      },
    };
    try {
      return { code: await run(argv, world), ...written };
    } finally {
      stop();
    }
  }

  onCall(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Lets the first call to a path of which this is a part wait for something before it takes effect, or before its answer leaves. */
  hold(path: string, until: () => Promise<void>, moment: HeldMoment = 'effect'): void {
    this.#holds.set(path, { until, moment });
  }

  /** The vendor's records of one object, as its control path dumps them. */
  async dump(vendor: AnyVendorName, object: string): Promise<readonly Row[]> {
    const text = await this.dumpText(vendor, object);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }

  async dumpText(vendor: AnyVendorName, object: string): Promise<string> {
    const response = await this.control(vendor, `dump/${object}`);
    return response.text();
  }

  async calls(vendor: AnyVendorName): Promise<readonly CallCount[]> {
    const response = await this.control(vendor, 'calls');
    return ((await response.json()) as { calls: CallCount[] }).calls;
  }

  /** How many calls asked one of the vendors to change something. */
  async writes(): Promise<number> {
    const calls = await Promise.all(this.vendors.map((vendor) => this.calls(vendor)));
    return calls.flat().reduce((sum, call) => sum + call.writes, 0);
  }

  async faults(vendor: AnyVendorName, faults: readonly Fault[]): Promise<void> {
    await this.control(vendor, 'faults', { method: 'POST', body: JSON.stringify(faults) });
  }

  async faultsLeft(vendor: AnyVendorName): Promise<readonly Fault[]> {
    return (await (await this.control(vendor, 'faults')).json()) as Fault[];
  }

  async advance(duration: string): Promise<void> {
    await this.control(this.vendors[0]!, 'clock', { method: 'POST', body: JSON.stringify({ advance: duration }) });
  }

  async control(vendor: AnyVendorName, action: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.sandbox.origins[vendor]}/__sandbox/${action}`, init);
    if (!response.ok) throw new Error(`${action} of ${vendor} answered ${response.status}: ${await response.text()}`);
    return response;
  }

  /** Replaces text of one file of the working folder; it has to be there. */
  async edit(file: string, from: string, to: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}.`);
    await writeFile(
      path,
      text.replace(from, () => to),
    );
  }

  /** Every file below the working folder (or a part of it) with its bytes. */
  async files(part = '.'): Promise<ReadonlyMap<string, Buffer>> {
    const root = join(this.folder, part);
    const names = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Map(await Promise.all(files.sort().map(async (path) => [path, await readFile(path)] as const)));
  }

  /** Everything that a command could change: the folder, and what the vendors hold. */
  async everything(): Promise<Readonly<Record<string, string>>> {
    const content: Record<string, string> = {};
    for (const [path, bytes] of await this.files()) content[path] = bytes.toString('base64');
    for (const vendor of this.vendors) {
      for (const object of DUMPED[vendor]) content[`${vendor}/${object}`] = await this.dumpText(vendor, object);
    }
    return content;
  }
}

const DUMPED: Readonly<Record<AnyVendorName, readonly string[]>> = {
  salesforce: ['Contact', 'Account'],
  activecampaign: ['contact', 'fieldValue', 'contactTag', 'contactList', 'field', 'tag', 'list'],
  dotdigital: ['contact', 'addressBook', 'addressBookContact', 'dataField', 'suppression'],
  orocrm: ['contacts', 'leads', 'marketinglistitems', 'marketinglistremoveditems', 'marketinglistunsubscribeditems'],
};

function exampleFolder(example: ExampleName): string {
  return fileURLToPath(new URL(`../../examples/${example}/`, import.meta.url));
}

/** The lines of standard output as JSON; a line that is none fails the test. */
export function jsonLines(outcome: Outcome): readonly Loose[] {
  return outcome.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Loose);
}

/** The last line of a kind, as a test reads it. */
export function lineOf(outcome: Outcome, type: string): Loose {
  return jsonLines(outcome).findLast((line) => line.type === type);
}

function observed(
  createVendor: CreateVendorSandbox,
  listeners: ReadonlySet<CallListener>,
  holds: Holds,
  rewrite: (request: SandboxRequest) => SandboxRequest = (request) => request,
): CreateVendorSandbox {
  return (clock) => {
    const vendor = createVendor(clock);
    const tell = (request: SandboxRequest, taken: boolean): void => {
      for (const listener of listeners) listener({ vendor: vendor.name, request, taken });
    };
    const handle = async (request: SandboxRequest): Promise<SandboxResponse> => {
      tell(request, false);
      const held = [...holds].find(([path]) => `${request.method} ${request.path}`.includes(path));
      if (held !== undefined) holds.delete(held[0]);
      if (held?.[1].moment === 'effect') await held[1].until();
      const response = await vendor.handle(rewrite(request));
      tell(request, true);
      if (held?.[1].moment === 'answer') await held[1].until();
      return response;
    };
    return answeredBy(vendor, handle);
  };
}
