/** What every ledger must do when it is given another key: `keyRotationContract('local', make)`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SUPPRESSION_LIST, type KeyRotation } from '../../../src/storage/key-rotation.ts';
import { createKeyRing, generateKey, type KeyRing } from '../../../src/storage/keys.ts';
import type { Ledger, LinkLedger } from '../../../src/storage/ledger.ts';
import { intentOf, PLACE } from '../intents.ts';
import { agreed, KEY, KEYS, lockOf, row, type LedgerUnderTest } from './ledger-rows.ts';

const AT = '2026-01-01T00:00:00.000Z';

export function keyRotationContract(name: string, make: () => Promise<LedgerUnderTest>): void {
  describe(`E8 a ${name} ledger under another key`, () => {
    let under: LedgerUnderTest;
    let ledger: Ledger;
    let link: LinkLedger;
    let opened: Ledger[];

    async function open(ring = KEYS): Promise<Ledger> {
      const one = await under.open(ring, 'write');
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

    const fresh = generateKey();
    const both = createKeyRing([fresh, KEY]);

    /** Someone at both ends, what was written for them, what waits, what was refused, and a campaign. */
    async function fill(): Promise<void> {
      const entry = {
        person: 'p1',
        end: 'b',
        remoteId: '2',
        action: 'create',
        at: AT,
        generation: 1,
        reason: 'new',
        fields: { email: { field: 'Email', reason: 'new', origin: 'a' } },
        before: {},
        after: { email: 'ann' },
      } as const;
      const conflict = {
        field: '0000000a',
        name: 'Email',
        hash: KEYS.hash('conflict', 'ann'),
        policy: 'manual',
        since: AT,
        resolution: undefined,
        voided: undefined,
        content: { key: 'ann', values: { a: 'ann', b: 'anna' } },
      } as const;
      const known = [agreed('a', '1', 'ann'), agreed('b', '2', 'ann')];
      await link.settle(
        'run',
        [{ person: 'p1', subject: undefined, agreed: known, parked: [conflict], settled: [] }],
        [entry],
        [],
      );
      await link.noteSwings(
        [
          {
            person: 'p1',
            end: 'b',
            field: '0000000a',
            latest: KEYS.hash('swing', 'ann'),
            former: undefined,
            returns: 1,
            since: AT,
          },
        ],
        AT,
      );
      await link.stage('a', [{ ...row('a', '1', 'anna'), person: 'p1' }, row('a', '9', 'bob')], [], undefined);
      await link.quarantine(
        [
          {
            subject: 'record:a:9',
            end: 'b',
            remoteId: undefined,
            person: undefined,
            key: 'bob',
            code: 'NO',
            message: 'Not bob.',
            attempts: 1,
            since: AT,
            nextAt: AT,
            staged: [],
          },
        ],
        [],
      );
      await ledger.noteSignOn('oro', { who: 'ann@host', at: AT, accessToken: 'access', refreshToken: 'refresh' });
      const campaigns = ledger.campaignImport('CampaignImport/news');
      await campaigns.putCampaign({ id: 'c1', name: 'Spring', key: 'k', sources: {}, remoteId: undefined });
      const address = KEYS.keyHash('address', 'ann');
      await campaigns.putPeople([{ id: '5', address, email: 'ann' }]);
      await campaigns.addActivities(
        [{ key: Buffer.alloc(8, 0xab), campaign: 'c1', address, kind: 'open', at: AT, details: 'x' }],
        'waiting',
      );
      await campaigns.putRecords([{ remoteId: 'r1', addresses: [address] }]);
    }

    /** Everything that was filled in, as it comes back. */
    async function everything(under: Ledger): Promise<unknown> {
      const on = under.link('Link/contacts');
      return {
        linked: await on.linked(undefined, 9),
        staged: [...(await on.stagedByRemoteId('a', ['1', '9']))],
        parked: await on.parked(),
        swings: await on.swings(['p1']),
        quarantined: await on.quarantined(),
        history: await on.history('p1'),
        signOns: await under.signOns('oro'),
        campaigns: await under.campaignImport('CampaignImport/news').campaigns(),
        recordable: await under.campaignImport('CampaignImport/news').recordable('c1', undefined, 9),
      };
    }

    /** Hashes anew as a link does that knows all values: by the address, which each row here is made of. */
    const rehash: KeyRotation['rehash'] = (_link, _from, to) => (rows) => {
      const anew = (email: unknown) => ({
        matchKeys: [to.keyHash('match', String(email))],
        recordHash: to.hash('record', String(email)),
      });
      return {
        agreed: rows.agreed.map((one) => ({ ...one, ...anew(one.values!['email']) })),
        staged: rows.staged.map((one) => ({ ...one, ...anew(one.values['email']) })),
        parked: rows.parked.map((one) => ({ ...one, hash: to.hash('conflict', 'ann') })),
        swings: rows.swings.map((one) => ({ ...one, latest: to.hash('swing', 'ann') })),
      };
    };

    /** The same values with the hashes that the key makes. */
    function hashed(content: unknown, from: KeyRing, to: KeyRing): unknown {
      const pairs = ['ann', 'anna', 'bob'].flatMap((email) =>
        ['match', 'record', 'conflict', 'swing'].map((use) => [from.hash(use, email), to.hash(use, email)] as const),
      );
      const anew = (value: unknown): unknown => {
        if (Buffer.isBuffer(value)) return pairs.find(([before]) => before.equals(value))?.[1] ?? value;
        if (Array.isArray(value)) return value.map(anew);
        if (value instanceof Map || typeof value !== 'object' || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, anew(one)]));
      };
      return anew(content);
    }

    it('comes back whole, with hashes made anew and found by, and the former key opens nothing', async () => {
      await fill();
      const before = await everything(ledger);
      const rotating = await open(both);

      const rotated = await rotating.rotateKey({ keyId: fresh.id, rehash });

      expect(rotated).toMatchObject({ formerId: KEY.id, keyId: fresh.id });
      // What campaigns know people by keeps the former key, for nobody knows the addresses.
      expect(rotated.kept).toEqual([{ keyId: KEY.id, use: SUPPRESSION_LIST }]);
      expect(rotated.resealed).toBe(11);
      const after = await open(both);
      expect(after.keys.currentId).toBe(fresh.id);
      expect(await everything(after)).toEqual(hashed(before, KEYS, createKeyRing([fresh])));
      expect(await after.link('Link/contacts').linkedUnder([createKeyRing([fresh]).keyHash('match', 'ann')])).toEqual(['p1']);
      expect(await after.link('Link/contacts').linkedUnder([KEYS.keyHash('match', 'ann')])).toEqual([]);
      await expect(open(KEYS)).rejects.toMatchObject({ code: 'STORAGE_KEY_MISSING' });
    });

    it('leaves the hashes of a link that cannot prove them, half-way through too, and names their key', async () => {
      await fill();
      const before = await everything(ledger);
      let subjects = 0;
      const unproven: KeyRotation['rehash'] = (name, from, to) => (rows, journalled) =>
        (subjects += 1) === 2 ? undefined : rehash(name, from, to)!(rows, journalled);
      const rotating = await open(both);

      const { kept } = await rotating.rotateKey({ keyId: fresh.id, rehash: unproven });

      expect(subjects).toBe(2);
      expect(kept).toEqual([
        { keyId: KEY.id, use: 'Link/contacts' },
        { keyId: KEY.id, use: SUPPRESSION_LIST },
      ]);
      const after = await open(both);
      expect(await everything(after)).toEqual(before);
      expect(after.keysOf('Link/contacts').hashId).toBe(KEY.id);
    });

    it('is as before where the rotation fails half-way through', async () => {
      await fill();
      const before = await everything(ledger);
      const rotating = await open(both);
      const failing: KeyRotation['rehash'] = (name, from, to) => (rows, journalled) => {
        if (rows.agreed.length === 0) throw new Error('the process ends here');
        return rehash(name, from, to)!(rows, journalled);
      };

      await expect(rotating.rotateKey({ keyId: fresh.id, rehash: failing })).rejects.toThrow('ends here');

      expect(await everything(await open())).toEqual(before);
    });

    it('waits for calls that were not answered, and is refused to a run that has lost its lock', async () => {
      const [id] = await link.openIntents('run', 'batch', PLACE, [intentOf('ada')]);
      const rotating = await open(both);
      await rotating.claim(lockOf(1));
      await expect(rotating.rotateKey({ keyId: fresh.id, rehash })).rejects.toMatchObject({ code: 'KEY_ROTATION_UNSETTLED' });
      await link.closeIntents([id!]);
      await (await open()).claim(lockOf(2));

      await expect(rotating.rotateKey({ keyId: fresh.id, rehash })).rejects.toMatchObject({ code: 'STORAGE_LOCK_LOST' });

      expect((await open()).keys.currentId).toBe(KEY.id);
    });

    it('moves to another backend whole, and goes on there', async () => {
      await fill();
      const [elsewhere, before] = [await make(), await everything(ledger)];
      const there = async () => {
        const one = await elsewhere.open(KEYS, 'write');
        opened.push(one);
        return one;
      };
      const receiver = await there();
      await receiver.link('Link/contacts').settle('old', [{ person: 'old', subject: undefined, agreed: [agreed('a', '7', 'old')], parked: undefined, settled: [] }], [], []); // prettier-ignore

      await receiver.receive(ledger.content(), 'here');

      const moved = await there();
      expect(await moved.whereabouts()).toEqual({ arriving: 'here', moved: undefined });
      await moved.noteArrived();
      await ledger.noteMoved('there');
      expect(await moved.whereabouts()).toEqual({ arriving: undefined, moved: undefined });
      expect(await ledger.whereabouts()).toEqual({ arriving: undefined, moved: 'there' });
      expect(await everything(moved)).toEqual(before);
      expect(await moved.link('Link/contacts').openIntents('run', 'batch', PLACE, [intentOf('p1')])).toHaveLength(1);
      await moved
        .link('Link/contacts')
        .settle('later', [], [{ ...(await moved.link('Link/contacts').history('p1'))[0]!, at: AT }], []);
      const [first, second] = (await moved.link('Link/contacts').history('p1')).map(({ sequence }) => sequence);
      expect(first).toBeGreaterThan(second!);
    });
  });
}
