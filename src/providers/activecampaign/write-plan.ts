/** What one write request asks of the vendor, in its spelling. */
import type { ConsentState, FieldValue } from '../../model/value.ts';
import type { WriteOutcome, WriteRequest } from '../provider.ts';
import { encodeValue } from './field-values.ts';
import type { NativeKey } from './catalog.ts';
import type { Layout, MappedField, MappedName } from './layout.ts';

export interface PlannedWrite {
  readonly request: WriteRequest;
  readonly index: number;
  readonly natives: Readonly<Partial<Record<NativeKey, string>>>;
  readonly fields: readonly { readonly id: string; readonly value: string; readonly replaces: boolean }[];
  readonly addTags: readonly MappedName[];
  readonly removeTags: readonly MappedName[];
  /** Subscriptions to record; `unknown` leaves nothing to write and is not among them. */
  readonly consents: readonly { readonly list: MappedName; readonly state: 'subscribed' | 'unsubscribed' }[];
  /** The address that the contact is known by at the vendor, in lower case. */
  readonly email: string | undefined;
  /** The part of the layout that the request writes. */
  readonly written: Layout;
}

type Failed = Extract<WriteOutcome, { status: 'failed' }>;

/** Translates a request, or says at once why the vendor cannot take it. */
export function planWrite(layout: Layout, request: WriteRequest, index: number): PlannedWrite | Failed {
  const creating = request.action === 'create';
  const natives: Partial<Record<NativeKey, string>> = {};
  const fields: PlannedWrite['fields'][number][] = [];
  const addTags: MappedName[] = [];
  const removeTags: MappedName[] = [];
  const consents: { list: MappedName; state: 'subscribed' | 'unsubscribed' }[] = [];
  const written = restrict(layout, request.values);
  const known = written.natives.length + written.fields.length + written.tags.length + written.lists.length;
  if (known !== Object.keys(request.values).length) {
    return refuse(
      'The request writes a field that was not mapped.',
      Object.keys(request.values).filter((path) => !isMapped(written, path)),
    );
  }
  for (const { path, key } of written.natives) {
    const value = request.values[path] ?? null;
    if (typeof value === 'object' && value !== null) return refuse(`"${path}" holds one value, not several.`, [path]);
    // A create may find the contact there already: only what has a value is sent, so that nothing of it is wiped.
    if (value === null && creating) continue;
    if (value === null && key === 'email') return refuse('An ActiveCampaign contact cannot lose its e-mail address.', [path]);
    natives[key] = value === null ? '' : String(value);
  }
  for (const field of written.fields) {
    const text = encodeValue(field.kind, request.values[field.path] ?? null);
    if (text === undefined) return refuse(`"${field.path}" cannot hold the value: ${expectation(field)}.`, [field.path]);
    if (text !== '' || !creating)
      fields.push({ id: field.id, value: text, replaces: !creating && mayHoldValue(request, field.path) });
  }
  for (const tag of written.tags) (request.values[tag.path] === true ? addTags : removeTags).push(tag);
  for (const list of written.lists) {
    const state = consentOf(request.values[list.path] ?? null);
    if (state === undefined) return refuse(`"${list.path}" holds a consent: subscribed, unsubscribed or unknown.`, [list.path]);
    if (state !== 'unknown') consents.push({ list, state });
  }
  if (creating && (natives.email ?? '') === '') return refuse('An ActiveCampaign contact needs an e-mail address.', ['email']);
  if (!creating && request.id === undefined) return refuse('The request names no contact.', []);
  const before = request.before?.['email'];
  const email = creating ? natives.email : typeof before === 'string' && before !== '' ? before : undefined;
  return { request, index, natives, fields, addTags, removeTags, consents, email: email?.toLowerCase(), written };
}

/** Whether the contact may have a row for a field: a checkbox that is off and one that was never set read alike. */
export function mayHoldValue({ before }: WriteRequest, path: string): boolean {
  const value = before?.[path];
  return value !== null && value !== false;
}

/** Calls that the request takes by itself: the contact, each tag, each subscription, and a look before subscribing. */
export function singleCalls(plan: PlannedWrite): number {
  if (plan.request.action === 'delete') return 1;
  const untagging = plan.request.action === 'update' && plan.removeTags.length > 0 ? 1 + plan.removeTags.length : 0;
  const looking = subscribesAnew(plan) ? 1 : 0;
  return looking + (writesContact(plan) ? 1 : 0) + plan.addTags.length + untagging + plan.consents.length;
}

/** Whether a contact that is there already is subscribed: it is looked at before. */
export function subscribesAnew({ request, consents }: PlannedWrite): boolean {
  return request.action === 'update' && consents.some(({ state }) => state === 'subscribed');
}

export function writesContact(plan: PlannedWrite): boolean {
  return plan.request.action === 'create' || Object.keys(plan.natives).length > 0 || plan.fields.length > 0;
}

/**
 * Whether the bulk importer can express the request. It knows contacts by their address, adds and
 * sets only, and never subscribes somebody who left.
 */
export function canImport(plan: PlannedWrite): boolean {
  const { request, email } = plan;
  // One malformed address makes the importer refuse all contacts of the call.
  if (request.action === 'delete' || email === undefined || !/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>"]+$/.test(email))
    return false;
  if (request.action === 'create') return true;
  // UNVERIFIED: whether a blank in an import clears a value; clearing goes by itself.
  const clears = Object.values(plan.natives).includes('') || plan.fields.some((field) => field.value === '');
  const movesAddress = plan.natives.email !== undefined;
  const subscribes = plan.consents.some((consent) => consent.state === 'subscribed');
  return !clears && !movesAddress && !subscribes && plan.removeTags.length === 0 && singleCalls(plan) > 0;
}

function consentOf(value: FieldValue): (ConsentState & ('subscribed' | 'unsubscribed' | 'unknown')) | undefined {
  if (value === null || value === 'unknown') return 'unknown';
  if (value === 'subscribed') return 'subscribed';
  // Both stronger states close the list as well, the only means that the vendor has.
  return value === 'unsubscribed' || value === 'complained' || value === 'erased' ? 'unsubscribed' : undefined;
}

function expectation(field: MappedField): string {
  switch (field.kind) {
    case 'boolean':
      return 'the checkbox takes true or false';
    case 'date':
      return 'it takes a date such as 2026-01-31';
    case 'datetime':
      return 'it takes an instant';
    case 'decimal':
      return 'it takes a number';
    case 'set':
      return 'choices are kept apart by "||", so none may hold it, or begin or end with "|"';
    case 'text':
      return 'it takes one text';
  }
}

/** The layout without the paths that a request does not write. */
function restrict(layout: Layout, values: Readonly<Record<string, unknown>>): Layout {
  const given = (part: { readonly path: string }): boolean => Object.hasOwn(values, part.path);
  return {
    natives: layout.natives.filter(given),
    fields: layout.fields.filter(given),
    tags: layout.tags.filter(given),
    lists: layout.lists.filter(given),
    accountFields: layout.accountFields,
  };
}

function isMapped(layout: Layout, path: string): boolean {
  return [...layout.natives, ...layout.fields, ...layout.tags, ...layout.lists].some((part) => part.path === path);
}

function refuse(message: string, fields: readonly string[]): Failed {
  return { status: 'failed', code: 'PROVIDER_INVALID_VALUE', message, retryable: false, fields };
}
