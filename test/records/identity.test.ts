import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview, type CycleResult } from '../../src/records/cycle.ts';
import { tombstone } from '../../src/records/detect.ts';
import { field, type FakeEnd } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';
import { meetingLinks, uniqueAddress } from './meeting-links.ts';
import { MovingEnd } from './moving-end.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [
    { a: 'Key', b: 'key' },
    { a: 'Email', b: 'email', normalize: 'email' },
    { a: ['First', 'Phone'], b: ['first', 'phone'], normalizeEach: ['text', 'digits'] },
  ],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
    { a: 'Phone', b: 'phone', flow: 'both' },
  ],
  consent: [{ purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' }],
};

function ends() {
  const a = new MovingEnd([
    field('Key'),
    field('Email', { type: 'email' }),
    field('First'),
    field('Phone'),
    field('OptOut', { type: 'boolean', optedOutWhen: true }),
  ]);
  const b = new MovingEnd([
    field('key'),
    field('email', { type: 'email' }),
    field('first'),
    field('phone'),
    field('list/News', { type: 'consent' }),
  ]);
  b.fate = uniqueAddress(b);
  return { a, b };
}

let open: LinkUnderTest | undefined;
afterEach(async () => {
  await open?.dispose();
  open = undefined;
});

async function linked(count = 1) {
  const { a, b } = ends();
  const ids = Array.from({ length: count }, (_, index) =>
    a.add({ Email: `p${index}@example.org`, First: `P${index}`, Phone: `100${index}`, OptOut: false }),
  );
  open = linkUnderTest(SPECIFICATION, { a, b });
  await open.cycle();
  return { a, b, ids, link: open };
}

const emails = (end: FakeEnd, path: string): readonly unknown[] =>
  end
    .live()
    .map((values) => String(values[path] ?? '').toLowerCase())
    .toSorted();

async function settled(link: LinkUnderTest, cycles = 6): Promise<CycleResult> {
  let last = await link.cycle();
  for (let cycle = 0; cycle < cycles && !last.converged; cycle += 1) last = await link.cycle();
  return last;
}

describe('E6 match keys in order', () => {
  test('the external id decides first, then the address, then name and phone together', async () => {
    const { a, b } = ends();
    a.add({ Key: 'k1', Email: 'one@example.org', First: 'One' });
    a.add({ Email: 'Two@Example.org', First: 'Two' });
    a.add({ First: 'Thea  Smith', Phone: '+1 (555) 0100' });
    b.add({ key: 'k1', email: 'other@example.org', first: 'One' });
    b.add({ email: 'two@example.org', first: 'Zwei' });
    b.add({ first: 'thea smith', phone: '15550100' });
    open = linkUnderTest(SPECIFICATION, { a, b });

    const result = await settled(open);

    expect(result.converged).toBe(true);
    expect(a.live()).toHaveLength(3);
    expect(b.live()).toHaveLength(3);
    expect(emails(b, 'email')).toEqual(emails(a, 'Email'));
    expect(await open.link.ledger.countLinked()).toBe(3);
  });

  test('a key of several fields needs all of them', async () => {
    const { a, b } = ends();
    a.add({ First: 'Thea' });
    b.add({ first: 'Thea', email: 'thea@example.org' });
    open = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: 'nobody', b: 'nobody' } });

    await open.cycle();

    expect(await open.link.ledger.countLinked()).toBe(0);
    expect((await open.link.ledger.waiting()).map((row) => row.reason)).toEqual(['no-match-key', 'not-entered']);
  });

  test('candidates of who is ambiguous are named', async () => {
    const { a, b } = ends();
    a.add({ Email: 'twin@example.org', First: 'One' });
    a.add({ Email: 'twin@example.org', First: 'Two' });
    b.add({ email: 'twin@example.org', first: 'Twin' });
    open = linkUnderTest(SPECIFICATION, { a, b });

    const result = await open.cycle();

    expect(result.conflicts).toBe(3);
    expect(await open.link.ledger.rivals('b', 'r1', 10)).toEqual([
      { end: 'a', remoteId: 'r1', linked: false },
      { end: 'a', remoteId: 'r2', linked: false },
    ]);
    expect([a.writes, b.writes]).toEqual([0, 0]);
    expect((await open.cycle()).conflicts).toBe(0);
  });

  test('who was held back for not entering is matched when the partner appears, and not made twice', async () => {
    const { a, b } = ends();
    a.add({ Email: 'late@example.org', First: 'Late' });
    open = linkUnderTest(SPECIFICATION, { a, b }, { enter: { a: 'nobody', b: 'everyone' } });
    await open.cycle();
    b.add({ email: 'late@example.org', first: 'Late' });

    await settled(open);

    expect(a.live()).toHaveLength(1);
    expect(await open.link.ledger.countLinked()).toBe(1);
  });
});

