/**
 * What an org says of its objects: `describe` answers, kept for one connection, and their fields in
 * Syncline's terms.
 */
import type { Clock } from '../../model/time.ts';
import type { FieldDescription, FieldType } from '../../model/value.ts';
import type { ObjectDescription } from '../provider.ts';
import type { ApiClient } from './client.ts';
import { unexpectedAnswer } from './failure.ts';
import { parentField } from './fields.ts';
import { computedOf } from './formula.ts';
import { checkName } from './soql.ts';

/** The part of a describe answer that is used here; all else is left unread. */
export interface VendorObject {
  readonly name: string;
  readonly label: string;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly queryable: boolean;
  readonly fields: readonly VendorField[];
}

export interface VendorField {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly nillable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly unique: boolean;
  readonly externalId: boolean;
  readonly custom: boolean;
  readonly restrictedPicklist: boolean;
  readonly picklistValues: readonly { readonly value: string; readonly label: string; readonly active: boolean }[];
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  readonly defaultValue: unknown;
  readonly inlineHelpText: string | null;
  readonly caseSensitive: boolean;
  readonly calculated: boolean;
  readonly calculatedFormula: string | null;
  readonly autoNumber: boolean;
}

export interface DescribeCache {
  /** The object as this connection last saw it; asks only the first time. */
  get(object: string): Promise<VendorObject>;
  /** Asks again: fields appear a few seconds after they are made, and with permissions. */
  refresh(object: string): Promise<VendorObject>;
  /** Whether the last answer is a few minutes old at most, and nothing was changed since. */
  isRecent(object: string): boolean;
  /** Told when an object's fields were changed or removed. */
  forget(): void;
  /** The last answer, without asking. */
  known(object: string): VendorObject | undefined;
}

/** For so long, a description serves again: a plan and the cycle that follows it need not ask twice. */
const RECENT_MS = 5 * 60_000;

export function createDescribeCache(client: ApiClient, clock: Clock): DescribeCache {
  const answers = new Map<string, Promise<VendorObject>>();
  const settled = new Map<string, VendorObject>();
  const askedAt = new Map<string, number>();

  function refresh(object: string): Promise<VendorObject> {
    askedAt.set(object, clock.now());
    const answer = ask(client, object).then((described) => {
      settled.set(object, described);
      return described;
    });
    answers.set(object, answer);
    // A failure is not kept: the next one who asks tries again.
    answer.catch(() => answers.delete(object));
    return answer;
  }

  return {
    get: (object) => answers.get(object) ?? refresh(object),
    refresh,
    isRecent: (object) => answers.has(object) && clock.now() - (askedAt.get(object) ?? Number.NEGATIVE_INFINITY) < RECENT_MS,
    forget: () => askedAt.clear(),
    known: (object) => settled.get(object),
  };
}

async function ask(client: ApiClient, object: string): Promise<VendorObject> {
  const { body } = await client.call({ method: 'GET', path: `/sobjects/${checkName(object)}/describe`, effect: 'none' });
  if (typeof body !== 'object' || body === null || !('fields' in body) || !Array.isArray(body.fields)) {
    throw unexpectedAnswer(client.integration, `The description of ${object} lists no fields.`);
  }
  return body as unknown as VendorObject;
}

/**
 * Finds the paths in what the org says now. A path through parents (`Account.Name`) is followed
 * through their descriptions, one more call for each object on the way. A field hidden by
 * field-level security is missing from describe, and so is it here.
 */
export async function describeObject(cache: DescribeCache, object: string, paths: readonly string[]): Promise<ObjectDescription> {
  let served = false;
  const found = await findFields(
    (name) => {
      if (!cache.isRecent(name)) return cache.refresh(name);
      served = true;
      return cache.get(name);
    },
    object,
    paths,
  );
  return found.missing.length > 0 && served ? findFields((name) => cache.refresh(name), object, paths) : found;
}

async function findFields(
  describe: (object: string) => Promise<VendorObject>,
  object: string,
  paths: readonly string[],
): Promise<ObjectDescription> {
  const asked = new Map<string, Promise<VendorObject>>();
  const once = (name: string): Promise<VendorObject> => {
    const answer = asked.get(name) ?? describe(name);
    asked.set(name, answer);
    return answer;
  };

  const root = await once(object);
  const fields: FieldDescription[] = [];
  const missing: string[] = [];
  for (const path of new Set(paths)) {
    const field = await findField(root, path.split('.'), once);
    if (field === undefined) missing.push(path);
    else fields.push(field);
  }
  return { object: root.name, fields, missing };
}

async function findField(
  root: VendorObject,
  steps: readonly string[],
  describe: (object: string) => Promise<VendorObject>,
): Promise<FieldDescription | undefined> {
  const relationships = steps.slice(0, -1);
  let current = root;
  for (const relationship of relationships) {
    const reference = current.fields.find((field) => field.relationshipName === relationship);
    // Through a reference to several types only the few fields that all of them have can be read, and no stamp.
    if (reference === undefined || reference.referenceTo.length !== 1) return undefined;
    current = await describe(reference.referenceTo[0]!);
  }
  const field = current.fields.find((candidate) => candidate.name === steps.at(-1));
  const known = field === undefined ? undefined : toFieldDescription(field);
  if (field === undefined || known === undefined) return undefined;
  const computed = await computedOf(field, current, describe);
  const description = computed === undefined ? known : { ...known, computed };
  return relationships.length === 0 ? description : parentField(description, relationships, current.label);
}

/** Names of the fields without which no record of the object can be created. */
export function requiredOnCreate(object: VendorObject): string[] {
  return object.fields.filter(isRequired).map((field) => field.name);
}

function isRequired(field: VendorField): boolean {
  return field.createable && !field.nillable && !field.defaultedOnCreate;
}

const TYPES: Readonly<Record<string, FieldType>> = {
  id: 'id',
  reference: 'id',
  string: 'string',
  combobox: 'string',
  encryptedstring: 'string',
  time: 'string',
  textarea: 'text',
  email: 'email',
  phone: 'phone',
  url: 'url',
  boolean: 'boolean',
  int: 'integer',
  long: 'integer',
  double: 'decimal',
  currency: 'decimal',
  percent: 'decimal',
  date: 'date',
  datetime: 'datetime',
  picklist: 'picklist',
  multipicklist: 'set',
};

const TEXT_TYPES: ReadonlySet<FieldType> = new Set(['string', 'text', 'email', 'phone', 'url']);

/** `undefined` for what is no single value: compound addresses and locations (their parts are fields of their own), files. */
function toFieldDescription(field: VendorField): FieldDescription | undefined {
  const type = TYPES[field.type];
  if (type === undefined) return undefined;
  const limitedText = TEXT_TYPES.has(type) || (type === 'picklist' && !field.restrictedPicklist);
  const closedList = (type === 'picklist' || type === 'set') && field.restrictedPicklist;
  return {
    path: field.name,
    label: field.label,
    type,
    createable: field.createable,
    updateable: field.updateable,
    required: isRequired(field),
    unique: field.unique || field.type === 'id',
    ...(limitedText && field.length > 0 ? { maxLength: field.length } : {}),
    ...(closedList ? { options: field.picklistValues.filter((value) => value.active).map((value) => value.value) } : {}),
    ...(field.name === 'HasOptedOutOfEmail' ? { optedOutWhen: true } : {}),
  };
}
