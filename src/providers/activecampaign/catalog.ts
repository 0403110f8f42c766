/**
 * What a mapping may name at an ActiveCampaign contact:
 * `email`, `firstName`, `lastName`, `phone`, `cdate` (when it was created), `field/<title or perstag>`, `list/<name>` (the e-mail
 * subscription to that list) and `tag/<name>` (whether the contact carries it).
 */
import type { FieldDescription, FieldType } from '../../model/value.ts';
import type { ProviderCatalog } from '../provider.ts';

export const CONTACT = 'contact';
/** By the vendor's clock, and never written. */
export const CREATED = 'cdate';

export type NativeKey = 'email' | 'firstName' | 'lastName' | 'phone' | typeof CREATED;

export type ParsedPath =
  { readonly part: 'native'; readonly key: NativeKey } | { readonly part: 'field' | 'list' | 'tag'; readonly name: string };

const NATIVES: Readonly<Record<NativeKey, FieldDescription>> = {
  email: { ...describe('email', 'Email', 'email'), required: true, unique: true },
  firstName: describe('firstName', 'First Name', 'string'),
  lastName: describe('lastName', 'Last Name', 'string'),
  phone: describe('phone', 'Phone', 'phone'),
  [CREATED]: { ...describe(CREATED, 'Date Created', 'datetime'), createable: false, updateable: false },
};

export const CATALOG: ProviderCatalog = {
  objects: [CONTACT],
  field(object, path) {
    const parsed = object === CONTACT ? parsePath(path) : undefined;
    if (parsed === undefined) return undefined;
    return parsed.part === 'native' ? NATIVES[parsed.key] : 'account';
  },
  createdPath: () => CREATED,
  paths: (object) => (object === CONTACT ? Object.keys(NATIVES) : []),
};

export function parsePath(path: string): ParsedPath | undefined {
  if (Object.hasOwn(NATIVES, path)) return { part: 'native', key: path as NativeKey };
  const slash = path.indexOf('/');
  const part = path.slice(0, Math.max(0, slash));
  const name = path.slice(slash + 1);
  if ((part !== 'field' && part !== 'list' && part !== 'tag') || name === '') return undefined;
  return { part, name };
}

export function nativeField(key: NativeKey): FieldDescription {
  return NATIVES[key];
}

/** A field that may be written at any time and that no contact needs. */
export function describe(path: string, label: string, type: FieldType): FieldDescription {
  return { path, label, type, createable: true, updateable: true, required: false, unique: false };
}
