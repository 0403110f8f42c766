/** What happens in one history, drawn from chance before it begins, so that any part of it can be told again. */
import type { FieldValue } from '../../src/model/value.ts';
import { CONSENT_PATH, CRM, MAIL, MAPPED, UNMAPPED_PATH, type EndName } from './accounts.ts';
import type { Chance } from './chance.ts';
import type { Vendor } from './vendor.ts';

export type Event = PersonalEvent | { readonly kind: 'wait'; readonly ms: number } | SyncEvent;

export interface SyncEvent {
  readonly kind: 'sync';
  readonly sweep: boolean;
  /** How many of the events that follow happen while it runs. */
  readonly busy: number;
  /** Ends the process at this moment of it. */
  readonly killAt: number | undefined;
  /** Whether somebody starts a second one meanwhile. */
  readonly second: boolean;
}

/** `nth` picks among the records that are there when it happens. */
export type PersonalEvent =
  | {
      readonly kind: 'enter';
      readonly end: EndName;
      readonly address: 'new' | 'of-other-end' | 'of-same-end' | 'of-the-deleted';
      readonly nth: number;
      readonly serial: number;
      readonly optedOut: boolean;
      readonly complete: boolean;
    }
  | { readonly kind: 'edit'; readonly end: EndName; readonly nth: number; readonly path: string; readonly value: FieldValue }
  | { readonly kind: 'consent'; readonly end: EndName; readonly nth: number; readonly out: boolean }
  | { readonly kind: 'remove'; readonly end: EndName; readonly nth: number };

const NTH = 1_000;
const ENDS: readonly EndName[] = [CRM, MAIL];

export function drawEvents(chance: Chance): readonly Event[] {
  const events: Event[] = [];
  let serial = 0;
  const population = 1 + chance.below(5);
  for (let index = 0; index < population; index += 1) events.push(drawEntry(chance, (serial += 1)));
  events.push(drawSync(chance));
  const length = 5 + chance.below(25);
  for (let index = 0; index < length; index += 1) {
    const drawn = chance.next();
    if (drawn < 0.28) events.push(drawSync(chance));
    else if (drawn < 0.36) events.push({ kind: 'wait', ms: chance.pick([1_500, 60_000, 1_500_000, 90_000_000]) });
    else if (drawn < 0.46) events.push(drawEntry(chance, (serial += 1)));
    else if (drawn < 0.51) events.push({ kind: 'remove', end: chance.pick(ENDS), nth: chance.below(NTH) });
    else if (drawn < 0.64)
      events.push({ kind: 'consent', end: chance.pick(ENDS), nth: chance.below(NTH), out: chance.happens(0.6) });
    else events.push(drawEdit(chance, (serial += 1)));
  }
  return events;
}

function drawSync(chance: Chance): SyncEvent {
  return {
    kind: 'sync',
    sweep: chance.happens(0.3),
    busy: chance.happens(0.4) ? 1 + chance.below(3) : 0,
    killAt: chance.happens(0.15) ? 1 + chance.below(40) : undefined,
    second: chance.happens(0.1),
  };
}

function drawEntry(chance: Chance, serial: number): PersonalEvent {
  return {
    kind: 'enter',
    end: chance.pick(ENDS),
    address: chance.pick(['new', 'new', 'new', 'of-other-end', 'of-other-end', 'of-same-end', 'of-the-deleted']),
    nth: chance.below(NTH),
    serial,
    optedOut: chance.happens(0.15),
    complete: chance.happens(0.8),
  };
}

function drawEdit(chance: Chance, serial: number): PersonalEvent {
  const end = chance.pick(ENDS);
  const nth = chance.below(NTH);
  if (chance.happens(0.12)) return { kind: 'edit', end, nth, path: UNMAPPED_PATH[end], value: `memo ${serial}` };
  const field = chance.pick(MAPPED);
  const path = field.path[end];
  if (field.name === 'e-mail')
    return { kind: 'edit', end, nth, path, value: chance.happens(0.08) ? null : `Moved${serial}@Example.org` };
  const blank = chance.happens(0.2);
  const value = `${path}-${serial}`;
  return { kind: 'edit', end, nth, path, value: blank ? chance.pick([null, ' ']) : chance.pick([value, value, ` ${value} `]) };
}

/** Carries out what a person does. What the vendor refuses did not happen. */
export function perform(event: PersonalEvent, vendors: Readonly<Record<EndName, Vendor>>): void {
  const vendor = vendors[event.end];
  if (event.kind === 'enter') {
    enter(event, vendors);
    return;
  }
  const live = vendor.live();
  const record = live[event.nth % Math.max(1, live.length)];
  if (record === undefined) return;
  if (event.kind === 'remove') vendor.remove(record.id);
  else if (event.kind === 'consent') vendor.edit(record.id, { [CONSENT_PATH[event.end]]: consentValue(event.end, event.out) });
  else vendor.edit(record.id, { [event.path]: event.value });
}

function enter(event: Extract<PersonalEvent, { kind: 'enter' }>, vendors: Readonly<Record<EndName, Vendor>>): void {
  const { end, serial } = event;
  const vendor = vendors[end];
  const other = vendors[end === CRM ? MAIL : CRM];
  const pool = {
    new: [],
    'of-other-end': addresses(other, false),
    'of-same-end': addresses(vendor, false),
    'of-the-deleted': addresses(vendor, true),
  }[event.address];
  const email = pool[event.nth % Math.max(1, pool.length)] ?? `Person${serial}@Example.org`;
  const values: Record<string, FieldValue> = { [vendor.traits.emailPath]: email };
  for (const [index, field] of MAPPED.entries()) {
    if (field.name === 'e-mail') continue;
    if (event.complete || (event.nth + index) % 2 === 0) values[field.path[end]] = `${field.path[end]}-new-${serial}`;
  }
  values[UNMAPPED_PATH[end]] = `memo new ${serial}`;
  if (vendor.traits.requiredOnCreate.includes('First')) values['First'] ??= `First-new-${serial}`;
  if (event.optedOut || event.nth % 3 === 0) values[CONSENT_PATH[end]] = consentValue(end, event.optedOut);
  vendor.enter(values);
}

function addresses(vendor: Vendor, deleted: boolean): readonly FieldValue[] {
  return [...vendor.records.values()]
    .filter((record) => record.deleted === deleted)
    .map((record) => record.values[vendor.traits.emailPath] ?? null)
    .filter((email) => email !== null);
}

function consentValue(end: EndName, out: boolean): FieldValue {
  if (end === CRM) return out;
  return out ? 'unsubscribed' : 'subscribed';
}
