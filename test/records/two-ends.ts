import type { MappingSpecification } from '../../src/mapping/specification.ts';
import type { RecordClient } from '../../src/providers/provider.ts';
import type { ActiveLink } from '../../src/records/link.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

/** A small mapping with a two-way field, a one-way one, a computed one and consent. */
const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
    { a: 'City', b: 'city', flow: 'both' },
    { a: 'Company', b: 'company', flow: 'to-b' },
    { b: 'source', flow: 'to-b', value: '"crm"' },
  ],
  consent: [{ purpose: 'news', channel: 'email', a: 'OptOut', b: 'list/News', authority: 'b' }],
};

export interface TwoEnds {
  readonly a: FakeEnd;
  readonly b: FakeEnd;
  readonly under: LinkUnderTest;
}

/** @param clientOf what the link sees of the end `b` */
export function twoEnds(overrides: Partial<ActiveLink> = {}, clientOf = (end: FakeEnd): RecordClient => end.client()): TwoEnds {
  const a = new FakeEnd([
    field('Email', { type: 'email' }),
    field('First'),
    field('City'),
    field('Company'),
    field('OptOut', { type: 'boolean', optedOutWhen: true }),
  ]);
  const b = new FakeEnd(
    [
      field('email', { type: 'email' }),
      field('first'),
      field('city'),
      field('company'),
      field('source'),
      field('list/News', { type: 'consent' }),
    ],
    ['email'],
  );
  a.normalise = (path, value) => (path === 'OptOut' ? (value ?? false) : value);
  return { a, b, under: linkUnderTest(SPECIFICATION, { a, b: { fields: b.fields, client: () => clientOf(b) } }, overrides) };
}
