/**
 * What a mapping may name at a Dotdigital contact: `email`, `optInType`, `emailType`, `status` (the
 * consent of the whole account), `field/NAME` (a data field), `member/BOOK` (whether the contact is in
 * the address book) and `book/BOOK` (the consent of that book alone).
 */
import type { FieldDescription, FieldType } from '../../model/value.ts';
import type { MembershipTraits, ProviderCatalog } from '../provider.ts';

export const CONTACT = 'contact';

/** Longest text of a data field. @source support.openmoves.com, creating and deleting contact data fields */
const LONGEST_TEXT = 1_000;

export const OPT_IN_TYPES = ['Unknown', 'Single', 'Double', 'VerifiedDouble'] as const;
export const EMAIL_TYPES = ['Html', 'PlainText'] as const;

export type NativeKey = 'email' | 'optInType' | 'emailType' | 'status';

export type ParsedPath =
  { readonly part: 'native'; readonly key: NativeKey } | { readonly part: 'field' | 'member' | 'book'; readonly name: string };

/** Types of data fields, as the vendor spells them. */
export type DataFieldType = 'String' | 'Numeric' | 'Date' | 'Boolean';

/** The importer takes nothing of whoever may not be mailed. @source the contacts service's specification, failureCode of an import */
const OF_THE_MAILED = { heldBy: ['status'] };

const NATIVES: Readonly<Record<NativeKey, FieldDescription>> = {
  email: { ...describeField('email', 'Email', 'email'), ...OF_THE_MAILED, required: true, unique: true, maxLength: 256 },
  optInType: { ...describeField('optInType', 'Opt-in type', 'picklist'), ...OF_THE_MAILED, options: OPT_IN_TYPES },
  emailType: { ...describeField('emailType', 'Email type', 'picklist'), ...OF_THE_MAILED, options: EMAIL_TYPES },
  status: describeField('status', 'Subscription to the account', 'consent'),
};

/** The account's own field that tells when somebody last subscribed; nobody may write it. */
export const LAST_SUBSCRIBED = 'LASTSUBSCRIBED';

const BOOKS: MembershipTraits = {
  role: 'book',
  email: 'email',
  names: { first: 'field/FIRSTNAME', last: 'field/LASTNAME', full: 'field/FULLNAME' },
  member: (name) => `member/${name}`,
  listOf(path) {
    const parsed = parsePath(path);
    if (parsed?.part !== 'member' && parsed?.part !== 'book') return undefined;
    return { name: parsed.name, isMembership: parsed.part === 'member' };
  },
  consent: (name) => `book/${name}`,
  accountConsent: 'status',
  // The names of data fields contain no small letters, those of the contact itself do.
  field: (name) => (parsePath(name) === undefined ? `field/${name}` : name),
  isBuiltIn: isBuiltInBook,
};

/** Books that every account has and nobody may change: all contacts, and those of test sends. @source support.dotdigital.com, system address books */
export function isBuiltInBook(name: string): boolean {
  return ['all contacts', 'test'].includes(name.trim().toLowerCase());
}

export const CATALOG: ProviderCatalog = {
  objects: [CONTACT],
  field(object, path) {
    const parsed = object === CONTACT ? parsePath(path) : undefined;
    if (parsed === undefined) return undefined;
    return parsed.part === 'native' ? NATIVES[parsed.key] : 'account';
  },
  paths: (object) => (object === CONTACT ? Object.keys(NATIVES) : []),
  memberships: (object) => (object === CONTACT ? BOOKS : undefined),
};

export function parsePath(path: string): ParsedPath | undefined {
  if (Object.hasOwn(NATIVES, path)) return { part: 'native', key: path as NativeKey };
  const slash = path.indexOf('/');
  const part = path.slice(0, Math.max(0, slash));
  const name = path.slice(slash + 1);
  if ((part !== 'field' && part !== 'member' && part !== 'book') || name === '') return undefined;
  return { part, name };
}

export function nativeField(key: NativeKey): FieldDescription {
  return NATIVES[key];
}

/** A data field as mappings see it. Dates of the vendor have a time of day. */
export function dataField(path: string, name: string, type: DataFieldType): FieldDescription {
  const readOnly = name.toUpperCase() === LAST_SUBSCRIBED;
  const described = { ...describeField(path, name, FIELD_TYPES[type]), ...OF_THE_MAILED };
  switch (type) {
    case 'String':
      return { ...described, maxLength: LONGEST_TEXT };
    case 'Date':
      return { ...described, ...(readOnly ? { createable: false, updateable: false } : {}) };
    default:
      return described;
  }
}

const FIELD_TYPES: Readonly<Record<DataFieldType, FieldType>> = {
  String: 'string',
  Numeric: 'decimal',
  Date: 'datetime',
  Boolean: 'boolean',
};

export function bookField(path: string, part: 'member' | 'book', name: string): FieldDescription {
  if (part === 'book') return describeField(path, name, 'consent');
  // Adding somebody who left the book to it has no effect.
  return { ...describeField(path, name, 'boolean'), heldBy: ['status', `book/${name}`] };
}

/** A field that may be written at any time and that no contact needs. */
function describeField(path: string, label: string, type: FieldType): FieldDescription {
  return { path, label, type, createable: true, updateable: true, required: false, unique: false };
}
