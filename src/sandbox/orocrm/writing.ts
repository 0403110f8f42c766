/** Creating and changing entities from a document, with the CRM's own rules. */
import { isObject, pointerFault, type Fault, type JsonObject, type Reference } from './json-api.ts';
import { fitValue, isEmail, moment } from './values.ts';
import type { Relationship, ResourceType } from './resource-type.ts';
import type { Entity, Related, Store } from './store.ts';

/** What a document wants of one entity, checked but for what concerns other entities. */
export interface Wanted {
  readonly attributes: Record<string, unknown>;
  readonly relationships: Record<string, Related>;
}

/**
 * @param pointer where the resource stands in the document: `/data`, `/data/3`, `/included/0`
 * @param resolve turns a reference of the document (perhaps to something included) into a stored one
 */
export function wantedOf(
  store: Store,
  type: ResourceType,
  resource: JsonObject,
  pointer: string,
  before: Entity | undefined,
  resolve: (reference: Reference) => Reference | undefined,
): Wanted | readonly Fault[] {
  const faults: Fault[] = [];
  const attributes: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(isObject(resource['attributes']) ? resource['attributes'] : {})) {
    const attribute = type.attributes[name];
    const at = `${pointer}/attributes/${name}`;
    if (attribute === undefined) {
      faults.push(pointerFault('extra fields constraint', at, 'This field is not expected here.'));
      continue;
    }
    if (attribute.readOnly === true) continue;
    const fitted = fitValue(attribute, given);
    if ('title' in fitted) faults.push(pointerFault(fitted.title, at, fitted.detail));
    else attributes[name] = fitted.value;
  }
  const relationships: Record<string, Related> = {};
  for (const [name, given] of Object.entries(isObject(resource['relationships']) ? resource['relationships'] : {})) {
    const relationship = type.relationships[name];
    const at = `${pointer}/relationships/${name}`;
    if (relationship === undefined) faults.push(pointerFault('extra fields constraint', at, 'This field is not expected here.'));
    else if (relationship.readOnly !== true) {
      const related = relatedOf(store, relationship, isObject(given) ? given['data'] : undefined, resolve);
      if (related === undefined) faults.push(pointerFault('form constraint', `${at}/data`, 'The selected value is not valid.'));
      else relationships[name] = related;
    }
  }
  checkRequired(type, attributes, relationships, before, pointer, faults);
  checkUnique(store, type, attributes, before, pointer, faults);
  if (type.contactable === true) reconcilePrimaries(attributes, before, pointer, faults);
  if (type.type === 'contacts') checkReachable(attributes, before, pointer, faults);
  if (type.type === 'leads' || type.type === 'opportunities') followAccount(store, relationships);
  if (type.type === 'opportunities') checkAccount(relationships, before, faults);
  if (type.type === 'leads' || type.type === 'opportunities') checkCustomer(store, relationships, before, pointer, faults);
  return faults.length > 0 ? faults : { attributes, relationships };
}

function relatedOf(
  store: Store,
  relationship: Relationship,
  data: unknown,
  resolve: (reference: Reference) => Reference | undefined,
): Related | undefined {
  const one = (given: unknown): Reference | undefined => {
    if (!isObject(given) || typeof given['type'] !== 'string' || typeof given['id'] !== 'string') return undefined;
    if (!relationship.types.includes(given['type'])) return undefined;
    const found = resolve({ type: given['type'], id: given['id'] });
    return found !== undefined && (store.get(found.type, found.id) !== undefined || !store.types.has(found.type))
      ? found
      : undefined;
  };
  if (relationship.many === true) {
    if (!Array.isArray(data)) return undefined;
    const found = data.map(one);
    return found.every((reference) => reference !== undefined) ? found : undefined;
  }
  return data === null || data === undefined ? null : one(data);
}

function checkRequired(
  type: ResourceType,
  attributes: Readonly<Record<string, unknown>>,
  relationships: Readonly<Record<string, Related>>,
  before: Entity | undefined,
  pointer: string,
  faults: Fault[],
): void {
  const blank = 'This value should not be blank.';
  for (const [name, { required }] of Object.entries(type.attributes)) {
    if (required !== true || (before !== undefined && attributes[name] === undefined)) continue;
    if ((attributes[name] ?? null) === null)
      faults.push(pointerFault('not blank constraint', `${pointer}/attributes/${name}`, blank));
  }
  for (const [name, { required }] of Object.entries(type.relationships)) {
    if (required !== true || (before !== undefined && relationships[name] === undefined)) continue;
    if ((relationships[name] ?? null) === null)
      faults.push(pointerFault('not blank constraint', `${pointer}/relationships/${name}/data`, blank));
  }
}

