/**
 * Links of marketing lists and address books: an `AddressBookLink` is a `Link` with the ends `list` and `book` and a
 * mapping of its own, which the record loop runs like any other. Here it becomes one, every default filled in.
 */
import { createHash } from 'node:crypto';
import type { Configuration, Declaration } from '../config/configuration.ts';
import { canonicalSpecification } from '../config/configuration.ts';
import type { AddressBookField } from '../config/generated/documents.ts';
import type { Attributes } from '../model/plan.ts';
import type { FieldSpecification, MappingSpecification } from '../mapping/specification.ts';
import type { MembershipTraits } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { LinkSpecification } from './active-links.ts';

export type AddressBookLinkDeclaration = Declaration<'AddressBookLink'>;

/** An end of an address book link as its vendor knows it. */
interface ListPlace {
  readonly provider: string;
  readonly object: string;
  readonly traits: MembershipTraits;
}

export interface AddressBookPlaces {
  readonly list: ListPlace;
  readonly book: ListPlace;
}

/** Where the list and the address book are; absent what the vendor has no such thing for. */
export function placesOf(document: AddressBookLinkDeclaration, configuration: Configuration): Partial<AddressBookPlaces> {
  const { list, addressBook } = document.spec;
  const listPlace = placeOf(configuration, list.integration, 'list', [list.object]);
  const bookPlace = placeOf(configuration, addressBook.integration, 'book', undefined);
  return { ...(listPlace === undefined ? {} : { list: listPlace }), ...(bookPlace === undefined ? {} : { book: bookPlace }) };
}

function placeOf(
  configuration: Configuration,
  integration: string,
  role: MembershipTraits['role'],
  objects: readonly string[] | undefined,
): ListPlace | undefined {
  const provider = configuration.integrations.get(integration)?.spec.provider;
  const catalog = provider === undefined ? undefined : PROVIDERS[provider]?.catalog;
  for (const object of objects ?? catalog?.objects ?? []) {
    const traits = catalog?.memberships?.(object);
    if (traits?.role === role) return { provider: provider!, object, traits };
  }
  return undefined;
}

/** The mapping that an address book link implies. Its own fields come first, in the order in which they are declared. */
export function impliedMapping({ spec }: AddressBookLinkDeclaration, { list, book }: AddressBookPlaces): MappingSpecification {
  const email = emailPath(spec, list.traits);
  const unsubscribed =
    spec.list.unsubscribed ?? (spec.list.criteria === undefined ? list.traits.consent(spec.list.name) : undefined);
  const { accountConsent } = book.traits;
  const { authority } = spec.consent;
  const consent = (purpose: string, paths: Readonly<Record<string, string | null>>) => ({
    purpose,
    channel: 'email',
    flow: 'both',
    ...paths,
  });
  return {
    between: { list: `${list.provider}/${list.object}`, book: `${book.provider}/${book.object}` },
    match: [{ list: email, book: book.traits.email, normalize: 'email' }],
    fields: [
      ...fieldsOf(spec, { list, book }).map((field) => fieldOf(field, book.traits)),
      { list: email, book: book.traits.email, flow: spec.createEntities ? 'both' : 'to-book', createOnly: false },
      { book: book.traits.member(spec.addressBook.name), flow: 'to-book', value: 'true', createOnly: false },
    ],
    consent: [
      {
        // A list that keeps no opt-outs is told none, and those of the book hold all the same.
        ...consent(spec.consent.purpose ?? purposeOf(spec.addressBook.name), {
          list: unsubscribed ?? null,
          book: book.traits.consent(spec.addressBook.name),
        }),
        authority: unsubscribed === undefined ? 'book' : authority,
        // A field of the user's own is an ordinary boolean; marks of a list say themselves what they mean.
        ...(spec.list.unsubscribed === undefined ? {} : { optedOutWhen: { list: true } }),
      },
      ...(accountConsent === undefined ? [] : [{ ...consent('all', { book: accountConsent }), authority: 'book' }]),
    ],
  };
}

export function emailPath(spec: AddressBookLinkDeclaration['spec'], traits: MembershipTraits): string {
  return spec.list.email ?? traits.email;
}

/** The fields that a link declares, or those that every link has unless it does. */
export function fieldsOf(
  spec: AddressBookLinkDeclaration['spec'],
  { list, book }: AddressBookPlaces,
): readonly AddressBookField[] {
  if (spec.fields !== undefined) return spec.fields;
  const { first, last } = list.traits.names;
  const { first: bookFirst, last: bookLast, full } = book.traits.names;
  return [
    { list: first, book: bookFirst, flow: 'both' },
    { list: last, book: bookLast, flow: 'both' },
    ...(full === undefined ? [] : [{ list: [first, last], book: full, flow: 'to-book' } satisfies AddressBookField]),
  ];
}

