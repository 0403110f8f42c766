/** Requests in the vendor's terms: what one upsert of the contact carries, and what needs calls of its own. */
import type { FieldValue } from '../../model/value.ts';
import type { WriteRequest } from '../provider.ts';
import { encodeValue } from './data-values.ts';
import { EMAIL_TYPES, OPT_IN_TYPES, type NativeKey } from './fields.ts';
import { pathsOf, restrict, type Layout, type MappedBook, type MappedField } from './layout.ts';
import { failed, type Failed } from './outcomes.ts';

export interface PlannedWrite {
  readonly request: WriteRequest;
  /** Its place in the batch. */
  readonly index: number;
  /** The address that is written, in lower case. */
  readonly email: string | undefined;
  /** What is known of the address that the contact has now, in lower case. */
  readonly knownEmail: string | undefined;
  /** What one upsert carries besides the identifiers; empty where nothing of the contact is written. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether the person subscribes to the account again, which needs a call that asks the person. */
  readonly resubscribes: boolean;
  /** Books whose membership ends. */
  readonly leaves: readonly MappedBook[];
  readonly unsubscribesFrom: readonly MappedBook[];
  readonly resubscribesTo: readonly MappedBook[];
  /** The part of the layout that the request writes. */
  readonly written: Layout;
}

/** Translates a request, or says at once why the vendor cannot take it. */
export function planWrite(layout: Layout, request: WriteRequest, index: number): PlannedWrite | Failed {
  const creating = request.action === 'create';
  const written = restrict(layout, request.values);
  const known = new Set(pathsOf(written));
  const unmapped = Object.keys(request.values).filter((path) => !known.has(path));
  if (unmapped.length > 0) return invalid('The request writes a field that was not mapped.', unmapped);
  if (!creating && request.id === undefined) return invalid('The request names no contact.', []);

  const natives = new Map<NativeKey, FieldValue>();
  for (const { path, key } of written.natives) {
    const value = request.values[path] ?? null;
    if (typeof value === 'object' && value !== null) return invalid(`"${path}" holds one value, not several.`, [path]);
    natives.set(key, value);
  }
  const email = textOrUndefined(natives.get('email'))?.toLowerCase();
  if (email === undefined && (creating || natives.has('email'))) {
    return invalid('A Dotdigital contact needs an e-mail address.', ['email']);
  }
  const dataFields: Record<string, unknown> = {};
  for (const field of written.fields) {
    const value = encodeValue(field.type, request.values[field.path] ?? null);
    if (value === undefined) return invalid(`"${field.path}" cannot hold the value: ${expectation(field)}.`, [field.path]);
    // A create may find the contact there already: only what has a value is sent, so that nothing of it is wiped.
    if (value !== null || !creating) dataFields[field.name] = value;
  }
  const channel: Record<string, unknown> = {};
  for (const [key, words] of [['optInType', OPT_IN_TYPES] as const, ['emailType', EMAIL_TYPES] as const]) {
    const value = textOrUndefined(natives.get(key));
    if (value === undefined) continue;
    if (!(words as readonly string[]).includes(value)) return invalid(`"${key}" takes one of ${words.join(', ')}.`, [key]);
    channel[key] = `${value.charAt(0).toLowerCase()}${value.slice(1)}`;
  }
  const status = natives.get('status') ?? null;
  // New contacts are subscribed by the vendor's own default; an opt-out that a create finds stays.
  if (isOut(status)) channel['status'] = 'unsubscribed';

  const lists: number[] = [];
  const leaves: MappedBook[] = [];
  for (const mapped of written.members) {
    if (request.values[mapped.path] === true) lists.push(Number(mapped.book.id));
    else if (!creating) leaves.push(mapped);
  }
  const unsubscribesFrom: MappedBook[] = [];
  const resubscribesTo: MappedBook[] = [];
  for (const mapped of written.consents) {
    const state = request.values[mapped.path] ?? null;
    if (isOut(state)) unsubscribesFrom.push(mapped);
    else if (state === 'subscribed' && isKnownOut(request, mapped.path)) resubscribesTo.push(mapped);
    else if (state === 'subscribed' && !lists.includes(Number(mapped.book.id))) lists.push(Number(mapped.book.id));
  }
  return {
    request,
    index,
    email,
    knownEmail: creating ? email : textOrUndefined(request.before?.['email'])?.toLowerCase(),
    body: {
      ...(Object.keys(dataFields).length === 0 ? {} : { dataFields }),
      ...(Object.keys(channel).length === 0 ? {} : { channelProperties: { email: channel } }),
      ...(lists.length === 0 ? {} : { lists }),
    },
    resubscribes: !creating && status === 'subscribed' && request.before?.['status'] !== 'subscribed',
    leaves,
    unsubscribesFrom,
    resubscribesTo,
    written,
  };
}

/** Whether the contact itself is written, and not only its books. */
export function writesContact(plan: PlannedWrite): boolean {
  return plan.request.action === 'create' || plan.email !== undefined || Object.keys(plan.body).length > 0;
}

/** Whether the bulk importer can express the request; it never asks a person whether to subscribe again. */
export function canImport(plan: PlannedWrite): boolean {
  return plan.request.action !== 'delete' && writesContact(plan) && !plan.resubscribes;
}

/** By which the vendor finds the contact: an update names its id, so that a changed address makes no second contact. */
export function identifiersOf(plan: PlannedWrite): Readonly<Record<string, unknown>> {
  const { id } = plan.request;
  return {
    ...(id === undefined ? {} : { contactId: Number(id) }),
    ...(plan.email === undefined ? {} : { email: plan.email }),
  };
}

/** Somebody who is not known to have left a book is added to it, which lifts no opt-out. */
function isKnownOut({ action, before }: WriteRequest, path: string): boolean {
  return action === 'update' && isOut(before?.[path] ?? null);
}

/** All three stronger states close the subscription, the only means that the vendor has. */
function isOut(value: FieldValue): boolean {
  return value === 'unsubscribed' || value === 'complained' || value === 'erased';
}

function textOrUndefined(value: FieldValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function expectation(field: MappedField): string {
  switch (field.type) {
    case 'String':
      return 'it takes one text';
    case 'Numeric':
      return 'it takes a number of at most 18 digits before and 9 behind the point';
    case 'Date':
      return 'it takes a date, or an instant';
    case 'Boolean':
      return 'it takes true or false';
  }
}

function invalid(message: string, fields: readonly string[]): Failed {
  return failed('PROVIDER_INVALID_VALUE', message, fields);
}
