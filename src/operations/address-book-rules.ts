/**
 * What holds of marketing lists and address books, offline and over every file: one list, one address book, both ways
 * round, whichever kind of link connects them; nothing that every account has; only lists with an e-mail address; nobody
 * is put into a book of whom it is not known whether they left it.
 */
import type { Configuration } from '../config/configuration.ts';
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { Address } from '../model/address.ts';
import type { FieldDescription } from '../model/value.ts';
import type { EnterRule } from '../mapping/scope.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import type { MembershipTraits } from '../providers/provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { flowTargets, pathAt } from '../config/configuration.ts';
import { didYouMean } from '../config/suggestion.ts';
import {
  emailPath,
  fieldsOf,
  placesOf,
  purposeOf,
  type AddressBookLinkDeclaration,
  type AddressBookPlaces,
} from './address-book-links.ts';
import { scopePaths } from './link-scopes.ts';

export type DeclaredFields = (provider: string, object: string) => readonly FieldDescription[];

/** @param declared fields that resources of the configuration provide, by provider and object */
export function checkAddressBooks(configuration: Configuration, declared: DeclaredFields): readonly Diagnostic[] {
  const links = [...configuration.addressBookLinks.values()];
  return [
    ...links.flatMap((document) => checkLink(document, configuration, declared)),
    ...checkBuiltIn(configuration),
    ...checkConsents(configuration),
    ...checkArchives(configuration),
    ...checkPairs(configuration),
    ...checkContested(configuration),
  ];
}

function checkLink(
  document: AddressBookLinkDeclaration,
  configuration: Configuration,
  declared: DeclaredFields,
): readonly Diagnostic[] {
  const { spec } = document;
  const { list, book } = placesOf(document, configuration);
  const found: Diagnostic[] = [];
  const report = reporter(document, found);
  // An integration that there is not was reported as such.
  const exists = (integration: string): boolean => configuration.integrations.has(integration);
  if (list === undefined && exists(spec.list.integration)) {
    const detail = `Integration/${spec.list.integration} has no marketing lists of the object "${spec.list.object}".`;
    report('LINK_NO_LISTS', ['list', 'object'], detail, objectsHint(configuration, spec.list.integration));
  }
  if (book === undefined && exists(spec.addressBook.integration))
    report('LINK_NO_LISTS', ['addressBook', 'integration'], `Integration/${spec.addressBook.integration} has no address books.`);
  else if (book?.traits.isBuiltIn(spec.addressBook.name) === true)
    report(
      'LINK_BOOK_BUILT_IN',
      ['addressBook', 'name'],
      `Every account has the address book "${spec.addressBook.name}".`,
      OWN_BOOK,
    );
  for (const [index, field] of (spec.fields ?? []).entries()) {
    if (typeof field.list === 'string' || field.list.length === 1 || field.flow === 'to-book' || field.flow === 'off') continue;
    const detail = `${field.list.length} fields are joined, and what was joined cannot be taken apart again.`;
    report('CONFIG_COMPUTED_BOTH_WAYS', ['fields', index, 'flow'], detail, 'write flow: to-book');
  }
  if (list === undefined || book === undefined) return found;
  for (const [index, { book: name }] of (spec.fields ?? []).entries()) {
    const path = book.traits.field(name);
    if (path === book.traits.email) {
      const detail = `The link itself carries the address to ${path}.`;
      report('MAPPING_DUPLICATE_TARGET', ['fields', index, 'book'], detail, 'name its field at the list: list: { email: PATH }');
    } else if (book.traits.listOf(path) !== undefined) {
      const detail = `"${name.slice(0, 80)}" is no data field: who is in an address book, and who left it, follows from the list that it is linked with.`;
      report(
        'CONFIG_INVALID_VALUE',
        ['fields', index, 'book'],
        detail,
        'name a data field; another address book takes a link of its own',
      );
    }
  }
  const fields = fieldsOf(spec, { list, book });
  const email = emailPath(spec, list.traits);
  const ends = ['list', 'book'] as const;
  const writtenTo = (end: string) => fields.filter(({ flow }) => flowTargets(flow, ends).includes(end));
  const owned = {
    list: [...writtenTo('list').flatMap((field) => field.list), email],
    book: [...writtenTo('book').map((field) => field.book), book.traits.email],
  };
  for (const end of ends) {
    const pathOf = (name: string): string => (end === 'book' ? book.traits.field(name) : name);
    const paths = new Set(owned[end].map(pathOf));
    for (const [index, name] of (spec.owns[end] ?? []).entries()) {
      if (paths.has(pathOf(name))) continue;
      const detail = `The link writes no field "${name.slice(0, 80)}" of the ${end === 'book' ? 'address book' : 'list'}.`;
      report('CONFIG_UNKNOWN_REFERENCE', ['owns', end, index], detail, didYouMean(name, owned[end]));
    }
  }
  const mapped = [...new Set(fields.flatMap((field) => field.list))];
  for (const [index, path] of (spec.track ?? []).entries()) {
    if (mapped.includes(path)) continue;
    const detail = `The link maps no field "${path.slice(0, 80)}" of the list.`;
    report('CONFIG_UNKNOWN_REFERENCE', ['track', index], detail, `it maps ${mapped.join(', ').slice(0, 200)}`);
  }
  const type = fieldAt(list.provider, list.object, email, declared)?.type;
  if (type !== undefined && type !== 'email') {
    const detail = `${list.object} has no e-mail address in "${email}", which is of the type ${type}.`;
    report(
      'LINK_LIST_WITHOUT_EMAIL',
      ['list', 'email'],
      detail,
      `name the field that holds the address: email: ${list.traits.email}`,
    );
  }
  for (const path of missingTwoWay(document, { list, book }, declared)) {
    const detail = `${list.object} cannot be created without ${path}, which does not flow both ways.`;
    report('LINK_CREATION_INCOMPLETE', ['createEntities'], detail, `add to fields: { list: ${path}, book: NAME, flow: both }`);
  }
  return found;
}

