/**
 * Random histories of a contact database, a lead database and the marketing list that both are linked to. What is
 * held against them: a known reference outranks the keys, nobody has two persons, and nobody who is linked is lost.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { ActiveLink } from '../../src/records/link.ts';
import { field } from './fake-end.ts';
import { meetingLinks, uniqueAddress } from './meeting-links.ts';
import { MovingEnd } from './moving-end.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
  ],
};

type EndName = 'a' | 'l' | 'b';
const ADDRESSES = ['one', 'two', 'three', 'four'].map((name) => `${name}@example.org`);

const end = fc.constantFrom<EndName>('a', 'a', 'l', 'b');
const record = fc.nat(5);
const address = fc.constantFrom(...ADDRESSES);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), end, address }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), end, record, address }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), end, record }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restore' as const), end, record }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reuse' as const), record, address }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), end, record, other: record }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('convert' as const), record, other: fc.option(record, { nil: undefined }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('cycle' as const), links: fc.constantFrom('contacts', 'leads', 'both') }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A link's pairs: which record of the one end stands for which of the other, and whose they are. */
type Pairs = ReadonlyMap<string, { readonly partner: string; readonly person: string }>;

async function pairsOf(link: ActiveLink): Promise<Pairs> {
  const [left, right] = link.ends.map(({ name }) => name);
  const linked = await link.ledger.linked(undefined, 100);
  return new Map(
    linked.map(({ person, agreed }) => [agreed[left!]!.remoteId, { partner: agreed[right!]!.remoteId, person }] as const),
  );
}

function at<Item>(items: readonly Item[], index: number): Item | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

class World {
  readonly ends: Readonly<Record<EndName, MovingEnd>>;
  readonly meeting: ReturnType<typeof meetingLinks>;
  /** Records whose own fate may part them from their partner: deleted, merged, converted, or used for somebody else. */
  readonly touched = new Set<string>();

  constructor() {
    const a = new MovingEnd([field('Email', { type: 'email' }), field('First')]);
    const b = new MovingEnd([field('email', { type: 'email' }), field('first')]);
    b.fate = uniqueAddress(b);
    b.idsReused = true;
    this.meeting = meetingLinks(SPECIFICATION, { a, b });
    this.ends = { a, l: this.meeting.l, b };
  }

  address(name: EndName, value: string): Readonly<Record<string, string>> {
    return { [name === 'b' ? 'email' : 'Email']: value };
  }

  deleted(name: EndName): readonly string[] {
    return [...this.ends[name].records].filter(([, { deleted }]) => deleted).map(([id]) => id);
  }

  taken(value: string): boolean {
    return this.ends.b.live().some((values) => values['email'] === value);
  }

  act(one: Exclude<Step, { readonly do: 'cycle' }>): void {
    const { a, l, b } = this.ends;
    const touch = (name: EndName, id: string): void => void this.touched.add(`${name} ${id}`);
    switch (one.do) {
      case 'add':
        if (one.end === 'b' && this.taken(one.address)) return;
        this.ends[one.end].add(this.address(one.end, one.address));
        return;
      case 'move': {
        const id = at(this.ends[one.end].ids(), one.record);
        if (id === undefined || (one.end === 'b' && this.taken(one.address))) return;
        this.ends[one.end].edit(id, this.address(one.end, one.address));
        return;
      }
      case 'remove': {
        const id = at(this.ends[one.end].ids(), one.record);
        if (id === undefined) return;
        this.ends[one.end].remove(id);
        touch(one.end, id);
        return;
      }
      case 'restore': {
        const id = at(this.deleted(one.end), one.record);
        const own = id === undefined ? undefined : this.ends[one.end].get(id)['email'];
        if (id === undefined || (one.end === 'b' && this.taken(String(own)))) return;
        this.ends[one.end].converted.delete(id);
        this.ends[one.end].restore(id);
        return;
      }
      case 'reuse': {
        const id = at(this.deleted('b'), one.record);
        if (id === undefined || this.taken(one.address)) return;
        b.reuse(id, { email: one.address });
        return;
      }
      case 'merge': {
        const [loser, winner] = [at(this.ends[one.end].ids(), one.record), at(this.ends[one.end].ids(), one.other)];
        if (loser === undefined || winner === undefined || loser === winner) return;
        this.ends[one.end].merge(loser, winner);
        touch(one.end, loser);
        return;
      }
      case 'convert': {
        const lead = at(l.ids(), one.record);
        if (lead === undefined) return;
        const known = one.other === undefined ? undefined : at(a.ids(), one.other);
        const contact = known ?? a.add({ Email: l.get(lead)['Email']! });
        l.convert(lead, { object: 'Contact', id: contact });
        touch('l', lead);
      }
    }
  }

  async cycle(which: 'contacts' | 'leads' | 'both'): Promise<void> {
    const { contacts, leads, cycles } = this.meeting;
    const links = which === 'contacts' ? [contacts] : which === 'leads' ? [leads] : [leads, contacts];
    const before = await Promise.all([contacts, leads].map(pairsOf));
    await cycles(...links);
    const [ofContacts, ofLeads] = await Promise.all([contacts, leads].map(pairsOf));
    this.holdLinked('a', before[0]!, ofContacts!);
    this.holdLinked('l', before[1]!, ofLeads!);
    this.holdOnePerson(ofContacts!, ofLeads!);
  }

  /** Who was linked is linked to the same record still, whatever the addresses say, where nothing became of either record. */
  holdLinked(name: EndName, before: Pairs, after: Pairs): void {
    for (const [id, { partner }] of before) {
      if (this.touched.has(`${name} ${id}`) || this.touched.has(`b ${partner}`)) continue;
      expect(after.get(id)?.partner, `${name} ${id} was linked to b ${partner}`).toBe(partner);
    }
  }

  /** One record, one person: in both links, and with one record of each end. */
  holdOnePerson(...links: readonly Pairs[]): void {
    const owners = new Map<string, string>();
    for (const pairs of links) {
      const partners = [...pairs.values()].map(({ partner }) => partner);
      expect(new Set(partners).size).toBe(partners.length);
      expect(new Set([...pairs.values()].map(({ person }) => person)).size).toBe(pairs.size);
      for (const { partner, person } of pairs.values()) {
        expect(owners.get(partner) ?? person, `b ${partner} is one person`).toBe(person);
        owners.set(partner, person);
      }
    }
  }

  writes(): number {
    return Object.values(this.ends).reduce((sum, { writes }) => sum + writes, 0);
  }
}

test('E6 identity holds through any history of merges, conversions, deletions, reused ids and changed addresses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 22 }), async (steps) => {
      const world = new World();
      try {
        for (const one of steps) await (one.do === 'cycle' ? world.cycle(one.links as 'both') : world.act(one));
        for (let round = 0; round < 4; round += 1) await world.cycle('both');
        const writes = world.writes();
        await world.cycle('both');
        expect(world.writes(), 'nothing is left to write').toBe(writes);
      } finally {
        await world.meeting.under.dispose();
      }
    }),
    { numRuns: 25, seed: 20_260_102 },
  );
});
