import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  Connection,
  JobHandle,
  RecordClient,
  RequestPages,
  WriteOutcome,
  WriteRequest,
} from '../../../src/providers/provider.ts';
import { resumed } from '../resumed.ts';
import { Account, applied, clientOf, collect, create, noJob, people, readAll } from './connected.ts';

const PATHS = ['email', 'status', 'field/FIRSTNAME', 'member/Newsletter', 'book/Newsletter'];

let account: Account;
let connection: Connection;
let client: RecordClient;

beforeAll(async () => {
  account = await Account.start();
});
afterAll(() => account.sandbox.close());

beforeEach(async () => {
  await account.reset();
  connection = account.connect();
  client = await clientOf(connection, PATHS);
  return () => connection.close();
});

function allOf(requests: readonly WriteRequest[]): RequestPages {
  return async function* () {
    yield requests;
  };
}

/** Writes requests together, in pages that cut through what belongs to one call. */
function together(requests: readonly WriteRequest[], onJob: (handle: JobHandle) => Promise<void> = noJob) {
  async function* pages(): AsyncGenerator<readonly WriteRequest[]> {
    for (let start = 0; start < requests.length; start += 11) yield requests.slice(start, start + 11);
  }
  return collect(client.bulk!.write(pages, onJob));
}

/** Everything that an import knows: new people, changes, opt-outs, whoever may not be mailed, and faults. */
async function everyKind(): Promise<readonly WriteRequest[]> {
  const known = (await client.write(people(30), noJob)).map((outcome) => applied(outcome).id);
  const suppressed = known.slice(0, 12).map((id) => ({ id: Number(id) }));
  await account.call('PUT', '/v2/contacts/suppress-contacts', suppressed);
  const update = (id: string, values: WriteRequest['values']): WriteRequest => ({ action: 'update', id, values });
  return [
    ...known.slice(0, 24).map((id, index) => update(id, { 'field/FIRSTNAME': `New${index}`, 'member/Newsletter': true })),
    ...known.slice(24).map((id) => update(id, { 'field/FIRSTNAME': null, 'book/Newsletter': 'unsubscribed' })),
    update('987654', { 'field/FIRSTNAME': 'x' }),
    create('no-address'),
    create('', { 'field/FIRSTNAME': 'x' }),
    ...Array.from({ length: 30 }, (_, index) => create(`new${index}@example.net`, { 'field/FIRSTNAME': `N${index}` })),
    create('out@example.net', { status: 'unsubscribed' }),
    create('left@example.net', { 'member/Newsletter': true, 'book/Newsletter': 'unsubscribed' }),
    // Somebody is there already.
    create('person14@example.net', { 'field/FIRSTNAME': 'Again' }),
    // The same contacts a second time.
    create('New3@example.net', { 'field/FIRSTNAME': 'Other' }),
    update(known[15]!, { 'field/FIRSTNAME': 'Other', 'book/Newsletter': 'unsubscribed' }),
  ];
}

function told(outcome: WriteOutcome): unknown {
  if (outcome.status !== 'applied') return outcome;
  const { id, created, record } = outcome;
  return { id, created, values: record.values, evidence: record.evidence !== undefined };
}

async function kept(): Promise<unknown> {
  return [...(await readAll(client)).records.values()]
    .map(({ id, values }) => ({ id, values }))
    .toSorted((one, other) => Number(one.id) - Number(other.id));
}

