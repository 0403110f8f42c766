/**
 * What every ledger must do, whatever database keeps it. Run it once for each:
 * `ledgerContract('local', make)`.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pairRecords } from '../../../src/records/pair.ts';
import type { Ledger, LinkLedger } from '../../../src/storage/ledger.ts';
import { intentOf, PLACE } from '../intents.ts';
import { agreed, KEYS, lockOf, row, type LedgerUnderTest } from './ledger-rows.ts';

const ENDS = [
  { name: 'a', integration: 'a', object: 'thing' },
  { name: 'b', integration: 'b', object: 'thing' },
] as const;

export function ledgerContract(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`a ${name} ledger keeps the contract (E12)`, () => {
    let under: LedgerUnderTest;
    let ledger: Ledger;
    let link: LinkLedger;
    let opened: Ledger[];

    async function open(mode: 'write' | 'preview' = 'write'): Promise<Ledger> {
      const one = await under.open(KEYS, mode);
      opened.push(one);
      return one;
    }

    beforeEach(async () => {
      opened = [];
      under = await make();
      ledger = await open();
      link = ledger.link('Link/contacts');
    });

    afterEach(async () => {
      for (const one of opened) await one.close();
      await under.close();
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
        const [ada, bob, eve] = await link.openIntents('run', 'batch', PLACE, [
          intentOf('ada'),
          intentOf('bob'),
          intentOf('eve'),
        ]);
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

      it('are told by batch, and come page by page', async () => {
        const persons = ['ada', 'bob', 'eve', 'ian'];
        const ids = await link.openIntents(
          'run',
          'batch-1',
          PLACE,
          persons.map((person) => intentOf(person)),
        );
        await link.openIntents('run', 'batch-2', { ...PLACE, at: '2026-01-03T00:00:00.000Z' }, [intentOf('kim')]);
        await link.openIntents('run', 'batch-3', PLACE, [intentOf('liz')]);
        await ledger.link('Link/others').openIntents('run', 'batch-1', PLACE, [intentOf('max')]);
        await link.intentJob(ids, 'job');

        const batches = await link.openBatches();
        const [first, second] = batches.map(({ batch }) => batch);
        const page = await link.pendingIntents({ batches: [first!, second!], after: ids[1]!, limit: 2 });
        const rest = await link.pendingIntents({ batches: [first!, second!], after: ids[3]!, limit: 2 });

        expect(batches).toMatchObject([
          { end: intentOf('ada').end, job: 'job', at: PLACE.at, requests: 4 },
          { end: intentOf('ada').end, job: undefined, at: '2026-01-03T00:00:00.000Z', requests: 1 },
          { end: intentOf('ada').end, job: undefined, at: PLACE.at, requests: 1 },
        ]);
        expect(page.map(({ person, job }) => [person, job])).toEqual([
          ['eve', 'job'],
          ['ian', 'job'],
        ]);
        expect(rest.map(({ person, job }) => [person, job])).toEqual([['kim', undefined]]);
      });
    });
    describe('E4 the fence of the ledger', () => {
      it('lets the run write that claimed it last, and no other, whatever it writes', async () => {
        const stopped = await open();
        await stopped.claim(lockOf(1));
        const link = stopped.link('Link/contacts');
        const ids = await link.openIntents('run', 'batch', PLACE, [intentOf('ada')]);
        const successor = await open();
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
        await (await open()).claim(lockOf(2));

        await expect((await open()).claim(lockOf(1, false))).rejects.toMatchObject({ code: 'STORAGE_LOCK_LOST' });
      });

      it('follows the lock where the counter of locks was lost with its file', async () => {
        await (await open()).claim(lockOf(7));
        const later = await open();

        await later.claim(lockOf(1, true));

        await later.link('Link/contacts').stage('ac', [], [], { position: '5', specification: 's' });
        expect(await later.link('Link/contacts').cursor('ac')).toMatchObject({ position: '5' });
      });
    });

    describe('a preview', () => {
      it('detects and matches like a cycle, and leaves what is stored as it was', async () => {
        await link.stage('a', [row('a', '1', 'ann')], [], { position: 'p', specification: 's' });
        const preview = await open('preview');
        const seen = preview.link('Link/contacts');

        await seen.stage('b', [row('b', '2', 'ann'), row('b', '3', 'bob')], [], { position: 'q', specification: 's' });
        await pairRecords(seen, [...ENDS]);
        const subjects = await seen.subjects(['a', 'b'], undefined, 10, '2026-01-01T00:00:00.000Z');

        expect(subjects.map(({ staged }) => Object.keys(staged).toSorted())).toEqual(expect.arrayContaining([['a', 'b'], ['b']]));
        expect(await link.cursor('b')).toBeUndefined();
        expect((await link.stagedByRemoteId('b', ['2', '3'])).size).toBe(0);
        await seen.clearStaged('a');
        expect((await link.stagedByRemoteId('a', ['1'])).size).toBe(1);
      });

      it('of campaign imports begins as what is stored, and leaves it', async () => {
        await ledger.campaignImport('CampaignImport/news').addOptOuts([Buffer.alloc(8, 1)], 'list');
        const seen = (await open('preview')).campaignImport('CampaignImport/news');

        await seen.putRecords([{ remoteId: 'r1', addresses: [Buffer.alloc(8, 1)] }]);

        expect(await seen.recordsToUnsubscribe(undefined, 9)).toEqual(['r1']);
        expect(await ledger.campaignImport('CampaignImport/news').recordsToUnsubscribe(undefined, 9)).toEqual([]);
      });
    });

    describe('persons', () => {
      const settle = (on: LinkLedger, person: string, ...rows: readonly ReturnType<typeof agreed>[]) =>
        on.settle('run', [{ person, subject: undefined, agreed: rows, parked: undefined, settled: [] }], [], []);

      it('are known with the listed values that were staged last, or else agreed on', async () => {
        const listed = (end: 'a' | 'b', id: string, bits: number) => ({ ...row(end, id, `${end}${id}`), listed: bits });
        await settle(link, 'p1', { ...agreed('a', '1', 'ann'), listed: 1 });
        await settle(link, 'p2', { ...agreed('a', '2', 'bob'), listed: 2 });
        await link.stage('a', [listed('a', '2', 3), listed('a', '3', 1)], [], undefined);
        await link.stage('b', [listed('b', '1', 2)], [], undefined);

        const known = await link.knownListed('a', ['1', '2', '3', '4']);

        expect(Object.fromEntries(known)).toEqual({ '1': 1, '2': 3, '3': 1 });
      });

      it('come back as they were agreed on, to this link and by their keys', async () => {
        await settle(link, 'p1', agreed('a', '1', 'ann'), agreed('b', '2', 'ann'));

        const [found] = await link.linked(undefined, 10);

        expect(found).toMatchObject({
          person: 'p1',
          agreed: { a: { remoteId: '1', values: { email: 'ann' } }, b: { remoteId: '2' } },
        });
        expect(found!.agreed['a']!.fields).toEqual(agreed('a', '1', 'ann').fields);
        expect(
          await link.findPersons({
            remoteId: 'x',
            end: undefined,
            matchKeys: [row('a', '1', 'ann').matchKeys[0]!.subarray(0, 8)],
          }),
        ).toEqual([]);
        expect(await link.findPersons({ remoteId: '2', end: undefined, matchKeys: [] })).toEqual([{ person: 'p1', end: 'b' }]);
        expect(await link.linkedUnder([row('a', '1', 'ann').matchKeys[0]!])).toEqual(['p1']);
      });

      it('whom another link knows keep who they are, and two who turn out to be one become one', async () => {
        const other = ledger.link('Link/others');
        await settle(link, 'p1', agreed('a', '1', 'ann'));
        await settle(other, 'p2', agreed('b', '2', 'ann'));

        await settle(link, 'p1', agreed('a', '1', 'ann'), agreed('b', '2', 'ann'));

        expect((await other.linked(undefined, 9)).map(({ person }) => person)).toEqual(['p1']);
        const known = await link.knownElsewhere(ENDS[0], ['1', '2'], 'b');
        expect([...known]).toMatchObject([['1', [{ object: ENDS[1].object, remoteId: '2' }]]]);
      });

      it('are told by decisions, which are let go of with records that nobody linked', async () => {
        const knownIds = async (): Promise<readonly string[]> => [
          ...(await link.knownElsewhere(ENDS[0], ['1', '3'], 'b')).keys(),
        ];
        await settle(link, 'p1', agreed('a', '1', 'ann'), agreed('b', '2', 'ann'));

        await link.identify('p3', [
          { ...ENDS[0], remoteId: '3' },
          { ...ENDS[1], remoteId: '4' },
        ]);
        expect((await knownIds()).toSorted()).toEqual(['1', '3']);
        await link.unidentify(ENDS[0], ['1', '3']);

        expect(await knownIds()).toEqual(['1']);
      });

      it('who were erased are nowhere, and their addresses are remembered', async () => {
        await settle(link, 'p1', agreed('a', '1', 'ann'), agreed('b', '2', 'ann'));
        const address = Buffer.alloc(32, 3);

        await ledger.erase({
          persons: ['p1'],
          records: [{ link: 'Link/contacts', end: 'a', remoteId: '1' }],
          suppressions: [{ address, channel: 'email', purpose: 'all', state: 'erased', at: '2026-01-01T00:00:00.000Z' }],
        });

        expect(await link.linked(undefined, 9)).toEqual([]);
        expect(await link.hasErased()).toBe(true);
        expect((await link.suppressed([address], 'email', 'all')).get(address.toString('hex'))).toMatchObject({
          state: 'erased',
        });
        await link.suppress([{ address, channel: 'email', purpose: 'all', state: 'released', at: '2026-01-02T00:00:00.000Z' }]);
        expect((await link.suppressed([address], 'email', 'all')).size).toBe(1);
      });

      it('are undone whole where one write of a transaction fails', async () => {
        const broken = { ...agreed('a', '1', 'ann'), state: null as unknown as 'linked' };

        await expect(settle(link, 'p1', agreed('b', '2', 'ann'), broken)).rejects.toThrow();

        expect(await link.linked(undefined, 9)).toEqual([]);
        await settle(link, 'p1', agreed('b', '2', 'ann'));
        expect(await link.countLinked()).toBe(1);
      });
    });
  });
}