function checkUnique(
  store: Store,
  type: ResourceType,
  attributes: Readonly<Record<string, unknown>>,
  before: Entity | undefined,
  pointer: string,
  faults: Fault[],
): void {
  for (const [name, { unique }] of Object.entries(type.attributes)) {
    const value = attributes[name];
    if (unique !== true || value === undefined || value === null) continue;
    for (const other of store.all(type.type)) {
      if (other.id === before?.id || other.attributes[name] !== value) continue;
      faults.push(pointerFault('unique entity constraint', `${pointer}/attributes/${name}`, 'This value is already used.'));
      break;
    }
  }
}

/**
 * `emails` replaces the whole set and must contain the primary address; a primary address alone that is
 * not in the set replaces the old primary one in it. @source AddressBundle, Primary{Email,Phone}TestTrait
 */
function reconcilePrimaries(
  attributes: Record<string, unknown>,
  before: Entity | undefined,
  pointer: string,
  faults: Fault[],
): void {
  for (const { set, primary, member, word } of [
    {
      set: 'emails',
      primary: 'primaryEmail',
      member: 'email',
      word: 'email address',
    },
    {
      set: 'phones',
      primary: 'primaryPhone',
      member: 'phone',
      word: 'phone number',
    },
  ]) {
    const sentSet = attributes[set] as readonly Record<string, string>[] | undefined;
    const sentPrimary = attributes[primary] as string | null | undefined;
    const oldSet = (before?.attributes[set] ?? []) as readonly Record<string, string>[];
    const oldPrimary = (before?.attributes[primary] ?? null) as string | null;
    if (sentSet === undefined && sentPrimary === undefined) continue;
    const holds = (items: readonly Record<string, string>[], text: string | null): boolean =>
      items.some((item) => item[member] === text);
    const must = `One of the ${set} must be set as primary.`;
    if (sentSet === undefined) {
      if (sentPrimary === null || sentPrimary === undefined) {
        if (oldSet.length > 0) faults.push(pointerFault('contains primary constraint', `${pointer}/attributes/${set}`, must));
        continue;
      }
      if (member === 'email' && !isEmail(sentPrimary)) {
        faults.push(
          pointerFault('email constraint', `${pointer}/attributes/${primary}`, 'This value is not a valid email address.'),
        );
        continue;
      }
      if (holds(oldSet, sentPrimary)) continue;
      const replaced = oldSet.filter((item) => item[member] !== oldPrimary);
      attributes[set] = [...replaced, { [member]: sentPrimary }];
      continue;
    }
    if (sentSet.length === 0) {
      attributes[primary] = null;
      continue;
    }
    const primaryNow = sentPrimary === undefined ? oldPrimary : sentPrimary;
    if (sentPrimary !== undefined && sentPrimary !== null && !holds(sentSet, sentPrimary))
      faults.push(pointerFault('primary item constraint', `${pointer}/attributes/${primary}`, `Unknown primary ${word}.`));
    else if (primaryNow === null || !holds(sentSet, primaryNow))
      faults.push(pointerFault('contains primary constraint', `${pointer}/attributes/${set}`, must));
  }
}

function checkReachable(
  attributes: Readonly<Record<string, unknown>>,
  before: Entity | undefined,
  pointer: string,
  faults: Fault[],
): void {
  const after = { ...before?.attributes, ...attributes };
  const isBlank = (value: unknown): boolean => (value ?? null) === null || (Array.isArray(value) && value.length === 0);
  if (!['firstName', 'lastName', 'emails', 'phones'].every((name) => isBlank(after[name]))) return;
  faults.push(
    pointerFault(
      'has contact information constraint',
      pointer,
      'At least one of the fields First name, Last name, Emails or Phones must be defined.',
    ),
  );
}

/** A customer brings its account along, and another account does without the customer of the old one. */
function followAccount(store: Store, relationships: Record<string, Related>): void {
  const { account, customer } = relationships;
  if ((account ?? null) === null && customer !== undefined && customer !== null && 'id' in customer)
    relationships['account'] = store.get(customer.type, customer.id)?.relationships['account'] ?? null;
  else if (account !== undefined && customer === undefined) relationships['customer'] = null;
}