const OWN_BOOK = 'link an address book of your own';

function reporter(document: AddressBookLinkDeclaration, found: Diagnostic[]) {
  return (code: DiagnosticCode, path: readonly (string | number)[], detail: string, hint?: string): void => {
    const source = document.source(['spec', ...path]);
    found.push({ severity: 'error', code, address: document.address, source, detail, ...(hint === undefined ? {} : { hint }) });
  };
}

function objectsHint(configuration: Configuration, integration: string): string | undefined {
  const catalog = PROVIDERS[configuration.integrations.get(integration)?.spec.provider ?? '']?.catalog;
  const objects = (catalog?.objects ?? []).filter((object) => catalog?.memberships?.(object)?.role === 'list');
  return objects.length === 0 ? undefined : `lists are made of ${objects.join(' or ')}`;
}

/** Fields without which the CRM takes no record, and which the address book cannot give. */
function missingTwoWay(
  { spec }: AddressBookLinkDeclaration,
  { list }: AddressBookPlaces,
  declared: DeclaredFields,
): readonly string[] {
  if (!spec.createEntities) return [];
  const catalog = PROVIDERS[list.provider]!.catalog;
  const known = [
    ...catalog.paths(list.object).map((path) => fieldAt(list.provider, list.object, path, declared)),
    ...declared(list.provider, list.object),
  ];
  const required = known.filter((field) => field?.required === true).map((field) => field!.path);
  const email = emailPath(spec, list.traits);
  const twoWay = new Set((spec.fields ?? []).filter(({ flow }) => flow === 'both').flatMap((field) => field.list));
  const names = spec.fields === undefined ? [list.traits.names.first, list.traits.names.last] : [];
  return [...new Set(required)].filter((path) => path !== email && !twoWay.has(path) && !names.includes(path));
}

function fieldAt(provider: string, object: string, path: string, declared: DeclaredFields): FieldDescription | undefined {
  const field = PROVIDERS[provider]?.catalog.field(object, path);
  if (field !== undefined && field !== 'account') return field;
  return declared(provider, object).find((one) => one.path === path);
}

/** What every account has is not imported from either, nor spoken of by mappings of ordinary links. */
function checkBuiltIn(configuration: Configuration): readonly Diagnostic[] {
  const imported = [...configuration.campaignImports.values()].flatMap(({ address, spec, source }) => {
    const provider = configuration.integrations.get(spec.source?.integration ?? '')?.spec.provider ?? '';
    const catalog = PROVIDERS[provider]?.catalog;
    const traits = (catalog?.objects ?? []).map((object) => catalog?.memberships?.(object)).find((one) => one?.role === 'book');
    return (spec.source?.addressBooks ?? []).flatMap((name, index): Diagnostic[] => {
      if (traits?.isBuiltIn(name) !== true) return [];
      const detail = `Every account has the address book "${name}".`;
      const place = source(['spec', 'source', 'addressBooks', index]);
      return [
        {
          severity: 'error',
          code: 'LINK_BOOK_BUILT_IN',
          address,
          source: place,
          detail,
          hint: 'name an address book of your own',
        },
      ];
    });
  });
  const mapped = [...configuration.mappings.values()].flatMap((document) => {
    const mapping = document.spec as unknown as MappingSpecification;
    return Object.entries(mapping.between).flatMap(([end, place]) => {
      const traits = traitsAt(place);
      if (traits === undefined) return [];
      return (['fields', 'consent'] as const).flatMap((list) =>
        (mapping[list] ?? []).flatMap((entry, index): Diagnostic[] => {
          const named = traits.listOf(pathAt(entry, end) ?? '');
          if (named === undefined || !traits.isBuiltIn(named.name)) return [];
          const source = document.source(['spec', list, index, end]);
          const detail = `Every account has the address book "${named.name}".`;
          return [{ severity: 'error', code: 'LINK_BOOK_BUILT_IN', address: document.address, source, detail, hint: OWN_BOOK }];
        }),
      );
    });
  });
  return [...imported, ...mapped];
}

