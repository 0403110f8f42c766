/**
 * One history: people, two command lines, a schedule and faults, all drawn from one seed, in virtual
 * time over the real record loop. What it leaves behind is judged by the oracle.
 */
import { SynclineError } from '../../src/model/errors.ts';
import { choosePolicy, CONSENT_PATH, CRM, crmTraits, MAIL, mailTraits, type EndName, type Policy } from './accounts.ts';
import type { CycleResult } from '../../src/records/cycle.ts';
import { createChance } from './chance.ts';
import { Chronicle } from './chronicle.ts';
import { Faults, type ScriptedFault } from './faults.ts';
import { Installation, Killed, isLocked, type Sabotage } from './installation.ts';
import { isOut, judge } from './oracle.ts';
import { drawEvents, perform, type Event, type PersonalEvent, type SyncEvent } from './people.ts';
import { Vendor, type VendorTraits } from './vendor.ts';

/** `calm`: nothing goes wrong. `crash`: one process is killed. `liveness`: faults stop, and three cycles later all is well. `safety`: they never stop, and nothing is ever done that may not be. */
export type Mode = 'calm' | 'crash' | 'liveness' | 'safety';

export interface HistoryOptions {
  readonly seed: number;
  readonly mode: Mode;
  /** Which of the drawn events happen, by their place; all of them unless given. */
  readonly only?: readonly number[];
  /** What happens, in place of what the seed would draw. */
  readonly events?: readonly Event[];
  /** Faults in place of those that chance would bring. */
  readonly script?: readonly ScriptedFault[];
  /** What the accounts and the link are like where it must not be left to chance. */
  readonly design?: {
    readonly policy?: Partial<Policy>;
    readonly crm?: Partial<VendorTraits>;
    readonly mail?: Partial<VendorTraits>;
  };
  /** Kills the process at this distinct moment, counted over all cycles; another one starts at once. */
  readonly killAt?: number;
  readonly sabotage?: Sabotage;
  /** Told what happens, for a person who looks for the fault. */
  readonly tell?: (line: string) => void;
}

export interface HistoryResult {
  readonly violations: readonly string[];
  /** How many events were drawn. */
  readonly drawn: number;
  readonly cycles: number;
  /** At how many moments of the history a process could have been killed and left something else behind. */
  readonly moments: number;
}

/** What a cycle took of the vendors. */
type Spent = Readonly<Record<EndName, { readonly calls: number; readonly requests: number }>>;

const BEGIN_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
/** Faults may have left something for the next cycles; a process that was killed has left it to the very next one. */
const LAST_CYCLES: Readonly<Record<Mode, number>> = { calm: 3, crash: 1, liveness: 3, safety: 0 };

export async function runHistory(options: HistoryOptions): Promise<HistoryResult> {
  const history = new History(options);
  try {
    await history.run();
    return history.result();
  } finally {
    await history.close();
  }
}

class History {
  readonly #options: HistoryOptions;
  readonly #chronicle = new Chronicle();
  readonly #chance;
  readonly #policy: Policy;
  readonly #vendors: Readonly<Record<EndName, Vendor>>;
  readonly #faults: readonly Faults[];
  readonly #installation: Installation;
  readonly #events: readonly Event[];
  readonly #drawn: number;
  readonly #violations: string[] = [];
  /** Whether nothing goes wrong, so that a cycle has to keep to its price. */
  readonly #isWithoutFaults: boolean;
  #nowMs = BEGIN_MS;
  #cycles = 0;
  #moments = 0;
  /** Whether all has happened that is to happen, and only has to converge. */
  #isOver = false;
  /** What people do while a cycle runs. */
  #waiting: PersonalEvent[] = [];

