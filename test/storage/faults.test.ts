/** Every operation on files fails once, or from then on; whatever was there before must still be there. */
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SynclineError } from '../../src/model/errors.ts';
import type { State } from '../../src/model/state.ts';
import { verifyAudit } from '../../src/storage/audit.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { openLocalStorage, type LocalStorage } from '../../src/storage/local/storage.ts';
import { createCrashingFileSystem, type Loss } from './file-system/crashing-file-system.ts';
import { createFailingFileSystem, type FailingFileSystem, type Fault } from './file-system/failing-file-system.ts';
import { makeLocalFolder, type LocalFolder } from './local-folder.ts';
import { fullState, newState, withResource } from './states.ts';
import { createTestClock } from './test-clock.ts';

const WRITE = { operation: 'apply', timeoutMs: 0 } as const;
const EVENT = { type: 'apply', at: '2026-01-31T09:15:00.000Z', who: 'anna@desk', run: 'run-1' };
const MOST_OPERATIONS = 200;

let folder: LocalFolder;

beforeEach(async () => {
  folder = await makeLocalFolder();
});

afterEach(async () => {
  await folder.remove();
});

function leftovers(): readonly string[] {
  return readdirSync(folder.path).filter((name) => name.endsWith('.tmp'));
}

/** Runs `scenario` with a fault at operation 1, 2, 3 ... until it is over before its fault is due. */
async function atEachOperation(
  fault: Omit<Fault, 'at'>,
  scenario: (files: FailingFileSystem, count: number) => Promise<void>,
): Promise<number> {
  for (let at = 1; at <= MOST_OPERATIONS; at += 1) {
    const files = createFailingFileSystem(nodeFileSystem, { ...fault, at });
    await scenario(files, at);
    if (!files.failed()) {
      return at - 1;
    }
  }
  throw new Error('The scenario never came to its end.');
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

const FAULTS: readonly Omit<Fault, 'at'>[] = [
  { duration: 'once', code: 'ENOSPC', torn: 'nothing' },
  { duration: 'once', code: 'EIO', torn: 'half' },
  { duration: 'once', code: 'EACCES', torn: 'nothing' },
  { duration: 'from-then-on', code: 'ENOSPC', torn: 'half' },
  { duration: 'from-then-on', code: 'EROFS', torn: 'nothing' },
  { duration: 'from-then-on', code: 'EIO', torn: 'all-but-one' },
];

describe.each(FAULTS)('a file system that fails $duration with $code, $torn of a write kept', (fault) => {
  it('leaves the old or the new state, whole, and the next write succeeds', async () => {
    const clean = folder.open();
    const lock = await clean.locks.acquire(WRITE);
    let state = await clean.states.write(fullState(), 0, lock);

    const operations = await atEachOperation(fault, async (files, count) => {
      const next = withResource(state, `Resource/r${count}`);
      const storage = folder.open({ fileSystem: files });

      const result = await attempt(() => storage.states.write(next, state.serial, lock));

      const found = (await folder.open().states.read())!;
      const isNew = found.serial === state.serial + 1;
      expect(found).toEqual(isNew ? { ...next, serial: state.serial + 1, digest: found.digest } : state);
      if ('value' in result) {
        expect(result.value).toEqual(found);
        expect(isNew).toBe(true);
      } else {
        expect(result.error).toBeInstanceOf(SynclineError);
        expect((result.error as SynclineError).code).toMatch(/^STORAGE_(WRITE|READ)_FAILED$/);
      }
      if (fault.duration === 'once') {
        expect(leftovers()).toEqual([]);
      }
      // The same client goes on after a passing fault, another one after a lasting fault.
      const after = fault.duration === 'once' && files.failed() ? storage : clean;
      state = await after.states.write(withResource(found, `Resource/after-${count}`), found.serial, lock);
      expect(await folder.open().states.read()).toEqual(state);
      expect(leftovers()).toEqual([]);
    });

    expect(operations).toBeGreaterThan(20);
  });

  it('leaves nothing of a first state that could not be written', async () => {
    await atEachOperation(fault, async (files) => {
      const own = await makeLocalFolder();
      try {
        const lock = await own.open().locks.acquire(WRITE);
        const result = await attempt(() => own.open({ fileSystem: files }).states.write(newState(), 0, lock));
        const found = await own.open().states.read();

        expect('value' in result ? found?.serial : (found?.serial ?? 1)).toBe(1);
      } finally {
        await own.remove();
      }
    });
  });

  it('never leaves a lock that nobody holds', async () => {
    await folder
      .open()
      .locks.acquire(WRITE)
      .then((lock) => lock.release());

    const operations = await atEachOperation(fault, async (files) => {
      const result = await attempt(() => folder.open({ fileSystem: files }).locks.acquire(WRITE));

      const clean = folder.open();
      if ('value' in result) {
        expect((await clean.locks.current())?.id).toBe(result.value.id);
        await clean.locks.forceUnlock(result.value.id);
      } else if (fault.duration === 'once') {
        await (await clean.locks.acquire(WRITE)).release();
      } else {
        // A process whose disk is gone for good is found dead when it ends, which this one does not.
        const left = await clean.locks.current();
        if (left !== undefined) {
          await clean.locks.forceUnlock(left.id);
        }
        await (await clean.locks.acquire(WRITE)).release();
      }
    });

    expect(operations).toBeGreaterThan(5);
  });

  it('loses no audit event that was written before, and the chain holds', async () => {
    const clean = folder.open();
    const lock = await clean.locks.acquire(WRITE);
    let count = (await clean.audit.append(EVENT, lock)).seq;

    const operations = await atEachOperation(fault, async (files) => {
      const result = await attempt(() => folder.open({ fileSystem: files }).audit.append(EVENT, lock));

      if (fault.duration === 'once') {
        expect(await verifyAudit(clean.audit.lines())).toMatchObject({ intact: true });
      }
      const after = await clean.audit.append(EVENT, lock);
      const verification = await verifyAudit(clean.audit.lines());
      expect(verification).toMatchObject({ intact: true, head: { count: after.seq } });
      // The event itself, the one after it, and perhaps a note that a torn line was removed.
      expect(after.seq - count).toBeGreaterThanOrEqual('value' in result ? 2 : 1);
      expect(after.seq - count).toBeLessThanOrEqual(2);
      count = after.seq;
    });

    expect(operations).toBeGreaterThan(5);
  });

  it('loses no key', async () => {
    const first = folder.open().keys.openOrCreate();
    const secret = first.encrypt('anna@example.com', 'place');

    const operations = await atEachOperation(fault, async (files) => {
      const before = folder.open().keys.open();

      const result = await attempt(async () => folder.open({ fileSystem: files }).keys.rotate());

      const after = folder.open().keys.open();
      expect(after.ids).toEqual('value' in result ? result.value.ids : expect.arrayContaining([...before.ids]));
      expect(after.decrypt(secret, 'place').toString()).toBe('anna@example.com');
      if (fault.duration === 'once') {
        expect(leftovers()).toEqual([]);
      }
    });

    expect(operations).toBeGreaterThan(5);
  });
});

describe.each<Loss>(['everything-unsynced', 'unsynced-data'])('a loss of power that takes %s', (loss) => {
  /** Storage in memory whose process dies at operation `at`, and the same storage after the next boot. */
  function machine(at: number) {
    const disk = createCrashingFileSystem();
    disk.mkdir('/state', 0o700);
    let fence = 0;
    const mutex = {
      exclusively: <T>(work: (counter: { read(): number; set(next: number): void }) => T): T =>
        work({ read: () => fence, set: (next) => void (fence = next) }),
    };
    const self = { pid: 7, started: '1', bootId: 'boot', pidNamespace: 'pid:[1]' };
    const host = { who: 'anna@desk', userId: 1000, self, isAlive: () => true };
    const open = (fileSystem: typeof disk | FailingFileSystem): LocalStorage =>
      openLocalStorage({
        folder: '/state',
        stack: 'sandbox',
        synclineVersion: '0.1.0',
        clock: createTestClock(),
        fileSystem,
        host,
        mutex,
      });
    const files = createFailingFileSystem(disk, { at, duration: 'from-then-on', code: 'EIO', torn: 'half' });
    return { disk, files, healthy: open(disk), dying: open(files) };
  }

  it('leaves the old or the new state, and always the new one once the write had returned', async () => {
    let survivedOld = 0;
    for (let at = 1; at <= MOST_OPERATIONS; at += 1) {
      const { disk, files, healthy, dying } = machine(at);
      const lock = await healthy.locks.acquire(WRITE);
      const first = await healthy.states.write(fullState(), 0, lock);
      const next: State = withResource(first, 'Resource/next');

      const result = await attempt(() => dying.states.write(next, 1, lock));
      disk.crash(loss);

      const found = await healthy.states.read();
      expect([1, 2]).toContain(found?.serial);
      expect(Object.keys(found!.resources)).toEqual(Object.keys((found!.serial === 1 ? first : next).resources).toSorted());
      if ('value' in result) {
        expect(found?.serial).toBe(2);
      }
      survivedOld += found?.serial === 1 ? 1 : 0;
      if (!files.failed()) {
        expect(survivedOld).toBeGreaterThan(10);
        return;
      }
    }
    throw new Error('The write never came to its end.');
  });

  it('keeps each audit event whose append had returned', async () => {
    for (let at = 1; at <= MOST_OPERATIONS; at += 1) {
      const { disk, files, healthy, dying } = machine(at);
      const lock = await healthy.locks.acquire(WRITE);
      await healthy.audit.append(EVENT, lock);

      const result = await attempt(() => dying.audit.append(EVENT, lock));
      disk.crash(loss);
      const mine = (await healthy.locks.current()) === undefined ? await healthy.locks.acquire(WRITE) : lock;
      await healthy.audit.append({ ...EVENT, type: 'after' }, mine);

      const verification = await verifyAudit(healthy.audit.lines());
      expect(verification).toMatchObject({ intact: true });
      expect(verification.head.count).toBeGreaterThanOrEqual('value' in result ? 3 : 2);
      if (!files.failed()) {
        return;
      }
    }
    throw new Error('The append never came to its end.');
  });
});
