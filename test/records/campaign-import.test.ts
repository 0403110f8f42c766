import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/model/errors.ts';
import type { RemoteRecord } from '../../src/model/value.ts';
import {
  ACTIVITY_KINDS,
  type ActivityRecord,
  type CampaignActivity,
  type CampaignDestination,
  type CampaignSource,
} from '../../src/providers/campaigns.ts';
import type { Cursor, RecordClient, WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import type { ActiveCampaignImport } from '../../src/records/campaign-import/active-import.ts';
import { assess } from '../../src/records/campaign-import/assess.ts';
import { carryOut, type ImportLimits, type ImportResult } from '../../src/records/campaign-import/carry-out.ts';
import { gather } from '../../src/records/campaign-import/gather.ts';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import type { Ledger } from '../../src/storage/ledger.ts';

const KEYS = createKeyRing([generateKey()]);
const NOW = Date.UTC(2026, 10, 22);
const SUMMARY = {
  sentAt: '2026-11-01T00:00:00.000Z',
  sent: 3,
  delivered: 3,
  opened: 1,
  clicked: 0,
  unsubscribed: 0,
  softBounced: 0,
  hardBounced: 0,
};

const ledgers: Ledger[] = [];
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) await ledger.close();
});

/** What the process dies of. */
class Crash extends Error {}

/** Two vendors in memory. The n-th call kills the process, before or after it has taken effect. */
class World {
  activities: CampaignActivity[] = [];
  readonly optOuts: { email: string; why: 'unsubscribed' | 'undeliverable' }[] = [];
  readonly contacts = new Map<string, string>();
  readonly campaigns = new Map<string, { id: string; description: string }>();
  readonly recorded: { id: string; campaign: string; activity: ActivityRecord }[] = [];
  readonly unsubscribed: string[] = [];
  /** Who was to be unsubscribed, each time. */
  readonly asked: string[] = [];
  refused = new Set<string>();
  /** Which of the calls recorded activities. */
  readonly recordings: number[] = [];
  calls = 0;
  dieAt = Number.POSITIVE_INFINITY;
  dieAfterEffect = false;
  loseAt = Number.POSITIVE_INFINITY;
  readonly ledger = openLocalLedger({ path: ':memory:', keys: KEYS, mode: 'write' });

  constructor() {
    ledgers.push(this.ledger);
  }

  call<Result>(effect: () => Result): Result {
    this.calls += 1;
    if (this.calls === this.dieAt && !this.dieAfterEffect) throw new Crash();
    const result = effect();
    if (this.calls === this.dieAt) throw new Crash();
    return result;
  }

  #destination(): CampaignDestination {
    return {
      lacks: [],
      addressPaths: ['email'],
      listStatePath: (list) => `unsubscribed/${list}`,
      maxBatchActivities: 4,
      kinds: () => Promise.resolve(new Set(ACTIVITY_KINDS)),
      find: (key) => Promise.resolve(this.call(() => this.campaigns.get(key))),
      create: ({ key, description }) =>
        Promise.resolve(
          this.call(() => {
            const made = { id: `c${this.campaigns.size + 1}`, description };
            if (this.campaigns.has(key)) throw new ProviderError('PROVIDER_REFUSED', 'There is one.', { integration: 'crm' });
            this.campaigns.set(key, made);
            return made;
          }),
        ),
      describe: () => Promise.resolve(),
      record: (campaign, activities) =>
        Promise.resolve(
          this.call(() => {
            if (activities.some(({ record }) => this.refused.has(record)))
              return { status: 'failed' as const, code: 'PROVIDER_INVALID_VALUE', message: 'No.', retryable: false };
            this.recordings.push(this.calls);
            const ids = activities.map((activity) => {
              const id = `a${this.recorded.length + 1}`;
              this.recorded.push({ id, campaign, activity });
              return id;
            });
            return this.calls === this.loseAt
              ? { status: 'unknown' as const, message: 'No answer.' }
              : { status: 'applied' as const, ids };
          }),
        ),
      recorded: (campaign, activities) =>
        Promise.resolve(
          this.call(() => {
            const there = this.recorded.filter((one) => one.campaign === campaign);
            return activities.map((activity) => {
              const found = there.findIndex((one) => textOf(one.activity) === textOf(activity));
              return found < 0 ? undefined : there.splice(found, 1)[0]!.id;
            });
          }),
        ),
    };
  }

  active(): ActiveCampaignImport {
    const records = recordsOf(this);
    return {
      address: 'CampaignImport/news',
      generation: 1,
      specification: 'one',
      source: { integration: 'mail', client: sourceOf(this), lists: new Map([['News', '1']]) },
      destination: {
        integration: 'crm',
        object: 'contact',
        client: this.#destination(),
        records,
        kinds: new Set(ACTIVITY_KINDS),
        listState: { path: 'unsubscribed/News', client: records },
      },
      merges: [],
      purposes: new Map([['1', 'newsletter']]),
      ledger: this.ledger.campaignImport('CampaignImport/news'),
      common: this.ledger.link('CampaignImport/news'),
      keys: this.ledger.keys,
      clock: { now: () => NOW, sleep: () => Promise.resolve() },
      signal: new AbortController().signal,
      assertBudget: () => Promise.resolve(),
      memory: { sent: undefined, summaries: new Map() },
    };
  }

  async run(limits?: ImportLimits): Promise<ImportResult> {
    const active = this.active();
    await gather(active);
    return carryOut(active, `run ${this.calls}`, limits);
  }

  /** Everything that the destination holds, in one order. */
  get result(): readonly string[] {
    return [...this.recorded.map(({ campaign, activity }) => `${campaign} ${textOf(activity)}`), ...this.unsubscribed].toSorted();
  }
}

