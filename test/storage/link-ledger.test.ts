import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import type { Ledger, LinkLedger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { intentOf, PLACE } from './intents.ts';

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
    const ids = await link.openIntents('run', 'batch-1', PLACE, [intentOf('ada'), intentOf('bob')]);
    await link.openIntents('run', 'batch-2', PLACE, [intentOf('eve')]);
    await link.intentJob(ids, 'first');
    await link.intentJob(ids, 'first and second');

    const jobs = (await link.pendingIntents()).map(({ person, job }) => [person, job]);

    expect(jobs).toEqual([
      ['ada', 'first and second'],
      ['bob', 'first and second'],
      ['eve', undefined],
    ]);
  });

  it('of a batch that is sent in parts are kept apart', async () => {
    const [ada, bob, eve] = await link.openIntents('run', 'batch', PLACE, [intentOf('ada'), intentOf('bob'), intentOf('eve')]);
    await link.intentJob([ada!, bob!], 'first part');
    await link.intentJob([eve!], 'second part');
    await link.intentJob([eve!], 'second part, told again');

    const jobs = (await link.pendingIntents()).map(({ person, job }) => [person, job]);

    expect(jobs).toEqual([
      ['ada', 'first part'],
      ['bob', 'first part'],
      ['eve', 'second part, told again'],
    ]);
  });

  it('stay with the last intent that is open, and end with it', async () => {
    const [first, second] = await link.openIntents('run', 'batch', PLACE, [intentOf('ada'), intentOf('bob')]);
    await link.intentJob([first!, second!], 'job');
    await link.closeIntents([first!]);
    expect((await link.pendingIntents()).map(({ job }) => job)).toEqual(['job']);

    await link.closeIntents([second!]);
    await link.openIntents('run', 'batch', PLACE, [intentOf('eve')]);

    expect((await link.pendingIntents()).map(({ job }) => job)).toEqual([undefined]);
  });

  it('of one link are not those of another', async () => {
    const other = ledger.link('Link/others');
    await link.intentJob(await link.openIntents('run', 'batch', PLACE, [intentOf('ada')]), 'ours');
    const ids = await other.openIntents('run', 'batch', PLACE, [intentOf('ada')]);
    await other.intentJob(ids, 'theirs');
    await other.closeIntents(ids);

    expect((await link.pendingIntents()).map(({ job }) => job)).toEqual(['ours']);
  });

  it('of other links are told where they run, and for how long', async () => {
    const other = ledger.link('Link/others');
    await link.openIntents('run', 'batch', PLACE, [intentOf('ada')]);
    expect(await other.jobsElsewhere()).toEqual([{ link: 'Link/contacts', ...PLACE, requests: 1, isAnswered: false }]);

    await link.intentJob(await link.openIntents('run', 'batch-2', PLACE, [intentOf('eve')]), 'ours');

    expect(await other.jobsElsewhere()).toContainEqual({ link: 'Link/contacts', ...PLACE, requests: 1, isAnswered: true });
    expect(await link.jobsElsewhere()).toEqual([]);
  });
});

describe('intents', () => {
  it('come back as they were written down', async () => {
    const written = intentOf('ada');
    const [id] = await link.openIntents('run', 'batch', PLACE, [written]);

    expect(await link.pendingIntents()).toEqual([{ ...written, id, job: undefined, at: PLACE.at }]);
  });
});
