import { readFileSync, statSync, symlinkSync, writeFileSync, existsSync, mkdirSync, readdirSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, ProcessIdentity } from '../../src/storage/host.ts';
import { nodeHost } from '../../src/storage/host.ts';
import type { LockInfo } from '../../src/storage/lock.ts';
import { expectCode } from './contract/state-store-contract.ts';
import { makeLocalFolder, type LocalFolder } from './local-folder.ts';
import { newState, withResource } from './states.ts';
import { createTestClock } from './test-clock.ts';

const WRITE = { operation: 'apply', timeoutMs: 0 } as const;
const clock = createTestClock();
const real = nodeHost(process, clock);

let folder: LocalFolder;
let lockPath: string;

beforeEach(async () => {
  folder = await makeLocalFolder();
  lockPath = join(folder.path, 'syncline.lock');
});

afterEach(async () => {
  await folder.remove();
});

/** Another process as this machine sees it. */
function processOf(changes: Partial<ProcessIdentity>, isAlive: Host['isAlive'] = real.isAlive): Host {
  return { ...real, who: 'bert@rack', self: { ...real.self, ...changes }, isAlive };
}

const NO_SUCH_PID = 2 ** 22 + 1; // Above the largest pid that Linux gives.

describe('the lock file', () => {
  it('tells who holds the lock, in a file that nobody else may read', async () => {
    const lock = await folder.open({ newId: () => 'lock-1' }).locks.acquire(WRITE);

    expect(JSON.parse(readFileSync(lockPath, 'utf8'))).toEqual({
      id: 'lock-1',
      operation: 'apply',
      writes: true,
      who: real.who,
      version: '0.1.0',
      created: '2026-01-31T09:15:00.000Z',
      path: join(folder.path, 'syncline.state.json'),
      pid: process.pid,
      started: expect.stringMatching(/^\d+$/) as string,
      bootId: expect.any(String) as string,
      pidNamespace: expect.any(String) as string,
      fence: 1,
    });
    expect(lock.info).toEqual(JSON.parse(readFileSync(lockPath, 'utf8')));
    expect(statSync(lockPath).mode & 0o777).toBe(0o600);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    await lock.release();
    expect(existsSync(lockPath)).toBe(false);
  });

  it('of a process that is gone is taken over', async () => {
    const dead = await folder.open({ host: processOf({ pid: NO_SUCH_PID }) }).locks.acquire(WRITE);

    const lock = await folder.open().locks.acquire(WRITE);

    expect(lock.takenOver).toEqual(dead.info);
    expect(lock.info.fence).toBe(2);
    await expectCode(dead.assertHeld(), 'STORAGE_LOCK_LOST');
  });

  it('of a process whose pid belongs to another one now is taken over', async () => {
    const dead = await folder.open({ host: processOf({ started: '1' }) }).locks.acquire(WRITE);

    const lock = await folder.open().locks.acquire(WRITE);

    expect(lock.takenOver?.id).toBe(dead.id);
  });

  it.each([
    ['another boot, or another machine', { bootId: 'another' }],
    ['another container', { pidNamespace: 'pid:[1]' }],
  ])('of a process of %s is left alone, since nobody can tell whether it lives', async (_, identity) => {
    await folder.open({ host: processOf({ pid: NO_SUCH_PID, ...identity }) }).locks.acquire(WRITE);

    const error = await expectCode(folder.open().locks.acquire(WRITE), 'STORAGE_LOCKED');

    expect(error.message).toContain('bert@rack');
    expect(error.message).toContain('cannot be seen from here');
  });

  it.each([
    ['empty', ''],
    ['cut off', '{\n  "id": "lock-1",\n  "oper'],
  ])('that is %s was never held, and is replaced', async (_, text) => {
    mkdirSync(folder.path);
    writeFileSync(lockPath, text, { mode: 0o600 });

    const lock = await folder.open().locks.acquire(WRITE);

    expect(lock.takenOver).toBeUndefined();
    await lock.assertHeld();
  });

  it.each([
    ['foreign text', 'hello'],
    ['another JSON', '{"id": "lock-1"}'],
    ['JSON of another type', '[1]'],
    ['null', 'null'],
  ])('that holds %s is left for a person to judge', async (_, text) => {
    mkdirSync(folder.path);
    writeFileSync(lockPath, text, { mode: 0o600 });

    const error = await expectCode(folder.open().locks.acquire(WRITE), 'STORAGE_LOCK_UNREADABLE');

    expect(error.hint).toContain(`  rm ${lockPath}`);
    expect(readFileSync(lockPath, 'utf8')).toBe(text);
  });

  it('is refused as a symbolic link, and the link is not written through', async () => {
    mkdirSync(folder.path);
    symlinkSync('/etc/hostname', lockPath);

    await expectCode(folder.open().locks.acquire(WRITE), 'STORAGE_UNSAFE_FILE');
  });

  it('keeps the fence above that of a dead lock when the counter was lost', async () => {
    const dead = await folder.open({ host: processOf({ pid: NO_SUCH_PID }) }).locks.acquire(WRITE);
    writeFileSync(lockPath, JSON.stringify({ ...dead.info, fence: 41 }));

    expect((await folder.open().locks.acquire(WRITE)).info.fence).toBe(42);
  });

  it('with our id but another fence is not ours', async () => {
    const storage = folder.open();
    const lock = await storage.locks.acquire(WRITE);
    const state = await storage.states.write(newState(), 0, lock);
    writeFileSync(lockPath, JSON.stringify({ ...lock.info, fence: lock.info.fence + 1 } satisfies LockInfo));

    await expectCode(storage.states.write(withResource(state, 'Resource/a'), 1, lock), 'STORAGE_LOCK_LOST');
  });
});