/** Whoever left a book would be put into it again where nothing is known of who left. */
function checkConsents(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.mappings.values()].flatMap(({ address, spec, source }) => {
    const mapping = spec as unknown as MappingSpecification;
    const ends = Object.keys(mapping.between);
    return ends.flatMap((end) => {
      const traits = traitsAt(mapping.between[end]!);
      if (traits?.role !== 'book') return [];
      const other = ends.find((name) => name !== end) ?? 'END';
      return mapping.fields.flatMap((field, index): Diagnostic[] => {
        const path = pathAt(field, end) ?? '';
        const named = traits.listOf(path);
        const isWritten = flowTargets(field.flow, ends).includes(end) && field.value?.trim() !== 'false';
        if (named?.isMembership !== true || traits.isBuiltIn(named.name) || !isWritten) return [];
        const consent = traits.consent(named.name);
        if ((mapping.consent ?? []).some((entry) => pathAt(entry, end) === consent)) return [];
        const entry = `{ purpose: ${purposeOf(named.name)}, channel: email, ${other}: PATH, ${end}: ${JSON.stringify(consent)}, authority: ${end} }`;
        return [
          {
            severity: 'error',
            code: 'MAPPING_MEMBERSHIP_WITHOUT_CONSENT',
            address,
            source: source(['spec', 'fields', index, end]),
            detail: `${end}.${path} puts people into an address book, and no consent tells who left it: they would be put into it again.`,
            hint: `add under consent, with the field that records it at ${other}, or null where there is none:\n  - ${entry}`,
          },
        ];
      });
    });
  });
}

/** Archiving goes by no consent, so that it may take people out of a book and put nobody into one. */
function checkArchives(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.links.values()].flatMap(({ address, spec, source }) =>
    Object.entries(spec.ends).flatMap(([end, { integration, object, archive }]) => {
      const provider = configuration.integrations.get(integration)?.spec.provider ?? '';
      const traits = traitsAt(`${provider}/${object}`);
      return Object.entries(archive ?? {}).flatMap(([path, value]): Diagnostic[] => {
        if (traits?.listOf(path)?.isMembership !== true || value === false || value === null) return [];
        const detail = `archive.${path} of ${end}: Archiving may take people out of an address book (false), and nothing else.`;
        const place = source(['spec', 'ends', end, 'archive', path]);
        return [{ severity: 'error', code: 'LINK_ARCHIVE_INVALID', address, source: place, detail }];
      });
    }),
  );
}

function traitsAt(place: string): MembershipTraits | undefined {
  const slash = place.indexOf('/');
  return PROVIDERS[place.slice(0, slash)]?.catalog.memberships?.(place.slice(slash + 1));
}

/** That a link takes people from a list to an address book. */
interface Pair {
  readonly address: Address;
  readonly list: ListName;
  readonly book: ListName;
  readonly atList: SourceRange;
  readonly atBook: SourceRange;
}

interface ListName {
  readonly integration: string;
  readonly object: string;
  readonly name: string;
}

function checkPairs(configuration: Configuration): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const pairs = [...declaredPairs(configuration), ...impliedPairs(configuration)].toSorted(byPlace);
  for (const side of ['list', 'book'] as const) {
    const first = new Map<string, Pair>();
    for (const pair of pairs) {
      const key = JSON.stringify([pair[side].integration, pair[side].object, pair[side].name.toLowerCase()]);
      const earlier = first.get(key);
      if (earlier === undefined) {
        first.set(key, pair);
        continue;
      }
      const { file, line, column } = side === 'list' ? earlier.atList : earlier.atBook;
      const [what, other] = side === 'list' ? ['marketing list', earlier.book] : ['address book', earlier.list];
      const detail = `${earlier.address} links the ${what} "${pair[side].name}" with "${other.name}" already, at ${file}:${line}:${column}.`;
      const source = side === 'list' ? pair.atList : pair.atBook;
      const hint = 'one list is linked to one address book, and one address book to one list';
      found.push({ severity: 'error', code: 'LINK_LIST_LINKED_TWICE', address: pair.address, source, detail, hint });
    }
  }
  return found;
}