describe('E6 a known reference outranks the keys', () => {
  test('a changed address is an update, and no second person', async () => {
    const { a, b, ids, link } = await linked();
    a.edit(ids[0]!, { Email: 'new@example.org' });

    await settled(link);

    expect(emails(b, 'email')).toEqual(['new@example.org']);
    expect(await link.link.ledger.countLinked()).toBe(1);
  });

  test('an address that both records of a person have left is free, although the change of one is refused', async () => {
    const { a, b, ids, link } = await linked(2);
    a.edit(ids[0]!, { Email: 'p1@example.org' });
    b.edit('r1', { email: 'left@example.org' });
    await settled(link);
    a.add({ Email: 'p0@example.org', First: 'New', OptOut: false });

    const result = await settled(link);

    expect(await link.link.ledger.quarantined()).toHaveLength(1);
    expect(result).toMatchObject({ conflicts: 0, converged: true });
    expect(emails(b, 'email')).toEqual(['left@example.org', 'p0@example.org', 'p1@example.org']);
  });

  test('an address that another person has is refused by the vendor, and merges nobody', async () => {
    const { a, b, ids, link } = await linked(2);
    a.edit(ids[0]!, { Email: 'p1@example.org' });

    const result = await link.cycle();

    expect(result.quarantined).toBe(1);
    expect(await link.link.ledger.countLinked()).toBe(2);
    expect([a.live().length, b.live().length]).toEqual([2, 2]);
    expect(emails(b, 'email')).toEqual(['p0@example.org', 'p1@example.org']);
  });
});

describe('E6 records that come back', () => {
  test('are linked to their person again, with the agreement of before', async () => {
    const { a, b, ids, link } = await linked();
    a.remove(ids[0]!);
    await settled(link);
    b.edit('r1', { phone: '999' });
    await settled(link);
    a.restore(ids[0]!);
    a.edit(ids[0]!, { First: 'Edited' });

    const result = await settled(link);

    expect(result.converged).toBe(true);
    expect(await link.link.ledger.countLinked()).toBe(1);
    expect(a.get(ids[0]!)).toMatchObject({ Phone: '999', First: 'Edited' });
    expect(b.live()).toMatchObject([{ phone: '999', first: 'Edited' }]);
  });

  test('with another address are the same person still, where ids are final', async () => {
    const { a, b, ids, link } = await linked();
    a.remove(ids[0]!);
    await settled(link);
    a.restore(ids[0]!);
    a.edit(ids[0]!, { Email: 'moved@example.org', Phone: '7', First: 'M' });

    await settled(link);

    expect(emails(b, 'email')).toEqual(['moved@example.org']);
  });

  test('do not undo a new match of the partner', async () => {
    const { a, b, ids, link } = await linked();
    a.remove(ids[0]!);
    await settled(link);
    a.add({ Email: 'p0@example.org', First: 'Again' });
    await settled(link);
    a.restore(ids[0]!);

    await settled(link);

    expect(b.live()).toHaveLength(1);
    expect(await link.link.ledger.countLinked()).toBe(1);
    expect((await link.link.ledger.waiting()).map((row) => [row.remoteId, row.reason])).toEqual([[ids[0], 'ambiguous']]);
  });
});

describe('E6 a person decides that two records are one', () => {
  async function ambiguous() {
    const { a, b } = ends();
    const twins = ['Una', 'Vera'].map((First) => a.add({ Email: 'twin@example.org', First }));
    b.add({ email: 'twin@example.org', first: 'Vera' });
    open = linkUnderTest(SPECIFICATION, { a, b });
    const { link } = open;
    await open.cycle();
    expect(await link.ledger.countLinked()).toBe(0);
    const [atA, atB] = link.ends;
    const decide = (): Promise<void> =>
      link.ledger.identify('decided', [
        { ...atA, remoteId: twins[1]! },
        { ...atB, remoteId: 'r1' },
      ]);
    return { a, b, twins, decide, link: open };
  }

  test('and the next cycle links them, although the key tells neither', async () => {
    const { a, b, twins, decide, link } = await ambiguous();
    await decide();
    a.edit(twins[1]!, { Phone: '7' });

    await settled(link);

    expect(b.live()).toMatchObject([{ first: 'Vera', phone: '7' }]);
    expect(await link.link.ledger.countLinked()).toBe(1);
    expect((await link.link.ledger.waiting()).map(({ remoteId }) => remoteId)).toEqual([twins[0]]);
  });

  test.each(['a feed', 'a sweep'])('which is forgotten with one of them, of whose end %s tells', async (how) => {
    const { a, b, twins, decide, link } = await ambiguous();
    if (how === 'a sweep') {
      for (const id of twins) a.records.delete(id);
      await link.cycle({ sweep: true });
    }
    await decide();
    if (how === 'a feed') for (const id of twins) a.remove(id);

    for (let cycle = 0; cycle < 2; cycle += 1) await link.cycle({ sweep: how === 'a sweep' });

    expect(emails(a, 'Email')).toEqual(emails(b, 'email'));
    expect(await link.link.ledger.waiting()).toEqual([]);
  });
});

