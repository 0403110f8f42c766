/**
 * The account's custom fields, tags and lists by name, with their ids: asked for once, and again
 * only when somebody wants to know the present state.
 */
import type { Api } from './api.ts';
import { PAGE_SIZE } from './api.ts';
import type { HttpAnswer } from '../../http/client.ts';
import type { QueryParameters } from '../../http/address.ts';
import { embeddedRows, idIn, idOf, rowsOf, text, totalOf, unexpected, type Row } from './rows.ts';
import type { NamedObjects } from '../described-contacts.ts';
import { kindOf, type ValueKind } from './field-values.ts';
import type { FieldType } from '../../model/value.ts';
import { parsePath } from './catalog.ts';

interface CustomField {
  readonly id: string;
  readonly title: string;
  readonly perstag: string;
  readonly kind: ValueKind;
  readonly type: FieldType;
  readonly options: readonly string[];
}

export interface AccountDirectory extends NamedObjects {
  /** By exact title, else by personalization tag. */
  field(name: string): CustomField | undefined;
  tagId(name: string): string | undefined;
  listId(name: string): string | undefined;
  /** How many custom fields the account has; `undefined` before they were loaded. */
  fieldCount(): number | undefined;
}

export function createAccountDirectory(api: Api): AccountDirectory {
  let fields: CustomField[] | undefined;
  let lists: Map<string, string> | undefined;
  let tags = new Map<string, string | undefined>();

  return {
    async load(paths, fresh) {
      const wanted = paths.map(parsePath).filter((path) => path !== undefined);
      if (wanted.some((path) => path.part === 'field') && (fresh || fields === undefined)) fields = await readCustomFields(api);
      if (wanted.some((path) => path.part === 'list') && (fresh || lists === undefined)) {
        lists = firstOfEachName(await readAllRows(api, '/lists', 'lists'), (row) => text(row['name']), api);
      }
      const names = wanted.flatMap((path) => (path.part === 'tag' ? [path.name] : []));
      const unknown = [...new Set(fresh ? names : names.filter((name) => !tags.has(name)))];
      if (unknown.length > 0) tags = new Map([...tags, ...(await readTags(api, unknown))]);
    },
    learn(type, { id, attributes }) {
      const name = (key: string): string => text(attributes[key]);
      if (type === 'activecampaign/field') {
        const options = Array.isArray(attributes['options']) ? attributes['options'].map(text) : [];
        fields?.push({ id, title: name('title'), perstag: name('perstag'), options, ...kindOf(name('type'), options) });
      } else if (type === 'activecampaign/tag' && name('tagType') === 'contact') tags.set(name('tag'), id);
      else if (type === 'activecampaign/list' && lists?.has(name('name')) === false) lists.set(name('name'), id);
    },
    field: (name) => fields?.find((field) => field.title === name) ?? fields?.find((field) => field.perstag === name),
    tagId: (name) => tags.get(name),
    listId: (name) => lists?.get(name),
    fieldCount: () => fields?.length,
  };
}

/** All custom fields of contacts with their options, in pages of 100. */
async function readCustomFields(api: Api): Promise<CustomField[]> {
  const fields: CustomField[] = [];
  await readPages(api, '/fields', 'fields', {}, (rows, answer) => {
    const options = optionsByField(api, embeddedRows(answer, 'fieldOptions'));
    for (const row of rows) {
      const id = idOf(api, row);
      const values = options.get(id) ?? [];
      fields.push({
        id,
        title: text(row['title']),
        perstag: text(row['perstag']),
        options: values,
        ...kindOf(text(row['type']), values),
      });
    }
    return true;
  });
  return fields;
}

/** Values of options in the order of their `orderid`, by the id of their field. */
function optionsByField(api: Api, rows: readonly Row[]): Map<string, string[]> {
  const sorted = rows.toSorted((a, b) => Number(a['orderid']) - Number(b['orderid']) || Number(a['id']) - Number(b['id']));
  const byField = new Map<string, string[]>();
  for (const row of sorted) {
    const field = idIn(api, row, 'field');
    byField.set(field, [...(byField.get(field) ?? []), text(row['value'])]);
  }
  return byField;
}

/**
 * Finds contact tags by exact name. An account may have thousands: beyond the first page it is
 * searched by name where that takes fewer calls than the rest of the listing.
 */
async function readTags(api: Api, names: readonly string[]): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>(names.map((name) => [name, undefined]));
  const take = (rows: readonly Row[]): void => {
    for (const row of rows) {
      const name = text(row['tag']);
      if (found.has(name) && found.get(name) === undefined && isContactTag(row)) found.set(name, idOf(api, row));
    }
  };
  const missing = (): string[] => names.filter((name) => found.get(name) === undefined);
  let search = false;
  await readPages(api, '/tags', 'tags', {}, (rows, answer) => {
    take(rows);
    const pagesLeft = Math.ceil((totalOf(answer) ?? 0) / PAGE_SIZE) - 1;
    search = missing().length < pagesLeft;
    return !search && missing().length > 0;
  });
  if (search) {
    for (const name of missing()) {
      await readPages(api, '/tags', 'tags', { search: name }, (rows) => {
        take(rows);
        return found.get(name) === undefined;
      });
    }
  }
  return found;
}

function isContactTag(row: Row): boolean {
  return text(row['tagType']) !== 'template';
}

function firstOfEachName(rows: readonly Row[], nameOf: (row: Row) => string, api: Api): Map<string, string> {
  const ids = new Map<string, string>();
  for (const row of rows) if (!ids.has(nameOf(row))) ids.set(nameOf(row), idOf(api, row));
  return ids;
}

async function readAllRows(api: Api, path: string, key: string): Promise<Row[]> {
  const all: Row[] = [];
  await readPages(api, path, key, {}, (rows) => {
    all.push(...rows);
    return true;
  });
  return all;
}

/**
 * Reads a listing by offset, a page of 100 at a time, until a page is short or `take` has enough.
 *
 * @throws ProviderError PROVIDER_UNEXPECTED_ANSWER when a page repeats the one before
 */
async function readPages(
  api: Api,
  path: string,
  key: string,
  query: QueryParameters,
  take: (rows: readonly Row[], answer: HttpAnswer) => boolean,
): Promise<void> {
  let firstId: string | undefined;
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const answer = await api.get(path, { ...query, limit: PAGE_SIZE, ...(offset === 0 ? {} : { offset }) });
    const rows = rowsOf(api, answer, key);
    const first = rows[0] === undefined ? undefined : idOf(api, rows[0]);
    if (first !== undefined && first === firstId) throw unexpected(api, `the same page of ${key} twice`);
    firstId = first;
    if (!take(rows, answer) || rows.length < PAGE_SIZE) return;
  }
}
