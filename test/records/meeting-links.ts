import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import { runCycle, type CycleResult } from '../../src/records/cycle.ts';
import type { ActiveLink } from '../../src/records/link.ts';
import { field, type FakeEnd } from './fake-end.ts';
import { activeLink, linkUnderTest, type LinkUnderTest } from './link-under-test.ts';
import { MovingEnd } from './moving-end.ts';

const LEADS: MappingSpecification = {
  between: { l: 'x/lead', b: 'y/thing' },
  match: [{ l: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { l: 'Email', b: 'email', flow: 'both' },
    { l: 'First', b: 'first', flow: 'both' },
  ],
};

export interface MeetingLinks {
  readonly l: MovingEnd;
  readonly contacts: ActiveLink;
  readonly leads: ActiveLink;
  readonly under: LinkUnderTest;
  readonly cycles: (...links: readonly ActiveLink[]) => Promise<readonly CycleResult[]>;
}

/** As many vendors do: a second record with an address that is taken is refused, and the first one named. */
export function uniqueAddress(end: FakeEnd): (request: WriteRequest) => WriteOutcome | undefined {
  return ({ id, values }) => {
    const address = values['email'];
    const other = [...end.records].find(
      ([known, record]) => known !== id && !record.deleted && typeof address === 'string' && record.values['email'] === address,
    );
    if (other === undefined) return undefined;
    return { status: 'failed', code: 'DUPLICATE', message: 'is taken', retryable: false, duplicateOf: other[0] };
  };
}

/** Two links, of contacts (`a`) and of leads (`l`) of one system, that meet in one object of another (`b`). */
export function meetingLinks(
  specification: MappingSpecification,
  { a, b }: { readonly a: MovingEnd; readonly b: MovingEnd },
): MeetingLinks {
  const l = new MovingEnd([field('Email', { type: 'email' }), field('First')]);
  const under = linkUnderTest(specification, { a, b });
  const within = (link: ActiveLink, objects: Readonly<Record<string, readonly [string, string]>>): ActiveLink => {
    const [one, other] = link.ends.map((end) => ({
      ...end,
      integration: objects[end.name]![0],
      object: objects[end.name]![1],
    }));
    return { ...link, ends: [one!, other!] };
  };
  const places = { a: ['sf', 'Contact'], l: ['sf', 'Lead'], b: ['ac', 'contact'] } as const;
  const contacts = within(under.link, places);
  let [persons, runs] = [0, 0];
  const leads = within(
    activeLink(LEADS, { l, b }, under.ledger, under.link.keys, {
      address: 'Link/leads',
      clock: under.link.clock,
      ledger: under.ledger.link('Link/leads'),
      newPersonId: () => `lead-${(persons += 1)}`,
    }),
    places,
  );
  return {
    l,
    contacts,
    leads,
    under,
    async cycles(...links) {
      const results: CycleResult[] = [];
      for (const link of links) {
        under.advance(60_000);
        results.push(await runCycle(link, { run: `both-${(runs += 1)}`, allow: {}, sweep: false }));
      }
      return results;
    },
  };
}