describe('C2 E6 an import of more than can be held at once', () => {
  it('makes of the contacts what a batch makes of them, by one import and one listing', async () => {
    const batch = await client.write(await everyKind(), noJob);
    const before = await kept();
    await account.reset();
    const requests = await everyKind();
    const [imports, listings] = [
      await account.callsTo(/^PUT \/contacts\/v3\/import/),
      await account.callsTo(/^GET \/contacts\/v3$/),
    ];
    const handles: JobHandle[] = [];

    const outcomes = await together(requests, async (handle) => void handles.push(handle));

    expect(outcomes.map(told)).toEqual(batch.map(told));
    expect(await account.callsTo(/^PUT \/contacts\/v3\/import/)).toBe(imports + 1);
    expect(await account.callsTo(/^GET \/contacts\/v3$/)).toBe(listings + 1);
    expect(handles).toHaveLength(1);
    expect(await kept()).toEqual(before);
  });

  it('takes what the importer can express, and leaves the rest to batches', async () => {
    const update = (values: WriteRequest['values'], before: WriteRequest['values'] = {}): WriteRequest => ({
      action: 'update',
      id: '7',
      values,
      before,
    });
    const taken: readonly WriteRequest[] = [
      create('ada@example.net', { 'field/FIRSTNAME': 'Ada' }),
      update({ 'field/FIRSTNAME': null }),
      update({ 'field/FIRSTNAME': 'Ada', 'book/Newsletter': 'unsubscribed' }),
    ];
    const left: readonly WriteRequest[] = [
      { action: 'delete', id: '7', values: {} },
      update({ 'book/Newsletter': 'unsubscribed' }),
      update({ 'field/FIRSTNAME': 'Ada', 'member/Newsletter': false }),
      update({ 'field/FIRSTNAME': 'Ada', status: 'subscribed' }, { status: 'unsubscribed' }),
      create(''),
    ];

    expect(await client.bulk!.takes([...taken, ...left])).toEqual([...taken.map(() => true), ...left.map(() => false)]);
  });

  it('sends a contact once, and what else goes to it by itself once the import has ended', async () => {
    const requests = [...people(12), create('Person3@example.net', { 'field/FIRSTNAME': 'Other' })];
    let handle: JobHandle | undefined;
    const outcomes = await together(requests, async (job) => void (handle = job));

    expect(outcomes.map((outcome) => applied(outcome).record.values['field/FIRSTNAME'])).toEqual([
      ...people(12).map((_, index) => `P${index}`),
      'Other',
    ]);
    expect(applied(outcomes.at(-1))).toMatchObject({ created: false, id: applied(outcomes[3]).id });
    expect(await account.callsTo(/^PATCH/)).toBe(1);
    // Of what went by itself, the import says nothing to who finds it again.
    expect((await resumed(client, handle, requests)).at(-1)).toMatchObject({ status: 'unknown' });
  });

  it('lets what else goes to a contact wait for an import that outlasts it', async () => {
    const slow = await Account.start(5, { importMs: 60 * 60_000 });
    const later = await clientOf(slow.connect(), PATHS);
    const requests = [...people(12), create('Person3@example.net', { 'field/FIRSTNAME': 'Other' })];

    let handle: JobHandle | undefined;
    const outcomes = [
      ...(await later.write(requests, async (job) => void (handle = job))),
      ...(await resumed(later, handle, requests)),
      ...(await collect(later.bulk!.write(allOf(requests), noJob))),
    ];

    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'pending'));
    expect(await slow.callsTo(/^PATCH/)).toBe(0);
    await slow.sandbox.close();
  });

  it('sends no second one where the answer to the first was lost', async () => {
    await account.control('faults', [{ match: { method: 'PUT', path: '/contacts/v3/import' }, kind: 'lost-response' }]);

    const outcomes = await together(people(20));

    expect(outcomes.map(({ status }) => status)).toEqual(people(20).map(() => 'unknown'));
    expect(await account.callsTo(/^PUT \/contacts\/v3\/import/)).toBe(1);
  });

  it('is found again by another process, which writes nothing and reads a listing', async () => {
    const requests = people(40);
    let handle: JobHandle | undefined;
    const killed = together(requests, (job) => {
      handle = job;
      return Promise.reject(new Error('killed'));
    });
    await expect(killed).rejects.toThrow('killed');
    const puts = await account.callsTo(/^PUT/);

    const outcomes = await resumed(client, handle, requests);

    for (const outcome of outcomes) expect(applied(outcome).created).toBe(true);
    expect(await account.callsTo(/^PUT/)).toBe(puts);
  });
});