describe('a lock for reading', () => {
  it('makes nothing where nothing was ever written', async () => {
    const lock = await folder.open().locks.acquire({ operation: 'plan', timeoutMs: 0, purpose: 'read' });

    await lock.assertHeld();
    await lock.release();
    expect(existsSync(folder.path)).toBe(false);
  });

  it('leaves every file as it was', async () => {
    const storage = folder.open();
    const writing = await storage.locks.acquire(WRITE);
    await storage.states.write(newState(), 0, writing);
    await writing.release();
    const snapshot = () =>
      readdirSync(folder.path).map((name) => [
        name,
        readFileSync(join(folder.path, name)).toString('base64'),
        statSync(join(folder.path, name)).mtimeMs,
      ]);
    const before = snapshot();

    const lock = await folder.open().locks.acquire({ operation: 'plan', timeoutMs: 0, purpose: 'read' });
    await lock.release();

    expect(snapshot()).toEqual(before);
  });
});

describe('the mutex of the folder', () => {
  it('is a file that nobody else may write', async () => {
    const lock = await folder.open().locks.acquire(WRITE);
    await lock.release();
    const path = join(folder.path, 'lock.sqlite');

    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o666);
    await expectCode(folder.open().locks.acquire(WRITE), 'STORAGE_UNSAFE_FILE');
  });

  it('that is damaged is reported with a way out', async () => {
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, 'lock.sqlite'), 'this is no database, however long one makes it'.repeat(100), {
      mode: 0o600,
    });

    const error = await expectCode(folder.open().locks.acquire(WRITE), 'STORAGE_WRITE_FAILED');

    expect(error.hint).toContain('remove it');
  });
});

describe('this machine', () => {
  it('knows itself alive and a process that never was dead', () => {
    expect(real.isAlive(real.self)).toBe(true);
    expect(real.isAlive({ ...real.self, pid: NO_SUCH_PID })).toBe(false);
    expect(real.isAlive({ ...real.self, pid: 1, started: '' })).toBe(true);
    expect(real.who).toMatch(/^.+@.+$/);
  });
});