describe('E6 ids that are used again', () => {
  async function reusing() {
    const { a, b } = ends();
    a.idsReused = true;
    const id = a.add({ Email: 'old@example.org', First: 'Old', Phone: '1' });
    open = linkUnderTest(SPECIFICATION, { a, b });
    await open.cycle();
    return { a, b, id, link: open };
  }

  test('name somebody else after the tombstone was dealt with', async () => {
    const { a, b, id, link } = await reusing();
    a.remove(id);
    await settled(link);
    a.reuse(id, { Email: 'new@example.org', First: 'New', Phone: '2' });

    await settled(link);

    expect(b.live()).toMatchObject([
      { email: 'old@example.org', first: 'Old' },
      { email: 'new@example.org', first: 'New' },
    ]);
  });

  test('do not bring the tombstone down on the new record', async () => {
    const { a, b, id, link } = await reusing();
    const [known] = await link.link.ledger.linked(undefined, 1);
    await link.link.ledger.stage('a', [tombstone(link.link.ends[0], id, known!.person, undefined)], [], undefined);
    a.reuse(id, { Email: 'new@example.org', First: 'New', Phone: '2' });

    await settled(link);

    expect(b.live()).toMatchObject([
      { email: 'old@example.org', first: 'Old' },
      { email: 'new@example.org', first: 'New' },
    ]);
    expect(a.live()).toMatchObject([{ Email: 'new@example.org' }]);
    expect(await link.link.ledger.countLinked()).toBe(1);
  });
});

describe('E6 merged records', () => {
  test('whose survivor is unknown hand their person over', async () => {
    const { a, b, ids, link } = await linked();
    const winner = a.add({ Email: 'winner@example.org', First: 'P0', Phone: '1000', OptOut: false });
    a.merge(ids[0]!, winner);

    await settled(link);

    expect(emails(b, 'email')).toEqual(['winner@example.org']);
    expect(await link.link.ledger.countLinked()).toBe(1);
  });

  test('leave the partner of the loser alone, unlinked, where both were linked', async () => {
    const { a, b, ids, link } = await linked(2);
    a.merge(ids[0]!, ids[1]!);

    const result = await settled(link);

    expect(result.converged).toBe(true);
    expect(emails(b, 'email')).toEqual(['p0@example.org', 'p1@example.org']);
    expect(a.live()).toHaveLength(1);
    expect(await link.link.ledger.countLinked()).toBe(1);
    expect(await link.link.ledger.waiting()).toEqual([]);
  });

  test('are followed along a chain, over records that nobody knew', async () => {
    const { a, b, ids, link } = await linked();
    const middle = a.add({ Email: 'middle@example.org', First: 'Middle' });
    const last = a.add({ Email: 'last@example.org', First: 'Last' });
    a.merge(ids[0]!, middle);
    a.merge(middle, last);

    await settled(link);

    expect(emails(b, 'email')).toEqual(['last@example.org']);
  });

  test('take what was refused with them', async () => {
    const { a, b, ids, link } = await linked(2);
    a.edit(ids[0]!, { OptOut: true });
    await settled(link);
    a.merge(ids[0]!, ids[1]!);

    await settled(link);

    expect(a.get(ids[1]!)).toMatchObject({ OptOut: true });
    expect(b.get('r2')).toMatchObject({ 'list/News': 'unsubscribed' });
  });

  test('are seen by a plan as they will be followed', async () => {
    const { a, ids, link } = await linked();
    const winner = a.add({ Email: 'winner@example.org', First: 'P0', Phone: '1000', OptOut: false });
    a.merge(ids[0]!, winner);

    const seen = await preview({ ...link.link, ledger: link.previewLedger().link('Link/test') }, 'new', 10);

    expect(seen.assessment.records).toMatchObject([
      { end: 'b', action: 'update', fields: { email: { after: 'winner@example.org' } } },
    ]);
  });
});

