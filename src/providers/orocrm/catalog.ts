/**
 * What a mapping may name at a contact or a lead: attributes as OroCRM spells them, one related entity
 * by its id (`owner`, `source` ...), `groups` (labels of a contact's groups), the name of the account
 * (`accounts.name` of a contact, `account.name` of a lead), and, where the installation exposes
 * marketing lists, `list/NAME` and `unsubscribed/NAME`. Extended fields are attributes as well.
 * @source OroCRM, ContactBundle and SalesBundle: api.yml and the texts of their API
 */
import type { FieldDescription, FieldType } from '../../model/value.ts';
import type { MembershipTraits, ProviderCatalog } from '../provider.ts';

export const CONTACT = 'contact';
export const LEAD = 'lead';

/** A relationship to one entity, whose id is the value. */
interface Relation {
  readonly label: string;
  /** JSON:API type of what it leads to. */
  readonly type: string;
}

export interface ObjectKind {
  readonly object: string;
  /** Type of its entities, and their collection's path. */
  readonly collection: string;
  readonly attributes: ReadonlyMap<string, FieldDescription>;
  readonly relations: Readonly<Record<string, Relation>>;
  /** The relationship by which `ACCOUNT.name` is read. */
  readonly account: 'account' | 'accounts';
  /** The class of its entities, as marketing lists name it. */
  readonly entityClass: string;
}

export type ParsedPath =
  | { readonly part: 'attribute' | 'relation' | 'groups' | 'account' }
  | { readonly part: 'list' | 'unsubscribed'; readonly name: string };

/** Sets of addresses, each with the attribute that says which of them comes first, and the key of an item. */
export const PRIMARY_SETS = [
  { set: 'emails', primary: 'primaryEmail', item: 'email' },
  { set: 'phones', primary: 'primaryPhone', item: 'phone' },
] as const;

/** On installations since version 7.1; the account tells whether this one has it. */
export const EXTERNAL_ID = 'externalId';

const SHARED: readonly FieldDescription[] = [
  attribute('namePrefix', 'Name prefix'),
  attribute('firstName', 'First name'),
  attribute('middleName', 'Middle name'),
  attribute('lastName', 'Last name'),
  attribute('nameSuffix', 'Name suffix'),
  attribute('jobTitle', 'Job title'),
  attribute('twitter', 'Twitter'),
  attribute('linkedIn', 'LinkedIn'),
  attribute('primaryEmail', 'Primary email', 'email'),
  attribute('primaryPhone', 'Primary phone', 'phone'),
  attribute('emails', 'Emails', 'set'),
  attribute('phones', 'Phones', 'set'),
  // Accepted in a write, and ignored.
  readOnly('createdAt', 'Created at', 'datetime'),
  readOnly('updatedAt', 'Updated at', 'datetime'),
  readOnly('lastContactedDate', 'Last contact datetime', 'datetime'),
  readOnly('lastContactedDateIn', 'Last incoming contact datetime', 'datetime'),
  readOnly('lastContactedDateOut', 'Last outgoing contact datetime', 'datetime'),
  readOnly('timesContacted', 'Total times contacted', 'integer'),
  readOnly('timesContactedIn', 'Times contacted incoming', 'integer'),
  readOnly('timesContactedOut', 'Times contacted outgoing', 'integer'),
];

const KINDS: Readonly<Record<string, ObjectKind>> = {
  [CONTACT]: {
    object: CONTACT,
    collection: 'contacts',
    attributes: byPath([
      ...SHARED,
      attribute('gender', 'Gender'),
      attribute('birthday', 'Birthday', 'date'),
      attribute('description', 'Description', 'text'),
      attribute('fax', 'Fax'),
      attribute('skype', 'Skype'),
      attribute('facebook', 'Facebook'),
      attribute('googlePlus', 'Google+'),
    ]),
    relations: {
      owner: { label: 'Owner', type: 'users' },
      assignedTo: { label: 'Assigned to', type: 'users' },
      source: { label: 'Source', type: 'contactsources' },
      method: { label: 'Method', type: 'contactmethods' },
    },
    account: 'accounts',
    entityClass: 'Oro\\Bundle\\ContactBundle\\Entity\\Contact',
  },
  [LEAD]: {
    object: LEAD,
    collection: 'leads',
    attributes: byPath([
      { ...attribute('name', 'Opportunity name'), required: true },
      ...SHARED,
      attribute('companyName', 'Company name'),
      attribute('website', 'Website', 'url'),
      attribute('numberOfEmployees', 'Number of employees', 'integer'),
      attribute('industry', 'Industry'),
      attribute('notes', 'Notes', 'text'),
    ]),
    relations: {
      owner: { label: 'Owner', type: 'users' },
      status: { label: 'Status', type: 'leadstatuses' },
      source: { label: 'Source', type: 'leadsources' },
    },
    account: 'account',
    entityClass: 'Oro\\Bundle\\SalesBundle\\Entity\\Lead',
  },
};