function fieldOf({ list, book, flow, as }: AddressBookField, traits: MembershipTraits): FieldSpecification {
  const path = traits.field(book);
  const rest = { flow, createOnly: false, ...(as === undefined ? {} : { as }) };
  const [only, ...more] = typeof list === 'string' ? [list] : list;
  return more.length === 0 ? { list: only!, book: path, ...rest } : { book: path, ...rest, value: joined([only!, ...more]) };
}

/** Values joined by a blank, those that are blank left out. */
function joined(paths: readonly string[]): string {
  const parts = paths.map((path) =>
    /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(path) ? `list.${path}` : `list[${JSON.stringify(path)}]`,
  );
  return `[${parts.join(', ')}].filter(part, part != null && part != "").map(part, string(part)).join(" ")`;
}

/** A purpose of its own for each address book: opt-outs are remembered by it, also beyond the life of a link. */
export function purposeOf(book: string): string {
  const plain = book.toLowerCase();
  if (/^[a-z][a-z0-9-]{0,62}$/.test(plain) && plain !== 'all') return plain;
  const words = plain.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^[^a-z]+|-+$/g, '');
  const digest = createHash('sha256').update(book).digest('hex').slice(0, 8);
  return `${words === '' ? 'book' : words.slice(0, 50)}-${digest}`;
}

/** The link that an address book link stands for, as it is stored and run. */
export function impliedLink(document: AddressBookLinkDeclaration, places: AddressBookPlaces): LinkSpecification & Attributes {
  const { spec } = document;
  const { list, book } = places;
  const settings = canonicalSpecification(document) as Attributes;
  const member = book.traits.member(spec.addressBook.name);
  const { owns } = spec;
  return {
    list: settings['list'],
    addressBook: settings['addressBook'],
    createEntities: spec.createEntities,
    ends: {
      list: {
        integration: spec.list.integration,
        object: list.object,
        enter: spec.list.criteria === undefined ? { flag: list.traits.member(spec.list.name) } : { criteria: spec.list.criteria },
        onLeave: 'archive',
      },
      book: {
        integration: spec.addressBook.integration,
        object: book.object,
        enter: spec.createEntities ? { flag: member } : 'nobody',
        // Who is taken out of the book is put back, or has unsubscribed, which is another matter.
        onLeave: 'ignore',
        archive: { [member]: false },
        ...(spec.exportWaitsFor === 'book' ? { waitsFor: 'link' } : {}),
      },
    },
    mapping: impliedMapping(document, places),
    flows: { 'to-list': { every: spec.every }, 'to-book': { every: spec.every } },
    conflicts: conflictsOf(spec.conflicts),
    // A record that is deleted in the CRM has left the list.
    onDelete: { list: 'archive', book: 'unlink' },
    deleteBeatsEdit: false,
    guards: settings['guards'],
    owns: {
      ...(owns.list === undefined ? {} : { list: owns.list }),
      ...(owns.book === undefined ? {} : { book: owns.book.map((name) => book.traits.field(name)) }),
    },
    ...(spec.track === undefined ? {} : { track: spec.track }),
    refresh: { end: 'list', values: spec.refreshValues, every: spec.refreshEvery },
    retain: spec.retain,
    active: spec.active,
  } as unknown as LinkSpecification & Attributes;
}

function conflictsOf(conflicts: AddressBookLinkDeclaration['spec']['conflicts']): LinkSpecification['conflicts'] {
  switch (conflicts.policy) {
    case 'manual':
      return { policy: 'manual', unlessBlank: false, unit: 'field' };
    // The connector took over what it imported, and never a blank.
    case 'oro-compatible':
      return { policy: 'prefer', prefer: 'book', unlessBlank: true, unit: 'field' };
    case 'prefer':
      return { policy: 'prefer', prefer: conflicts.prefer ?? 'list', unlessBlank: conflicts.unlessBlank, unit: 'field' };
  }
}

/** Where the setting stands that a place of the implied mapping comes from. */
export function impliedPlace(
  { spec }: AddressBookLinkDeclaration,
  path: readonly (string | number)[],
): readonly (string | number)[] {
  const [list, index, setting] = path;
  if (list === 'consent') return ['spec', 'consent'];
  if (list !== 'fields' || typeof index !== 'number') return ['spec', 'list'];
  if (spec.fields === undefined) return ['spec'];
  if (index === spec.fields.length) return ['spec', 'list', 'email'];
  if (index > spec.fields.length) return ['spec', 'addressBook', 'name'];
  return ['spec', 'fields', index, ...(setting === undefined ? [] : [setting === 'value' ? 'list' : setting])];
}