function declaredPairs(configuration: Configuration): readonly Pair[] {
  return [...configuration.addressBookLinks.values()].map(({ address, spec, source }) => ({
    address,
    list: { integration: spec.list.integration, object: spec.list.object, name: spec.list.name },
    // Books are the account's, whatever object is in them.
    book: { integration: spec.addressBook.integration, object: '', name: spec.addressBook.name },
    atList: source(['spec', 'list', 'name']),
    atBook: source(['spec', 'addressBook', 'name']),
  }));
}

/** Ordinary links that let members of a list enter and put them into a book. */
function impliedPairs(configuration: Configuration): readonly Pair[] {
  return [...configuration.links.values()].flatMap(({ address, spec, source }) => {
    const mapping = configuration.mappings.get(spec.mapping)?.spec as MappingSpecification | undefined;
    if (mapping === undefined) return [];
    const ends = Object.keys(spec.ends);
    const lists: { name: ListName; at: SourceRange }[] = [];
    const books: { name: ListName; at: SourceRange }[] = [];
    for (const [end, { integration, object, enter, archive }] of Object.entries(spec.ends)) {
      const provider = configuration.integrations.get(integration)?.spec.provider ?? '';
      const traits = PROVIDERS[provider]?.catalog.memberships?.(object);
      if (traits === undefined) continue;
      const written = mapping.fields.filter((field) => flowTargets(field.flow, ends).includes(end));
      const paths =
        traits.role === 'list'
          ? scopePaths(enter as EnterRule, end, provider, object)
          : [...written.map((field) => pathAt(field, end) ?? ''), ...Object.keys(archive ?? {})];
      const named = paths.map((path) => traits.listOf(path)).filter((list) => list?.isMembership === true);
      const at = source(['spec', 'ends', end]);
      const into = traits.role === 'list' ? lists : books;
      for (const name of new Set(named.map((list) => list!.name)))
        into.push({ name: { integration, object: traits.role === 'list' ? object : '', name }, at });
    }
    return lists.flatMap((list) =>
      books.map((book) => ({ address, list: list.name, book: book.name, atList: list.at, atBook: book.at })),
    );
  });
}

function byPlace(one: Pair, other: Pair): number {
  const [a, b] = [one.atList, other.atList];
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** A field that an address book link writes, and what it is made of. */
interface Claim {
  readonly document: AddressBookLinkDeclaration;
  readonly index: number;
  readonly path: string;
  readonly isOwned: boolean;
  readonly origin: string;
}

/** Two links may write one data field from the same records: they agree. From others, each would undo the other. */
function checkContested(configuration: Configuration): readonly Diagnostic[] {
  const first = new Map<string, Claim>();
  const found: Diagnostic[] = [];
  for (const claim of [...configuration.addressBookLinks.values()].flatMap((document) => claimsOf(document, configuration))) {
    const { addressBook } = claim.document.spec;
    const key = JSON.stringify([addressBook.integration, claim.path.toLowerCase()]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, claim);
    else if (earlier.document === claim.document) {
      const { document, index } = claim;
      const place = (at: number) => document.source(['spec', 'fields', at, 'book']);
      const { file, line, column } = place(earlier.index);
      const detail = `An earlier entry writes ${claim.path} already, at ${file}:${line}:${column}.`;
      const source = place(index);
      const hint = 'keep one of the two';
      found.push({ severity: 'error', code: 'CONFIG_FIELD_WRITTEN_TWICE', address: document.address, source, detail, hint });
    } else if (earlier.origin !== claim.origin && earlier.isOwned === claim.isOwned) {
      const { document, index, path } = claim;
      const source = document.source(
        document.spec.fields === undefined ? ['spec', 'addressBook'] : ['spec', 'fields', index, 'book'],
      );
      const detail = `${document.address} and ${earlier.document.address} both write ${path} of Integration/${addressBook.integration}, from other records.`;
      const hint = `name the field under owns of one of the two: owns: { book: [${path.replace(/^field\//, '')}] }`;
      found.push({ severity: 'error', code: 'CONFIG_CONTESTED_FIELD', address: document.address, source, detail, hint });
    }
  }
  return found;
}

function claimsOf(document: AddressBookLinkDeclaration, configuration: Configuration): readonly Claim[] {
  const { list, book } = placesOf(document, configuration);
  if (list === undefined || book === undefined) return [];
  const { spec } = document;
  const owned = new Set((spec.owns.book ?? []).map((name) => book.traits.field(name)));
  return fieldsOf(spec, { list, book }).flatMap((field, index) => {
    if (field.flow !== 'both' && field.flow !== 'to-book') return [];
    const path = book.traits.field(field.book);
    const origin = JSON.stringify([spec.list.integration, list.object, field.list, field.as ?? null]);
    return [{ document, index, path, isOwned: owned.has(path), origin }];
  });
}
