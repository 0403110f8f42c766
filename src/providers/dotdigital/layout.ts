/** The mapped fields of a contact with everything that reading and writing them needs. */
import { ProviderError } from '../../model/errors.ts';
import type { AccountDirectory, AddressBook } from './account-directory.ts';
import type { Api } from './api.ts';
import { parsePath, type DataFieldType, type NativeKey } from './fields.ts';

export interface MappedField {
  readonly path: string;
  readonly name: string;
  readonly type: DataFieldType;
}

export interface MappedBook {
  readonly path: string;
  readonly book: AddressBook;
}

export interface Layout {
  readonly natives: readonly { readonly path: string; readonly key: NativeKey }[];
  readonly fields: readonly MappedField[];
  /** Books of which membership is mapped, and those of which the consent is. */
  readonly members: readonly MappedBook[];
  readonly consents: readonly MappedBook[];
}

/** @throws ProviderError PROVIDER_REFUSED when a field that was described has vanished from the account */
export function layoutOf(api: Api, directory: AccountDirectory, paths: readonly string[]): Layout {
  const natives: { path: string; key: NativeKey }[] = [];
  const fields: MappedField[] = [];
  const members: MappedBook[] = [];
  const consents: MappedBook[] = [];
  for (const path of paths) {
    const parsed = parsePath(path);
    if (parsed?.part === 'native') natives.push({ path, key: parsed.key });
    else if (parsed?.part === 'field') fields.push({ path, ...(directory.field(parsed.name) ?? vanished(api, path)) });
    else if (parsed !== undefined) {
      const mapped = { path, book: directory.book(parsed.name) ?? vanished(api, path) };
      (parsed.part === 'member' ? members : consents).push(mapped);
    }
  }
  return { natives, fields, members, consents };
}

/** The layout without the paths that a request does not write. */
export function restrict(layout: Layout, values: Readonly<Record<string, unknown>>): Layout {
  const given = (part: { readonly path: string }): boolean => Object.hasOwn(values, part.path);
  return {
    natives: layout.natives.filter(given),
    fields: layout.fields.filter(given),
    members: layout.members.filter(given),
    consents: layout.consents.filter(given),
  };
}

export function pathsOf(layout: Layout): string[] {
  return [...layout.natives, ...layout.fields, ...layout.members, ...layout.consents].map((part) => part.path);
}

function vanished(api: Api, path: string): never {
  throw new ProviderError('PROVIDER_REFUSED', `The Dotdigital account has no "${path}" any more.`, {
    integration: api.integration,
    fault: 'user',
    hint: 'Plan again: the plan names what is missing.',
  });
}