  constructor(options: HistoryOptions) {
    const { seed, mode, only, script = [] } = options;
    this.#options = options;
    const design = createChance(seed * 4);
    const isSpared = mode === 'calm' || mode === 'crash' || options.script !== undefined;
    this.#isWithoutFaults = mode === 'calm' || options.script?.length === 0;
    this.#policy = { ...choosePolicy(design), ...options.design?.policy };
    const clock = {
      now: () => this.#nowMs,
      advance: (ms: number) => this.#advance(ms),
      sleep: (ms: number) => Promise.resolve(this.#advance(ms)),
    };
    const world = { clock, chronicle: this.#chronicle };
    const faultsOf = (end: EndName, place: number): Faults =>
      new Faults(
        createChance(seed * 4 + place),
        isSpared,
        script.filter((fault) => fault.end === end),
      );
    const faults = { crm: faultsOf(CRM, 1), mail: faultsOf(MAIL, 2) };
    this.#faults = Object.values(faults);
    this.#vendors = {
      crm: new Vendor({ ...crmTraits(design), ...options.design?.crm }, world, faults.crm),
      mail: new Vendor({ ...mailTraits(design, createChance(~seed)), ...options.design?.mail }, world, faults.mail),
    };
    this.#installation = new Installation(this.#vendors, this.#policy, clock, options.sabotage ?? {});
    const events = options.events ?? drawEvents(design);
    this.#drawn = events.length;
    this.#events = only === undefined ? events : only.flatMap((place) => events[place] ?? []);
    this.#chance = createChance(seed * 4 + 3);
    this.#tell(`policy ${JSON.stringify(this.#policy)}`);
    for (const vendor of Object.values(this.#vendors)) this.#tell(`${vendor.name} ${JSON.stringify(vendor.traits)}`);
  }

  close(): Promise<void> {
    return this.#installation.close();
  }

  result(): HistoryResult {
    return { violations: this.#violations, drawn: this.#drawn, cycles: this.#cycles, moments: this.#moments };
  }

  async run(): Promise<void> {
    for (let place = 0; place < this.#events.length; place += 1) {
      const event = this.#events[place]!;
      if (event.kind === 'wait') this.#advance(event.ms);
      else if (event.kind === 'sync') {
        const following = this.#events.slice(place + 1, place + 1 + (this.#options.mode === 'calm' ? 0 : event.busy));
        const busy = following.slice(0, following.findIndex((next) => next.kind === 'sync' || next.kind === 'wait') >>> 0);
        this.#waiting = busy.filter((next) => next.kind !== 'sync' && next.kind !== 'wait');
        place += this.#waiting.length;
        if (await this.#sync(event)) await this.#sync(event);
        for (const late of this.#waiting.splice(0)) this.#perform(late);
      } else this.#perform(event);
      this.#advance(700);
    }
    await this.#end();
  }

  async #end(): Promise<void> {
    const live = this.#options.mode !== 'safety' && (await this.#convergence());
    if (this.#options.mode === 'safety')
      await this.#sync({ kind: 'sync', sweep: true, busy: 0, killAt: undefined, second: false });
    this.#violations.push(
      ...judge({
        policy: this.#policy,
        vendors: this.#vendors,
        chronicle: this.#chronicle,
        settled: live,
        faulty: this.#options.mode !== 'calm',
      }),
      ...this.#installation.leftovers().map((name) => `left behind: ${name}`),
    );
  }

  /** No fault any more, nobody edits: three cycles have to do. */
  async #convergence(): Promise<boolean> {
    for (const faults of this.#faults) faults.stop();
    this.#isOver = true;
    for (let cycle = 0; cycle < LAST_CYCLES[this.#options.mode]; cycle += 1) {
      this.#rest();
      try {
        await this.#attempt({ sweep: true, killAt: undefined, second: false });
      } catch (error) {
        // People deleted all records of an end: the link stands still until somebody looks.
        if (error instanceof SynclineError && error.code === 'RECORD_EMPTY_END') return false;
        throw error;
      }
    }
    const before = this.#writes();
    this.#rest();
    await this.#attempt({ sweep: true, killAt: undefined, second: false });
    const more = this.#writes() - before;
    if (more > 0) this.#violations.push(`idempotence: one more cycle, with nothing to do, wrote ${more} times`);
    const intents = await this.#installation.openIntents();
    if (intents > 0) this.#violations.push(`bookkeeping: ${intents} intents are open although every call was answered`);
    if (this.#options.tell !== undefined) for (const line of await this.#installation.waiting()) this.#tell(`waits: ${line}`);
    return true;
  }

  /** Jobs come to their end, and a minute later no row that they wrote is late any more. */
  #rest(): void {
    this.#advance(DAY_MS);
    this.#advance(60_000);
  }

  /** Returns whether another process has to start at once, because this one was killed in the way of a crash test. */
  async #sync(event: SyncEvent): Promise<boolean> {
    try {
      await this.#attempt(event);
    } catch (error) {
      // A fault ends a command with an error that says so; anything else is a fault of the product.
      if (!(error instanceof Killed) && !(error instanceof SynclineError)) throw error;
      return this.#options.mode === 'crash' && error instanceof Killed;
    }
    return false;
  }

  async #attempt(event: Pick<SyncEvent, 'sweep' | 'killAt' | 'second'>): Promise<void> {
    const calm = this.#options.mode === 'calm';
    this.#cycles += 1;
    this.#chronicle.cycleBegunMs = this.#nowMs;
    this.#tell(`${this.#when()} sync ${JSON.stringify(event)}`);
    let moments = 0;
    const before = this.#spent();
    const run = `run-${String(this.#cycles).padStart(4, '0')}`;
    try {
      const result = await this.#installation.sync({
        run,
        sweep: event.sweep,
        moment: (place, isDistinct) => {
          moments += 1;
          if (isDistinct && !this.#isOver) {
            this.#moments += 1;
            if (this.#moments === this.#options.killAt) throw new Killed(place);
          }
          if (moments === event.killAt && !calm) throw new Killed(place);
          if (this.#chance.happens(0.15)) {
            const next = this.#waiting.shift();
            if (next !== undefined) this.#perform(next);
          }
        },
        ...(event.second ? { meanwhile: () => this.#second(run) } : {}),
      });
      // With an answer that was lost or a write that a fault refused, the product is not sure yet of what stands where.
      if (calm || (result.converged && result.quarantined === 0)) this.#chronicle.completed.push(this.#chronicle.step());
      if (this.#isWithoutFaults) this.#judgeCalls(before, event.sweep);
      if (this.#isOver) this.#judgeMissed(result.missed);
      this.#tell(`  ${JSON.stringify(result)}`);
    } catch (error) {
      this.#tell(`  ${String(error)}`);
      throw error;
    } finally {
      this.#tellWrites();
    }
  }

  /** By now no row can be late any more: what a sweep has to find, the changes have lost. */
  #judgeMissed(missed: CycleResult['missed']): void {
    for (const [end, count] of Object.entries(missed))
      if (count > 0) this.#violations.push(`missed: the changes of ${end} did not show ${count} that a sweep found`);
  }

  #spent(): Spent {
    const { crm, mail } = this.#vendors;
    return { crm: { calls: crm.calls, requests: crm.requests }, mail: { calls: mail.calls, requests: mail.requests } };
  }

  /** A cycle takes no more calls than the prices say by which a plan is reckoned: to read, to sweep, to look up, to write. */
  #judgeCalls(before: Spent, sweep: boolean): void {
    const after = this.#spent();
    for (const end of [CRM, MAIL] as const) {
      const { price } = this.#vendors[end].client();
      const records = this.#vendors[end].records.size;
      const count = after[end].requests - before[end].requests;
      const planned =
        price.read(records, true) +
        (sweep ? price.read(records, true) : 0) +
        this.#readsById(end) * price.readByIds(records) +
        price.write([{ action: 'update', count, paths: [] }]);
      const calls = after[end].calls - before[end].calls;
      if (calls > planned) this.#violations.push(`calls: a cycle took ${calls} at ${end}, of ${planned} that it may cost`);
    }
  }

  /** How often records may be read by their ids: before a cycle is judged and before it writes; who left a listing, and who shares an address with an opt-out. */
  #readsById(end: EndName): number {
    const knowsOptOuts = this.#chronicle.changes.some(
      (change) => change.end === end && change.path === CONSENT_PATH[end] && isOut(change.after),
    );
    return knowsOptOuts ? 4 : 2;
  }

  #told = 0;

  #tellWrites(): void {
    for (const change of this.#chronicle.changes.slice(this.#told)) {
      const { at, by, id, path, before, after } = change;
      this.#tell(`  ${at} ${by} ${id} ${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
    }
    this.#told = this.#chronicle.changes.length;
  }

  /** Another person starts the same command: it is refused, and touches nothing. */
  async #second(run: string): Promise<void> {
    const before = this.#vendors.crm.calls + this.#vendors.mail.calls;
    try {
      await this.#installation.sync({ run: `${run}-second`, sweep: false, moment: () => undefined });
      this.#violations.push('lock: two cycles ran at once');
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
    if (this.#vendors.crm.calls + this.#vendors.mail.calls !== before)
      this.#violations.push('lock: a command that was refused called a vendor');
  }

  #perform(event: PersonalEvent): void {
    this.#tell(`${this.#when()} ${JSON.stringify(event)}`);
    perform(event, this.#vendors);
  }

  #advance(ms: number): void {
    this.#nowMs += ms;
    for (const vendor of Object.values(this.#vendors)) vendor.runJobs();
  }

  #writes(): number {
    return this.#vendors.crm.writes + this.#vendors.mail.writes;
  }

  #when(): string {
    return new Date(this.#nowMs).toISOString();
  }

  #tell(line: string): void {
    this.#options.tell?.(line);
  }
}
