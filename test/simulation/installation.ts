/** One installation of the product over a pair of vendors: its folder, its lock, its ledger and the processes that use them. */
import { SynclineError } from '../../src/model/errors.ts';
import type { Clock } from '../../src/model/time.ts';
import { runCycle, type CycleResult } from '../../src/records/cycle.ts';
import type { ActiveLink } from '../../src/records/link.ts';
import { createKeyRing, parseKey } from '../../src/storage/keys.ts';
import type { Ledger, LinkLedger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { openLocalStorage, type LocalStorage } from '../../src/storage/local/storage.ts';
import { activeLink } from '../records/link-under-test.ts';
import { createCrashingFileSystem, type CrashingFileSystem } from '../storage/file-system/crashing-file-system.ts';
import { SPECIFICATION, type EndName, type Policy } from './accounts.ts';
import type { Moment, Vendor } from './vendor.ts';

/** The end of a process, wherever it was. Nothing of it goes on. */
export class Killed extends Error {
  constructor(place: string) {
    super(`killed: ${place}`);
  }
}

export interface ProcessOptions {
  readonly run: string;
  readonly sweep: boolean;
  /**
   * Told of each moment at which the process could end: before and after each operation on the ledger and each call.
   * @param isDistinct false where nothing has changed since the moment before: to end there is the same
   */
  readonly moment: (place: string, isDistinct: boolean) => void;
  /** Runs once while the process holds the lock. */
  readonly meanwhile?: () => Promise<void>;
}

/** Replaces a part of the product, to see whether the harness notices. */
export interface Sabotage {
  readonly ledger?: (ledger: LinkLedger) => LinkLedger;
  readonly link?: (link: ActiveLink) => ActiveLink;
  /** Whether the holder of a lock lives. */
  readonly isAlive?: () => boolean;
}

/** Always the same: the ledger orders what it matches by keyed hashes. */
const KEYS = createKeyRing([parseKey(Buffer.alloc(32, 'simulation').toString('base64'), 'the simulation')]);

const FOLDER = '/simulation';

export class Installation {
  readonly #vendors: Readonly<Record<EndName, Vendor>>;
  readonly #clock: Clock;
  readonly #sabotage: Sabotage;
  readonly #files: CrashingFileSystem = createCrashingFileSystem();
  readonly #alive = new Set<number>();
  readonly #ledger: Ledger;
  readonly #records: LinkLedger;
  readonly #link: ActiveLink;
  #fence = 0;
  #processes = 0;
  #persons = 0;

  constructor(vendors: Readonly<Record<EndName, Vendor>>, policy: Policy, clock: Clock, sabotage: Sabotage) {
    this.#vendors = vendors;
    this.#clock = clock;
    this.#sabotage = sabotage;
    this.#files.mkdir(FOLDER, 0o700);
    this.#ledger = openLocalLedger({ path: ':memory:', keys: KEYS, mode: 'write' });
    this.#records = this.#ledger.link('Link/test');
    const { prefer, unit, retain, enter } = policy;
    const link = activeLink(SPECIFICATION, vendors, this.#ledger, KEYS, {
      clock,
      ledger: sabotage.ledger?.(this.#records) ?? this.#records,
      conflicts: { policy: 'prefer', prefer, unlessBlank: false, unit },
      retain,
      enter,
      newPersonId: () => `person-${String((this.#persons += 1)).padStart(6, '0')}`,
    });
    this.#link = sabotage.link?.(link) ?? link;
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }

  /**
   * One command: takes the lock, runs a cycle, gives the lock back. Killed, it does not.
   * @throws SynclineError STORAGE_LOCKED, and what a cycle throws
   */
  async sync(options: ProcessOptions): Promise<CycleResult> {
    this.#processes += 1;
    const pid = this.#processes;
    const process = { dead: false };
    const moment: Moment = (place, isDistinct = true) => {
      if (process.dead) throw new Killed('after its end');
      try {
        options.moment(place, isDistinct);
      } catch (error) {
        process.dead = error instanceof Killed;
        throw error;
      }
    };
    this.#alive.add(pid);
    try {
      const lock = await this.#storage(pid).locks.acquire({ operation: 'sync', timeoutMs: 0, purpose: 'write' });
      try {
        for (const vendor of Object.values(this.#vendors)) vendor.attend(moment);
        const ledger = observe(inSmallPages(this.#link.ledger), moment, options.meanwhile);
        return await runCycle({ ...this.#link, ledger }, { run: options.run, allow: {}, sweep: options.sweep });
      } finally {
        if (!process.dead) {
          for (const vendor of Object.values(this.#vendors)) vendor.noteArrived();
          await lock.release();
        }
      }
    } finally {
      this.#alive.delete(pid);
      if (process.dead) await settleMicrotasks();
    }
  }

  /** What is left in the folder when nothing runs. */
  leftovers(): readonly string[] {
    return this.#files.readdir(FOLDER).filter((name) => name.endsWith('.tmp') || name === 'syncline.lock');
  }

  openIntents(): Promise<number> {
    return this.#ledger
      .link('Link/test')
      .pendingIntents()
      .then((intents) => intents.length);
  }

  /** What the product itself says of the records that it does not carry over; for a person who looks for a fault. */
  async waiting(): Promise<readonly string[]> {
    const staged = (await this.#records.waiting()).map((row) => `${row.end} ${row.remoteId} ${row.status} ${String(row.reason)}`);
    const refused = (await this.#records.quarantined()).map(
      (entry) => `${entry.end} ${entry.subject} (${entry.remoteId ?? 'new'}) ${entry.code}: ${entry.message}`,
    );
    return [...staged, ...refused];
  }

  #storage(pid: number): LocalStorage {
    return openLocalStorage({
      folder: FOLDER,
      stack: 'default',
      synclineVersion: 'simulation',
      clock: this.#clock,
      fileSystem: this.#files,
      host: {
        who: `process-${pid}`,
        userId: undefined,
        self: { pid, started: String(pid), bootId: 'boot', pidNamespace: 'namespace' },
        isAlive: this.#sabotage.isAlive ?? ((other) => this.#alive.has(other.pid)),
      },
      mutex: { exclusively: (work) => work({ read: () => this.#fence, set: (fence) => void (this.#fence = fence) }) },
      newId: () => `lock-${pid}`,
    });
  }
}

export function isLocked(error: unknown): boolean {
  return error instanceof SynclineError && error.code === 'STORAGE_LOCKED';
}

/** Operations on the ledger that change nothing which outlives a process. */
const READING: ReadonlySet<keyof LinkLedger> = new Set([
  'agreedByPerson',
  'agreedByRemoteId',
  'countLinked',
  'createdBySyncline',
  'cursor',
  'guardPasses',
  'hasErased',
  'jobsElsewhere',
  'knownElsewhere',
  'knownListed',
  'knownVersions',
  'linked',
  'linkedButNotListed',
  'listedButNotSeen',
  'matchCandidates',
  'matchCandidatesById',
  'openBatches',
  'parked',
  'pendingIntents',
  'quarantined',
  'rivals',
  'subjects',
  'suppressed',
  'swings',
  'tombstones',
  'unfinishedApply',
  'waiting',
]);

/** What a history leaves open would fit into a single page. */
function inSmallPages(ledger: LinkLedger): LinkLedger {
  return { ...ledger, pendingIntents: (page) => ledger.pendingIntents(page && { ...page, limit: 2 }) };
}

/** Each operation is one transaction: a process that ends has done all of it or nothing. */
function observe(ledger: LinkLedger, moment: Moment, meanwhile: (() => Promise<void>) | undefined): LinkLedger {
  let pending = meanwhile;
  return new Proxy(ledger, {
    get(target, name: keyof LinkLedger) {
      const operation = target[name] as (...parameters: unknown[]) => Promise<unknown>;
      return async (...parameters: unknown[]) => {
        moment(`ledger ${name} before`, !READING.has(name));
        const due = pending;
        pending = undefined;
        await due?.();
        const result = await operation.apply(target, parameters);
        moment(`ledger ${name} after`, false);
        return result;
      };
    },
  });
}

/** What a dead process still had in hand meets its end. */
function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
