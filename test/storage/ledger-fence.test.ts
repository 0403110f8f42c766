import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import type { Ledger } from '../../src/storage/ledger.ts';
import type { Lock } from '../../src/storage/lock.ts';
import { SynclineError } from '../../src/model/errors.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { intentOf, PLACE } from './intents.ts';

const keys = createKeyRing([generateKey()]);
let folder: string;
const opened: Ledger[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-ledger-'));
});

afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
  await rm(folder, { recursive: true });
});

function open(): Ledger {
  const ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys, mode: 'write' });
  opened.push(ledger);
  return ledger;
}

function lockOf(fence: number, held = true): Pick<Lock, 'id' | 'info' | 'assertHeld'> {
  return {
    id: `lock-${fence}`,
    info: { fence } as Lock['info'],
    assertHeld: () => (held ? Promise.resolve() : Promise.reject(new SynclineError('STORAGE_LOCK_LOST', 'Lost.'))),
  };
}

describe('E4 the fence of the ledger', () => {
  it('lets the run write that claimed it last, and no other, whatever it writes', async () => {
    const stopped = open();
    await stopped.claim(lockOf(1));
    const link = stopped.link('Link/contacts');
    const ids = await link.openIntents('run', 'batch', PLACE, [intentOf('ada')]);
    const successor = open();
    await successor.claim(lockOf(2));

    const writes: Readonly<Record<string, () => Promise<unknown>>> = {
      'the cursor': () => link.stage('ac', [], [], { position: '5', specification: 's' }),
      'an intent': () => link.openIntents('run', 'batch-2', PLACE, [intentOf('bob')]),
      'a job': () => link.intentJob(ids, 'job'),
      'the closing of an intent': () => link.closeIntents(ids),
      'a suppression': () =>
        link.suppress([{ address: Buffer.alloc(8), channel: 'email', purpose: 'news', state: 'released', at: 'now' }]),
      'what an apply left': () => link.noteUnfinishedApply({ run: 'run', renewed: [] }),
      'the calls of a day': () => stopped.addCalls('ac', '2026-01-01', 5),
      'the end of a run': () => stopped.startRun('late', 'sync', 'now'),
    };
    for (const [what, write] of Object.entries(writes))
      await expect(write(), what).rejects.toMatchObject({ code: 'STORAGE_LOCK_LOST' });

    expect(await successor.link('Link/contacts').cursor('ac')).toBeUndefined();
    expect(await successor.link('Link/contacts').pendingIntents()).toMatchObject([{ person: 'ada', job: undefined }]);
    await successor.link('Link/contacts').closeIntents(ids);
    expect(await successor.link('Link/contacts').pendingIntents()).toEqual([]);
  });

  it('cannot be claimed by a run whose lock was taken before it came to open the ledger', async () => {
    await open().claim(lockOf(2));

    await expect(open().claim(lockOf(1, false))).rejects.toMatchObject({ code: 'STORAGE_LOCK_LOST' });
  });

  it('follows the lock where the counter of locks was lost with its file', async () => {
    await open().claim(lockOf(7));
    const later = open();

    await later.claim(lockOf(1, true));

    await later.link('Link/contacts').stage('ac', [], [], { position: '5', specification: 's' });
    expect(await later.link('Link/contacts').cursor('ac')).toMatchObject({ position: '5' });
  });
});
