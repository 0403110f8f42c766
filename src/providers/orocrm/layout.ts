/** The mapped paths of one object, by how each is asked for, and the records made of what is answered. */
import type { QueryParameters } from '../../http/address.ts';
import type { FieldDescription, FieldValue, RemoteRecord } from '../../model/value.ts';
import { toInstant } from '../../model/time.ts';
import type { ObjectDescription } from '../provider.ts';
import { parsePath, type ObjectKind } from './catalog.ts';
import type { Document, Entity, Identifier } from './documents.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { MarketingList, MarketingLists } from './marketing-lists.ts';
import { readAttribute, readInstant, sortedSet } from './record-values.ts';

export interface MarkedPath {
  readonly path: string;
  readonly part: 'list' | 'unsubscribed';
  readonly name: string;
}

export interface Layout {
  readonly kind: ObjectKind;
  readonly attributes: readonly FieldDescription[];
  readonly relations: readonly FieldDescription[];
  readonly groups: string | undefined;
  readonly account: string | undefined;
  readonly marks: readonly MarkedPath[];
  readonly fields: ReadonlyMap<string, FieldDescription>;
}

export function layoutOf(kind: ObjectKind, { fields }: ObjectDescription): Layout {
  const part = (path: string) => parsePath(kind, path)?.part;
  return {
    kind,
    attributes: fields.filter(({ path }) => part(path) === 'attribute'),
    relations: fields.filter(({ path }) => part(path) === 'relation'),
    groups: fields.find(({ path }) => part(path) === 'groups')?.path,
    account: fields.find(({ path }) => part(path) === 'account')?.path,
    marks: fields.flatMap(({ path }) => {
      const parsed = parsePath(kind, path);
      return parsed?.part === 'list' || parsed?.part === 'unsubscribed' ? [{ path, part: parsed.part, name: parsed.name }] : [];
    }),
    fields: new Map(fields.map((field) => [field.path, field])),
  };
}

/** What a read of records asks for: the mapped fields and the stamp, and no others. */
export function readQuery({ kind, attributes, relations, groups, account }: Layout): QueryParameters {
  const names = [
    ...attributes.map(({ path }) => path),
    ...relations.map(({ path }) => path),
    ...(groups === undefined ? [] : ['groups']),
    ...(account === undefined ? [] : [kind.account]),
    'updatedAt',
  ];
  return {
    [`fields[${kind.collection}]`]: [...new Set(names)].join(','),
    ...(account === undefined ? {} : { include: kind.account, 'fields[accounts]': 'name' }),
  };
}

/** Marks of marketing lists, as they were read for some records or for all. */
export type Marks = ReadonlyMap<
  string,
  { readonly list: MarketingList; readonly ids: ReadonlySet<string>; readonly members: ReadonlySet<string> }
>;

/** Listings that reading the marks takes: who is in each list, who was taken out of it, and who unsubscribed. */
export function markListings({ marks }: Layout): number {
  return 2 * new Set(marks.map(({ name }) => name)).size + marks.filter(({ part }) => part === 'unsubscribed').length;
}

/** @param ids only theirs; of everybody where absent */
export async function readMarks(
  { kind, marks }: Layout,
  lists: MarketingLists,
  ids: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<Marks> {
  const members = new Map<string, ReadonlySet<string>>();
  const result = new Map<string, { list: MarketingList; ids: ReadonlySet<string>; members: ReadonlySet<string> }>();
  for (const { path, part, name } of marks) {
    const list = await lists.find(kind, name);
    if (list === undefined) continue;
    const inside = members.get(list.id) ?? (await lists.members(list, ids, signal));
    members.set(list.id, inside);
    result.set(path, {
      list,
      ids: part === 'list' ? inside : await lists.unsubscribed(list, ids, signal),
      members: inside,
    });
  }
  return result;
}

/** Complete records of a page: every mapped field, `null` where there is no value. */
export async function recordsOf(
  layout: Layout,
  document: Document,
  entities: readonly Entity[],
  marks: Marks,
  groups: GroupDirectory,
): Promise<readonly RemoteRecord[]> {
  const names = new Map(document.included.map((entity) => [`${entity.type}/${entity.id}`, entity.attributes['name']]));
  const accountName = (identifier: Identifier | undefined): FieldValue => {
    const name = identifier === undefined ? null : names.get(`${identifier.type}/${identifier.id}`);
    return typeof name === 'string' && name !== '' ? name : null;
  };
  const records: RemoteRecord[] = [];
  for (const entity of entities) {
    const values = await ownValues(layout, entity, groups);
    if (layout.account !== undefined) {
      const related = entity.relationships[layout.kind.account];
      values[layout.account] = accountName(
        Array.isArray(related) ? (related as readonly Identifier[])[0] : ((related as Identifier | null) ?? undefined),
      );
    }
    for (const mark of layout.marks) values[mark.path] = markedValue(mark, entity.id, marks);
    records.push({
      id: entity.id,
      values,
      ...modifiedAt(entity),
      ...(document.date === undefined ? {} : { readAt: toInstant(document.date) }),
    });
  }
  return records;
}

/** What a record itself holds: all but names of parents and marks of lists. */
export async function ownValues(
  layout: Pick<Layout, 'attributes' | 'relations' | 'groups'>,
  entity: Entity,
  groups: GroupDirectory,
): Promise<Record<string, FieldValue>> {
  const values: Record<string, FieldValue> = {};
  for (const field of layout.attributes) values[field.path] = readAttribute(field, entity.attributes[field.path]);
  for (const { path } of layout.relations) {
    const related = entity.relationships[path];
    values[path] = related === undefined || related === null || Array.isArray(related) ? null : (related as Identifier).id;
  }
  if (layout.groups !== undefined) {
    const related = entity.relationships['groups'];
    const ids = Array.isArray(related) ? (related as readonly Identifier[]).map(({ id }) => id) : [];
    values[layout.groups] = sortedSet(await groups.labelsOf(ids));
  }
  return values;
}

/**
 * Who is in a list and not marked is subscribed to it; of whoever is not in the list nothing is known
 * but an opt-out.
 */
export function markedValue({ path, part }: Pick<MarkedPath, 'path' | 'part'>, id: string, marks: Marks): FieldValue {
  const mark = marks.get(path);
  if (part === 'list') return mark?.ids.has(id) === true;
  if (mark?.ids.has(id) === true) return 'unsubscribed';
  return mark?.members.has(id) === true ? 'subscribed' : 'unknown';
}

export function modifiedAt(entity: Entity): { readonly modifiedAt?: string } {
  const stamp = readInstant(entity.attributes['updatedAt']);
  return stamp === undefined ? {} : { modifiedAt: stamp };
}