describe('E6 two links that meet in one record', () => {
  function meeting() {
    const { a, b } = ends();
    const found = meetingLinks({ ...SPECIFICATION, consent: [] }, { a, b });
    open = found.under;
    return { a, b, ...found };
  }

  test('make nobody twice: who is a lead is not created as a contact', async () => {
    const { a, b, l, contacts, leads, cycles } = meeting();
    l.add({ Email: 'lead@example.org', First: 'Lead' });
    a.add({ Email: 'contact@example.org', First: 'Contact' });

    for (let round = 0; round < 3; round += 1) await cycles(leads, contacts);

    expect(emails(a, 'Email')).toEqual(['contact@example.org']);
    expect(emails(l, 'Email')).toEqual(['lead@example.org']);
    expect(emails(b, 'email')).toEqual(['contact@example.org', 'lead@example.org']);
  });

  test('keep one person for a contact and a lead that share one record', async () => {
    const { a, b, l, contacts, leads, cycles } = meeting();
    a.add({ Email: 'both@example.org', First: 'Both' });
    l.add({ Email: 'both@example.org', First: 'Both' });

    await cycles(contacts, leads, contacts, leads);

    expect(b.live()).toHaveLength(1);
    const [one] = await contacts.ledger.linked(undefined, 10);
    const [other] = await leads.ledger.linked(undefined, 10);
    expect(one!.person).toBe(other!.person);
  });

  test('a lead that is converted to the contact of somebody else leaves that contact with its person', async () => {
    const { a, b, l, contacts, leads, cycles } = meeting();
    l.add({ Email: 'four@example.org' });
    b.add({ email: 'one@example.org' });
    const contact = a.add({ Email: 'four@example.org' });
    await cycles(leads, contacts, leads);
    const other = l.ids().find((id) => l.get(id)['Email'] === 'one@example.org')!;
    const linked = async (link: typeof leads) =>
      (await link.ledger.linked(undefined, 10)).map(({ person, agreed }) => `${agreed['b']!.remoteId} ${person}`);
    const before = await linked(contacts);

    l.convert(other, { object: 'Contact', id: contact });
    for (let round = 0; round < 3; round += 1) await cycles(leads, contacts);

    expect(await linked(contacts)).toEqual(before);
    expect(await linked(leads)).toEqual(before);
  });

  test('a record whose person another link knows is not taken for one that was made and not answered', async () => {
    const { a, b, l, contacts, leads, cycles } = meeting();
    const lead = l.add({ Email: 'lead@example.org' });
    await cycles(leads, contacts);
    a.add({ Email: 'new@example.org' });
    b.fate = ({ action }) => (action === 'create' ? { status: 'unknown', message: 'no answer' } : undefined);
    await cycles(contacts);
    b.fate = () => undefined;
    const contact = a.add({ Email: 'lead@example.org' });
    l.convert(lead, { object: 'Contact', id: contact });
    await cycles(leads);
    b.edit('r1', { email: 'new@example.org' });

    await cycles(contacts, leads, contacts);

    const linked = await contacts.ledger.linked(undefined, 10);
    const partners = linked.map(({ agreed }) => [a.get(agreed['a']!.remoteId)['Email'], agreed['b']!.remoteId]);
    expect(Object.fromEntries(partners)).toEqual({ 'lead@example.org': 'r1', 'new@example.org': 'r2' });
    expect(emails(b, 'email')).toEqual(['lead@example.org', 'new@example.org']);
  });

  test.each(['leads first', 'contacts first'])('a lead that becomes a contact stays the person it was, %s', async (order) => {
    const { a, b, l, contacts, leads, cycles } = meeting();
    const lead = l.add({ Email: 'lead@example.org', First: 'Lead' });
    await cycles(leads, contacts);
    const before = (await leads.ledger.linked(undefined, 10))[0]!.person;

    const contact = a.add({ Email: order === 'leads first' ? 'other@example.org' : 'lead@example.org', First: 'Lead' });
    l.convert(lead, { object: 'Contact', id: contact });
    const both = order === 'leads first' ? [leads, contacts] : [contacts, leads];
    for (let round = 0; round < 3; round += 1) await cycles(...both);

    expect([a.live().length, l.live().length, b.live().length]).toEqual([1, 0, 1]);
    expect(await leads.ledger.countLinked()).toBe(0);
    expect((await contacts.ledger.linked(undefined, 10)).map(({ person }) => person)).toEqual([before]);
    expect(emails(b, 'email')).toEqual(emails(a, 'Email'));
    const again = await cycles(...both);
    expect(again.map((result) => result.converged)).toEqual([true, true]);
  });
});