function sourceOf(world: World): CampaignSource {
  const at = (): Cursor => String(world.activities.length) as Cursor;
  return {
    findLists: () => Promise.resolve(new Map([['News', '1']])),
    async *sentTo() {
      yield world.call(() => [...new Set(world.activities.map(campaignOf))].map((id) => ({ id, name: `C${id}`, subject: '' })));
    },
    summary: () => Promise.resolve(world.call(() => SUMMARY)),
    news: (since) =>
      Promise.resolve(
        world.call(() => ({
          campaigns: since === undefined ? undefined : new Set(world.activities.slice(Number(since)).map(campaignOf)),
          cursor: at(),
        })),
      ),
    async *activities(campaign, since) {
      // One of the past comes again: pages shift, and reads overlap.
      const from = Math.max(0, Number(since ?? 0) - 1);
      const rows = world.call(() => world.activities.slice(from).filter((one) => campaignOf(one) === campaign));
      for (let start = 0; start < rows.length; start += 3) yield rows.slice(Math.max(0, start - 1), start + 3);
    },
    price: () => 3,
    async *people() {
      const rows = world.call(() => world.activities.map(({ person, email }) => ({ id: person, email })));
      yield { rows, cursor: at() };
    },
    async *optOuts(list) {
      const rows = world.call(() => (list === undefined ? [] : world.optOuts.map((one) => ({ ...one, at: undefined }))));
      yield { rows, cursor: at() };
    },
  };
}

function recordsOf(world: World): RecordClient {
  const client: Pick<RecordClient, 'read' | 'readByIds' | 'write' | 'writer' | 'price'> = {
    writer: { maxBatchRecords: 10, requiredOnCreate: [], createIsUpsert: true },
    price: { read: () => 1, readByIds: () => 2, write: (shapes) => shapes[0]!.count },
    async *read() {
      const records = world.call(() =>
        [...world.contacts].map(([id, email]): RemoteRecord => ({ id, values: { email: email.toUpperCase() } })),
      );
      yield { records, deletions: [], cursor: 'x' as Cursor };
    },
    async *readByIds(ids) {
      yield world.call(() =>
        ids
          .filter((id) => world.contacts.has(id))
          .map((id): RemoteRecord => {
            const state = world.unsubscribed.includes(id) ? 'unsubscribed' : 'subscribed';
            return { id, values: { 'unsubscribed/News': state } };
          }),
      );
    },
    write: (requests: readonly WriteRequest[]) =>
      Promise.resolve(
        world.call(() =>
          requests.map(({ id }): WriteOutcome => {
            world.asked.push(id!);
            if (!world.unsubscribed.includes(id!)) world.unsubscribed.push(id!);
            return { status: 'applied', id: id!, created: false, record: { id: id!, values: {} } };
          }),
        ),
      ),
  };
  return client as RecordClient;
}

function campaignOf({ key }: CampaignActivity): string {
  return key.split(' ')[0]!;
}

function textOf({ kind, record, at, details }: ActivityRecord): string {
  return [kind, record, at, details].join(' ');
}

const activity = (campaign: number, person: number, kind: CampaignActivity['kind'], second: number): CampaignActivity => ({
  key: `${campaign} ${person} ${kind} ${second}`,
  kind,
  person: `p${person}`,
  email: `Person${person}@Example.com`,
  at: `2026-11-0${(second % 9) + 1}T00:00:00.000Z`,
  details: '',
});

/** Three people of whom the CRM knows two, and two campaigns. */
function peopled(): World {
  const world = new World();
  world.contacts.set('r0', 'person0@example.com').set('r1', 'person1@example.com');
  for (const campaign of [1, 2]) {
    for (const person of [0, 1, 2]) {
      world.activities.push(activity(campaign, person, 'sent', 0), activity(campaign, person, 'opened', person));
    }
  }
  world.optOuts.push(
    { email: 'person1@example.com', why: 'unsubscribed' },
    { email: 'person0@example.com', why: 'undeliverable' },
  );
  return world;
}