export const CATALOG: ProviderCatalog = {
  objects: Object.keys(KINDS),
  field(object, path) {
    const kind = kindOf(object);
    if (kind === undefined) return undefined;
    const known = stockField(kind, path);
    if (known !== undefined) return known;
    if (parsePath(kind, path) === undefined) return undefined;
    return 'account';
  },
  createdPath: (object) => (kindOf(object) === undefined ? undefined : 'createdAt'),
  paths(object) {
    const kind = kindOf(object);
    if (kind === undefined) return [];
    const groups = kind.object === CONTACT ? ['groups'] : [];
    return [...kind.attributes.keys(), ...Object.keys(kind.relations), ...groups, `${kind.account}.name`];
  },
  memberships(object) {
    const kind = kindOf(object);
    return kind === undefined ? undefined : listsOf(kind);
  },
};

/** Marketing lists, whose members their segments compute. */
function listsOf(kind: ObjectKind): MembershipTraits {
  return {
    role: 'list',
    email: 'primaryEmail',
    names: { first: 'firstName', last: 'lastName' },
    member: (name) => `list/${name}`,
    listOf(path) {
      const parsed = parsePath(kind, path);
      if (parsed?.part !== 'list' && parsed?.part !== 'unsubscribed') return undefined;
      return { name: parsed.name, isMembership: parsed.part === 'list' };
    },
    consent: (name) => `unsubscribed/${name}`,
    field: (name) => name,
    isBuiltIn: () => false,
  };
}

export function kindOf(object: string): ObjectKind | undefined {
  return Object.hasOwn(KINDS, object) ? KINDS[object] : undefined;
}

/** What a path names; `undefined` for what cannot be a path of the object. */
export function parsePath(kind: ObjectKind, path: string): ParsedPath | undefined {
  if (Object.hasOwn(kind.relations, path)) return { part: 'relation' };
  if (path === 'groups') return kind.object === CONTACT ? { part: 'groups' } : undefined;
  if (path === `${kind.account}.name`) return { part: 'account' };
  const marked = /^(list|unsubscribed)\/(.+)$/s.exec(path);
  if (marked !== null) return { part: marked[1] as 'list' | 'unsubscribed', name: marked[2]! };
  return /^[A-Za-z_]\w*$/.test(path) ? { part: 'attribute' } : undefined;
}

/** A field that every installation has. */
export function stockField(kind: ObjectKind, path: string): FieldDescription | undefined {
  const known = kind.attributes.get(path);
  if (known !== undefined) return known;
  switch (parsePath(kind, path)?.part) {
    case 'relation':
      return attribute(path, kind.relations[path]!.label, 'id');
    case 'account':
      return { ...readOnly(path, 'Account name', 'string'), parent: kind.account };
    default:
      return undefined;
  }
}

/** A field that may be written at any time and that no record needs. */
export function attribute(path: string, label: string, type: FieldType = 'string'): FieldDescription {
  return { path, label, type, createable: true, updateable: true, required: false, unique: false };
}

export function readOnly(path: string, label: string, type: FieldType): FieldDescription {
  return { ...attribute(path, label, type), createable: false, updateable: false };
}

function byPath(fields: readonly FieldDescription[]): ReadonlyMap<string, FieldDescription> {
  return new Map(fields.map((field) => [field.path, field]));
}
