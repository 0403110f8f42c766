/** Entities as resources of a document: which fields show, what comes along, and links. */
import { JSON_API, parameterFault, type Answer, type Fault, type JsonObject, type Reference } from './json-api.ts';

import type { Entity, Related, Store } from './store.ts';

export interface Shown {
  /** By type; a type that is not listed shows everything. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  readonly include: readonly (readonly string[])[];
  /** `X-Include: noHateoas` leaves links out. */
  readonly links: boolean;
  readonly totalCount: boolean;
  /** `meta=title`: each resource says how it is called. */
  readonly titles: boolean;
}

export function shownOf(
  store: Store,
  query: URLSearchParams,
  headers: Readonly<Record<string, string>>,
): Shown | readonly Fault[] {
  const faults: Fault[] = [];
  const fields = new Map<string, ReadonlySet<string>>();
  for (const [name, text] of query) {
    const named = /^fields(?:\[([^\]]+)\])?$/.exec(name);
    if (named === null) continue;
    const of = named[1] ?? '';
    if (of === '') faults.push(parameterFault('filter constraint', name, 'An entity type is not specified.'));
    else if (!store.types.has(of)) faults.push(parameterFault('filter constraint', name, 'An entity type is not known.'));
    else if (text.split(',').some((field) => field === ''))
      faults.push(parameterFault('filter constraint', name, `Expected an array of not empty strings. Given "${text}".`));
    else fields.set(of, new Set(text.split(',')));
  }
  const include = query.get('include');
  const paths = include === null ? [] : include.split(',').map((path) => path.split('.'));
  if (include === '') faults.push(parameterFault('filter constraint', 'include', 'Expected not empty string value. Given "".'));
  else if (include !== null && paths.some((path) => path.some((name) => name === '')))
    faults.push(parameterFault('filter constraint', 'include', `Expected an array of not empty strings. Given "${include}".`));
  if (faults.length > 0) return faults;
  const options = (headers['x-include'] ?? '').split(';').map((option) => option.trim());
  return {
    fields,
    include: paths,
    links: !options.includes('noHateoas'),
    totalCount: options.includes('totalCount'),
    titles: query.get('meta') === 'title',
  };
}

export function resourceForm(store: Store, entity: Entity, shown: Shown, root: string): JsonObject {
  const type = store.types.get(entity.type)!;
  const wanted = shown.fields.get(entity.type);
  const isShown = (name: string): boolean => wanted === undefined || wanted.has(name);
  const attributes = Object.fromEntries(
    Object.keys(type.attributes)
      .filter(isShown)
      .map((name) => [name, entity.attributes[name] ?? null]),
  );
  const address = `${root}/api/${entity.type}/${entity.id}`;
  const relationships = Object.fromEntries(
    Object.keys(type.relationships)
      .filter(isShown)
      .map((name) => [name, relationshipForm(entity.relationships[name] ?? null, shown.links ? address : undefined, name)]),
  );
  return {
    type: entity.type,
    id: entity.id,
    ...(shown.titles ? { meta: { title: titleOf(entity) } } : {}),
    ...(shown.links ? { links: { self: address } } : {}),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(Object.keys(relationships).length > 0 ? { relationships } : {}),
  };
}

function titleOf({ attributes, id }: Entity): string {
  const { name, label, firstName, lastName, username } = attributes;
  const parts = [name ?? label ?? [firstName, lastName].filter((part) => typeof part === 'string').join(' '), username, id];
  return parts.find((part): part is string => typeof part === 'string' && part !== '') ?? id;
}

function relationshipForm(related: Related, address: string | undefined, name: string): JsonObject {
  const links =
    address === undefined
      ? {}
      : {
          links: {
            self: `${address}/relationships/${name}`,
            related: `${address}/${name}`,
          },
        };
  return { ...links, data: related };
}

/** Everything that `include` names, each once. */
function includedOf(store: Store, entities: readonly Entity[], shown: Shown, root: string): readonly JsonObject[] {
  const found = new Map<string, Entity>();
  const follow = (entity: Entity, path: readonly string[]): void => {
    const [name, ...rest] = path;
    if (name === undefined) return;
    for (const { type, id } of referencesOf(entity, name)) {
      const related = store.get(type, id);
      if (related === undefined) continue;
      found.set(`${type} ${id}`, related);
      follow(related, rest);
    }
  };
  for (const entity of entities) for (const path of shown.include) follow(entity, path);
  for (const entity of entities) found.delete(`${entity.type} ${entity.id}`);
  return [...found.values()].map((entity) => resourceForm(store, entity, shown, root));
}

function referencesOf(entity: Entity, name: string): readonly Reference[] {
  const related = entity.relationships[name] ?? null;
  if (related === null) return [];
  return 'id' in related ? [related as Reference] : related;
}

export function documentOf(store: Store, entity: Entity, shown: Shown, root: string, status = 200): Answer {
  const included = includedOf(store, [entity], shown, root);
  const address = `${root}/api/${entity.type}/${entity.id}`;
  return {
    status,
    headers: {
      'Content-Type': JSON_API,
      ...(status === 201 ? { Location: address } : {}),
    },
    body: {
      data: resourceForm(store, entity, shown, root),
      ...(included.length > 0 ? { included } : {}),
    },
  };
}

export function listDocumentOf(
  store: Store,
  page: {
    readonly entities: readonly Entity[];
    readonly total: number;
    readonly links: JsonObject;
  },
  shown: Shown,
  root: string,
): Answer {
  const included = includedOf(store, page.entities, shown, root);
  return {
    status: 200,
    headers: {
      'Content-Type': JSON_API,
      ...(shown.totalCount ? { 'X-Include-Total-Count': String(page.total) } : {}),
    },
    body: {
      ...(shown.links ? { links: page.links } : {}),
      data: page.entities.map((entity) => resourceForm(store, entity, shown, root)),
      ...(included.length > 0 ? { included } : {}),
    },
  };
}

/** `first` and `prev` when not on page 1, `next` when more follow; page 1 is not named in a link. */
export function pageLinks(address: string, number: number, size: number, hasMore: boolean, sized: boolean): JsonObject {
  const link = (page: number): string => {
    const parts = [...(page === 1 ? [] : [`page%5Bnumber%5D=${page}`]), ...(sized ? [`page%5Bsize%5D=${size}`] : [])];
    return parts.length === 0 ? address : `${address}?${parts.join('&')}`;
  };
  return {
    self: address,
    ...(number > 1 ? { first: link(1), prev: link(number - 1) } : {}),
    ...(hasMore ? { next: link(number + 1) } : {}),
  };
}