function checkAccount(relationships: Readonly<Record<string, Related>>, before: Entity | undefined, faults: Fault[]): void {
  const has = (name: string): boolean => (relationships[name] ?? before?.relationships[name] ?? null) !== null;
  if (!has('account') && !has('customer'))
    faults.push({
      status: 400,
      title: 'form constraint',
      detail: 'Either an account or a customer should be set.',
    });
}

function checkCustomer(
  store: Store,
  relationships: Readonly<Record<string, Related>>,
  before: Entity | undefined,
  pointer: string,
  faults: Fault[],
): void {
  const of = (name: string): Reference | null =>
    ((name in relationships ? relationships[name] : before?.relationships[name]) ?? null) as Reference | null;
  const [account, customer] = [of('account'), of('customer')];
  const owner = customer === null ? undefined : store.get(customer.type, customer.id)?.relationships['account'];
  if (account === null || owner === undefined || owner === null || (owner as Reference).id === account.id) return;
  faults.push(
    pointerFault(
      'form constraint',
      `${pointer}/relationships/customer/data`,
      'The customer should be a part of the specified account.',
    ),
  );
}

const OWNER: Reference = { type: 'users', id: '1' };
const ORGANIZATION: Reference = { type: 'organizations', id: '1' };

export function create(store: Store, type: ResourceType, wanted: Wanted, now: number): Entity {
  const at = moment(now);
  const stamps =
    'updatedAt' in type.attributes ? { createdAt: at, updatedAt: at } : 'createdAt' in type.attributes ? { createdAt: at } : {};
  const defaults: Record<string, Related> = {
    ...('owner' in type.relationships
      ? { owner: type.relationships['owner']?.types[0] === ORGANIZATION.type ? ORGANIZATION : OWNER }
      : {}),
    ...('organization' in type.relationships ? { organization: ORGANIZATION } : {}),
    ...('createdBy' in type.relationships ? { createdBy: OWNER } : {}),
    ...(type.type === 'leads' ? { status: { type: 'leadstatuses', id: 'new' } } : {}),
  };
  const preset = type.type === 'campaigns' ? { reportPeriod: 'day' } : {};
  const made = store.add(type, { ...preset, ...wanted.attributes, ...stamps }, { ...defaults, ...wanted.relationships });
  for (const name of Object.keys(wanted.relationships)) mirror(store, made, name, null);
  return made;
}

export function change(store: Store, entity: Entity, wanted: Wanted, now: number): void {
  const moves = 'updatedAt' in entity.attributes && changes(entity, wanted);
  const before = { ...entity.relationships };
  const updatedBy = 'updatedBy' in entity.relationships ? { updatedBy: OWNER } : {};
  store.change(
    entity,
    { ...wanted.attributes, ...(moves ? { updatedAt: moment(now) } : {}) },
    { ...wanted.relationships, ...(moves ? updatedBy : {}) },
  );
  for (const name of Object.keys(wanted.relationships)) mirror(store, entity, name, before[name] ?? null);
}

/** A relationship that is seen from both of its ends changes at both. */
function mirror(store: Store, entity: Entity, name: string, before: Related): void {
  const inverse = store.types.get(entity.type)?.relationships[name]?.inverse;
  if (inverse === undefined) return;
  const own: Reference = { type: entity.type, id: entity.id };
  const [was, is] = [listOf(before), listOf(entity.relationships[name] ?? null)];
  const holds = (list: readonly Reference[], one: Reference): boolean =>
    list.some(({ type, id }) => type === one.type && id === one.id);
  for (const one of [...was, ...is]) {
    const other = store.get(one.type, one.id);
    if (other === undefined) continue;
    const others = listOf(other.relationships[inverse] ?? null).filter((back) => !holds([own], back));
    store.change(other, {}, { [inverse]: holds(is, one) ? [...others, own] : others });
  }
}

function listOf(related: Related): readonly Reference[] {
  if (related === null) return [];
  return 'id' in related ? [related] : related;
}

/** UNVERIFIED: that a change of the addresses alone moves the stamp; here it does. */
function changes(entity: Entity, wanted: Wanted): boolean {
  const differs = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) !== JSON.stringify(other ?? null);
  return (
    Object.entries(wanted.attributes).some(([name, value]) => differs(value, entity.attributes[name])) ||
    Object.entries(wanted.relationships).some(([name, value]) => differs(value, entity.relationships[name]))
  );
}
