/**
 * Fields of an object as this installation has them. Stock attributes are known; extended fields show
 * only in records, so that one record is read, and for a field without a value there one that has it.
 */
import { ProviderError } from '../../model/errors.ts';
import type { FieldDescription } from '../../model/value.ts';
import type { ObjectDescription } from '../provider.ts';
import type { Api } from './api.ts';
import { attribute, EXTERNAL_ID, parsePath, readOnly, stockField, type ObjectKind } from './catalog.ts';
import type { Attributes } from './documents.ts';
import type { GroupDirectory } from './group-directory.ts';
import type { MarketingLists } from './marketing-lists.ts';
import { typeOfValue } from './record-values.ts';

/** The most that `externalId` holds, and no two records share one. */
const EXTERNAL_ID_LENGTH = 36;

export async function describeObject(
  api: Api,
  kind: ObjectKind,
  paths: readonly string[],
  directories: { readonly groups: GroupDirectory; readonly lists: MarketingLists },
): Promise<ObjectDescription> {
  const fields: FieldDescription[] = [];
  const missing: string[] = [];
  let sample: Promise<Attributes | undefined> | undefined;
  for (const path of new Set(paths)) {
    const field = await describeField(path);
    if (field === undefined) missing.push(path);
    else fields.push(field);
  }
  return { object: kind.object, fields, missing };

  async function describeField(path: string): Promise<FieldDescription | undefined> {
    const parsed = parsePath(kind, path);
    if (parsed === undefined) return undefined;
    const stock = stockField(kind, path);
    if (stock !== undefined) return stock;
    if (parsed.part === 'groups') {
      return { ...attribute(path, 'Contact groups', 'set'), options: await directories.groups.labels() };
    }
    if (parsed.part === 'list' || parsed.part === 'unsubscribed') {
      if ((await directories.lists.find(kind, parsed.name)) === undefined) return undefined;
      return parsed.part === 'list'
        ? // Who is in a list follows from its segment; a mark can only take somebody out.
          readOnly(path, parsed.name, 'boolean')
        : attribute(path, parsed.name, 'consent');
    }
    sample ??= readSample();
    return extendedField(path, await sample);
  }

  async function readSample(): Promise<Attributes | undefined> {
    const { data } = await api.call({
      method: 'GET',
      path: `/${kind.collection}`,
      query: { 'page[size]': 1 },
      headers: { 'x-include': 'noHateoas' },
    });
    return data[0]?.attributes;
  }

  async function extendedField(path: string, attributes: Attributes | undefined): Promise<FieldDescription | undefined> {
    if (attributes !== undefined && !Object.hasOwn(attributes, path)) return undefined;
    if (path === EXTERNAL_ID) {
      if (attributes === undefined && (await valueOf(path)) === undefined) return undefined;
      return { ...attribute(path, 'External ID'), unique: true, maxLength: EXTERNAL_ID_LENGTH };
    }
    const shown = attributes?.[path] ?? null;
    const value = shown === null ? await valueOf(path) : shown;
    // Where no record has a value, nothing tells the type: text takes any.
    return attributes === undefined && value === undefined ? undefined : attribute(path, path, typeOfValue(value));
  }

  /** A value that some record holds; `null` where none does, `undefined` where the installation knows no such field. */
  async function valueOf(path: string): Promise<unknown> {
    try {
      const { data } = await api.call({
        method: 'GET',
        path: `/${kind.collection}`,
        query: { [`filter[${path}][exists]`]: 'true', [`fields[${kind.collection}]`]: path, 'page[size]': 1 },
        headers: { 'x-include': 'noHateoas' },
      });
      return data[0]?.attributes[path] ?? null;
    } catch (error) {
      if (error instanceof ProviderError && error.status === 400) return undefined;
      throw error;
    }
  }
}
