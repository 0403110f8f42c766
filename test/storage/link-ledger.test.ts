import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import type { Intent, Ledger, LinkLedger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';

const intent = (person: string): Omit<Intent, 'id' | 'job'> => ({
  end: 'ac',
  action: 'update',
  person,
  remoteId: person,
  externalId: undefined,
  values: { phone: '1' },
});

let folder: string;
let ledger: Ledger;
let link: LinkLedger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-ledger-'));
  ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys: createKeyRing([generateKey()]), mode: 'write' });
  link = ledger.link('Link/contacts');
});

afterEach(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

describe('jobs of intents', () => {
  it('belong to all intents of a batch, the latest handle to each', async () => {
    const ids = await link.openIntents('run', 'batch-1', [intent('ada'), intent('bob')]);
    await link.openIntents('run', 'batch-2', [intent('eve')]);
    await link.intentJob(ids, 'first');
    await link.intentJob(ids, 'first and second');

    const jobs = (await link.pendingIntents()).map(({ person, job }) => [person, job]);

    expect(jobs).toEqual([
      ['ada', 'first and second'],
      ['bob', 'first and second'],
      ['eve', undefined],
    ]);
  });

  it('stay with the last intent that is open, and end with it', async () => {
    const [first, second] = await link.openIntents('run', 'batch', [intent('ada'), intent('bob')]);
    await link.intentJob([first!, second!], 'job');
    await link.closeIntents([first!]);
    expect((await link.pendingIntents()).map(({ job }) => job)).toEqual(['job']);

    await link.closeIntents([second!]);
    await link.openIntents('run', 'batch', [intent('eve')]);

    expect((await link.pendingIntents()).map(({ job }) => job)).toEqual([undefined]);
  });

  it('of one link are not those of another', async () => {
    const other = ledger.link('Link/others');
    await link.intentJob(await link.openIntents('run', 'batch', [intent('ada')]), 'ours');
    const ids = await other.openIntents('run', 'batch', [intent('ada')]);
    await other.intentJob(ids, 'theirs');
    await other.closeIntents(ids);

    expect((await link.pendingIntents()).map(({ job }) => job)).toEqual(['ours']);
  });
});