describe('C13 an import that dies', () => {
  it('at any call, before or after its effect, ends as one that does not', async () => {
    const clean = peopled();
    expect((await clean.run()).converged).toBe(true);
    const calls = clean.calls;
    expect(clean.result).toHaveLength(10);

    for (let dieAt = 1; dieAt <= calls; dieAt += 1) {
      for (const dieAfterEffect of [false, true]) {
        const world = peopled();
        Object.assign(world, { dieAt, dieAfterEffect });
        await expect(world.run()).rejects.toBeInstanceOf(Crash);
        const { converged } = await world.run();
        expect(converged, `call ${dieAt}`).toBe(true);
        expect(world.result, `call ${dieAt}, ${dieAfterEffect ? 'after' : 'before'} its effect`).toEqual(clean.result);
      }
    }
  });

  it('loses no answer: what was sent and never answered is looked up by the next run', async () => {
    const clean = peopled();
    await clean.run();
    expect(clean.recordings.length).toBeGreaterThan(1);
    for (const loseAt of clean.recordings) {
      const world = peopled();
      world.loseAt = loseAt;
      const { unknown, converged } = await world.run();
      expect([unknown > 0, converged]).toEqual([true, false]);
      expect(await world.active().ledger.openBatches()).toHaveLength(1);
      await world.run();
      expect(world.result).toEqual(clean.result);
      expect(await world.active().ledger.openBatches()).toEqual([]);
    }
  });
});

describe('C13 an import over any history', () => {
  it('records each activity of a known person once, in whichever runs it comes', async () => {
    const step = fc.oneof(
      fc.record({
        campaign: fc.integer({ min: 1, max: 2 }),
        person: fc.integer({ min: 0, max: 3 }),
        kind: fc.constantFrom('sent' as const, 'opened' as const, 'clicked' as const),
        second: fc.integer({ min: 0, max: 5 }),
      }),
      fc.constant('run' as const),
      fc.record({ known: fc.integer({ min: 0, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const world = new World();
        for (const one of steps) {
          if (one === 'run') await world.run();
          else if ('known' in one) world.contacts.set(`r${one.known}`, `person${one.known}@example.com`);
          else {
            const added = activity(one.campaign, one.person, one.kind, one.second);
            if (!world.activities.some(({ key }) => key === added.key)) world.activities.push(added);
          }
        }
        await world.run();
        const before = world.result;
        const again = await world.run();

        const wanted = world.activities.filter(({ person }) => world.contacts.has(`r${person.slice(1)}`));
        expect(before).toHaveLength(wanted.length);
        expect(again).toMatchObject({ activities: 0, converged: true });
        expect(world.result).toEqual(before);
      }),
      { numRuns: 15 },
    );
  });
});

describe('C12 C13 what an import leaves', () => {
  it('what is refused stands alone in quarantine, and everything else is recorded', async () => {
    const world = peopled();
    world.refused.add('r1');
    const first = await world.run();
    const quarantined = await world.active().common.quarantined();
    const second = await world.run();

    expect(first).toMatchObject({ refused: 4, activities: 4 });
    expect(quarantined.map(({ end, key, code }) => [end, key, code])).toEqual(
      Array.from({ length: 4 }, () => ['activities', '#r1', 'PROVIDER_INVALID_VALUE']),
    );
    expect(second).toMatchObject({ refused: 0, activities: 0 });
  });

  it('nothing beyond what was reviewed is written; the rest waits for the next run', async () => {
    const world = peopled();
    const limited = await world.run({ campaigns: 1, activities: 3, optOuts: 0 });

    expect(limited).toMatchObject({ campaigns: { created: 1 }, activities: 3, optOuts: 0, converged: false });
    expect((await world.run()).converged).toBe(true);
    expect(world.result).toHaveLength(10);
  });

  it('whoever is unsubscribed from the list already is not unsubscribed once more', async () => {
    const world = peopled();
    for (const number of [3, 4, 5]) {
      world.contacts.set(`r${number}`, `person${number}@example.com`);
      world.optOuts.push({ email: `person${number}@example.com`, why: 'unsubscribed' });
    }
    world.unsubscribed.push('r3', 'r4');

    const first = await world.run();
    const again = await world.run();

    expect(world.asked.toSorted()).toEqual(['r0', 'r1', 'r5']);
    expect([first.optOuts, first.converged, again.optOuts]).toEqual([3, true, 0]);
  });

  it('E7 who unsubscribed is on the suppression list under the purpose, and a bounce is not', async () => {
    const world = peopled();
    await world.run();
    const { common, keys, ledger } = world.active();
    const names = [0, 1].map((person) => keys.keyHash('suppression', `person${person}@example.com`));
    const found = await common.suppressed(names, 'email', 'newsletter');

    expect([...found.keys()]).toEqual([names[1]!.toString('hex')]);
    expect((await ledger.counts()).peopleUnknown).toBe(1);
    expect((await assess(world.active())).counts.unknown).toBe(4);
  });
});
