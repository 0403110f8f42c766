import { afterEach, describe, expect, test } from 'vitest';
import type { RecordClient } from '../../src/providers/provider.ts';
import type { RemoteRecord } from '../../src/model/value.ts';
import type { FakeEnd } from './fake-end.ts';
import { twoEnds, type TwoEnds } from './two-ends.ts';

let open: TwoEnds | undefined;
afterEach(async () => open?.under.dispose());

const HOUR = 3_600;
const BEGIN = Date.UTC(2026, 0, 1) / 1_000;

/** The end says when it was told of a consent: with the last edit. */
function withEvidence(end: FakeEnd): RecordClient {
  const client = end.client();
  const dated = (record: RemoteRecord): RemoteRecord => ({ ...record, evidence: { 'list/News': record.modifiedAt! } });
  return {
    ...client,
    async *read(...asked) {
      for await (const page of client.read(...asked)) yield { ...page, records: page.records.map(dated) };
    },
    async *readByIds(...asked) {
      for await (const page of client.readByIds(...asked)) yield page.map(dated);
    },
  };
}

/** Ann, who is out at both ends, subscribes at end b an hour later; nobody answers the write that tells end a. */
async function annSubscribes(arrives: boolean) {
  open = twoEnds({}, withEvidence);
  const { a, b, under } = open;
  [a.tick, b.tick] = [BEGIN, BEGIN];
  const ann = a.add({ Email: 'ann@x.org', First: 'Ann', City: 'Rome', OptOut: true });
  await under.cycle();
  b.tick += HOUR;
  b.edit('r1', { 'list/News': 'subscribed' });
  a.fate = ({ action }) => {
    if (action !== 'update') return undefined;
    return arrives ? 'lost' : { status: 'unknown', message: 'no answer' };
  };
  await under.cycle();
  expect(a.get(ann)).toMatchObject({ OptOut: !arrives });
  a.fate = () => undefined;
  a.tick += 2 * HOUR;
  return { a, b, ann, cycle: () => under.cycle(), brokenCycle: () => under.brokenCycle() };
}

describe('E7 a consent whose write nobody answered', () => {
  test('stays withdrawn where somebody withdrew it since', async () => {
    const { a, b, ann, cycle } = await annSubscribes(true);
    a.edit(ann, { OptOut: true, City: 'Bern' });

    await cycle();
    await cycle();

    expect(a.get(ann)).toMatchObject({ OptOut: true, City: 'Bern' });
    expect(b.get('r1')).toMatchObject({ 'list/News': 'unsubscribed', city: 'Bern' });
  });

  test('stays withdrawn where somebody withdrew it after a cycle that broke off had found it', async () => {
    const { a, b, ann, cycle, brokenCycle } = await annSubscribes(true);
    await brokenCycle();
    a.edit(ann, { OptOut: true });

    await cycle();
    await cycle();

    expect(a.get(ann)).toMatchObject({ OptOut: true });
    expect(b.get('r1')).toMatchObject({ 'list/News': 'unsubscribed' });
  });

  test('is carried where the write never arrived', async () => {
    const { a, b, ann, cycle } = await annSubscribes(false);

    await cycle();

    expect(a.get(ann)).toMatchObject({ OptOut: false });
    expect(b.get('r1')).toMatchObject({ 'list/News': 'subscribed' });
  });
});
