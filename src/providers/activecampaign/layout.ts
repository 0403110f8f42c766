/** The mapped fields of a contact with everything that reading and writing them needs. */
import type { FieldValue } from '../../model/value.ts';
import { ProviderError } from '../../model/errors.ts';
import type { Api } from './api.ts';
import type { AccountDirectory } from './account-directory.ts';
import { CREATED, parsePath, type NativeKey } from './catalog.ts';
import type { ValueKind } from './field-values.ts';
import type { ContactRow } from './rows.ts';

interface MappedNative {
  readonly path: string;
  readonly key: NativeKey;
}

export interface MappedField {
  readonly path: string;
  readonly id: string;
  readonly kind: ValueKind;
}

/** A mapped tag or list. */
export interface MappedName {
  readonly path: string;
  readonly id: string;
  readonly name: string;
}

export interface Layout {
  readonly natives: readonly MappedNative[];
  readonly fields: readonly MappedField[];
  readonly tags: readonly MappedName[];
  readonly lists: readonly MappedName[];
  /** How many custom fields the account has, mapped or not. */
  readonly accountFields: number;
}

/** How many parts of each sort a set of paths has: what prices depend on. */
export interface LayoutShape {
  readonly fields: number;
  readonly tags: number;
  readonly lists: number;
}

export function shapeOf(paths: readonly string[]): LayoutShape {
  const parts = paths.map((path) => parsePath(path)?.part);
  const count = (part: string): number => parts.filter((one) => one === part).length;
  return { fields: count('field'), tags: count('tag'), lists: count('list') };
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER when a field that was described has vanished from the account */
export function layoutOf(api: Api, directory: AccountDirectory, paths: readonly string[]): Layout {
  const natives: MappedNative[] = [];
  const fields: MappedField[] = [];
  const tags: MappedName[] = [];
  const lists: MappedName[] = [];
  for (const path of paths) {
    const parsed = parsePath(path);
    if (parsed?.part === 'native') natives.push({ path, key: parsed.key });
    else if (parsed?.part === 'field') {
      const field = directory.field(parsed.name) ?? vanished(api, path);
      fields.push({ path, id: field.id, kind: field.kind });
    } else if (parsed?.part === 'tag')
      tags.push({ path, name: parsed.name, id: directory.tagId(parsed.name) ?? vanished(api, path) });
    else if (parsed?.part === 'list')
      lists.push({ path, name: parsed.name, id: directory.listId(parsed.name) ?? vanished(api, path) });
  }
  return { natives, fields, tags, lists, accountFields: Math.max(directory.fieldCount() ?? 0, fields.length) };
}

export function nativeValue(contact: ContactRow, key: NativeKey): FieldValue {
  if (key === CREATED) return contact.createdAt ?? null;
  return contact[key] === '' ? null : contact[key];
}

function vanished(api: Api, path: string): never {
  throw new ProviderError('PROVIDER_REFUSED', `The ActiveCampaign account has no "${path}" any more.`, {
    integration: api.integration,
    fault: 'user',
    hint: 'Plan again: the plan names what is missing.',
  });
}
