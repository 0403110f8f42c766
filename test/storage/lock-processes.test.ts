import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeLocalFolder, type LocalFolder } from './local-folder.ts';

const PROGRAM = fileURLToPath(new URL('./processes/lock-process.ts', import.meta.url));
const WRITE = { operation: 'apply', timeoutMs: 0 } as const;

let folder: LocalFolder;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await makeLocalFolder();
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  await folder.remove();
});

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, folder.path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async (): Promise<string> => String((await lines.next()).value),
    rest: async (): Promise<string[]> => {
      const all: string[] = [];
      for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
        all.push(next.value);
      }
      return all;
    },
  };
}

async function startHolder() {
  const holder = start('hold');
  expect(await holder.line()).toBe('ready');
  return holder;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('locks between processes (E5)', () => {
  it('one of several that race for the lock wins', async () => {
    const racers = await Promise.all([startHolder(), startHolder(), startHolder()]);

    for (const { child } of racers) {
      child.stdin!.write('go\n');
    }
    const outcomes = await Promise.all(racers.map((racer) => racer.line()));

    expect(outcomes.filter((outcome) => outcome.startsWith('won'))).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'lost STORAGE_LOCKED')).toHaveLength(2);
  });

  it('a killed holder is found dead, and its lock is taken over at once and reported', async () => {
    const holder = await startHolder();
    holder.child.stdin!.write('go\n');
    const [, id] = (await holder.line()).split(' ');
    const storage = folder.open();
    await expect(storage.locks.acquire(WRITE)).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    await kill(holder.child);

    const lock = await storage.locks.acquire(WRITE);

    expect(lock.takenOver).toMatchObject({ id, pid: holder.child.pid, operation: 'apply' });
    expect(lock.info.fence).toBe(lock.takenOver!.fence + 1);
    await lock.assertHeld();
  });

  it('one of several that find the same dead lock takes it over', async () => {
    const holder = await startHolder();
    holder.child.stdin!.write('go\n');
    const [, id] = (await holder.line()).split(' ');
    const racers = await Promise.all([startHolder(), startHolder(), startHolder()]);
    await kill(holder.child);

    for (const { child } of racers) {
      child.stdin!.write('go\n');
    }
    const outcomes = await Promise.all(racers.map((racer) => racer.line()));

    const winners = outcomes.filter((outcome) => outcome.startsWith('won'));
    expect(winners).toHaveLength(1);
    expect(winners[0]!.split(' ')[2]).toBe(id);
  });

  it('no two processes ever hold the lock together, and every fence is new', async () => {
    folder.open().keys.openOrCreate(); // Makes the folder.
    const counter = join(folder.path, '..', 'counter');
    writeFileSync(counter, '0');

    const workers = [start('count', '15'), start('count', '15'), start('count', '15')];
    const fences = (await Promise.all(workers.map((worker) => worker.rest()))).flat().map(Number);

    expect(readFileSync(counter, 'utf8')).toBe('45');
    expect(fences.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 45 }, (_, index) => index + 1));
  });
});
