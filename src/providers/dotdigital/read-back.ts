/** Reads written contacts back: what the vendor made of them is what both ends agree on. */
import type { FieldValue } from '../../model/value.ts';
import { inParallel } from '../../http/parallel.ts';
import type { WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import { recordOf } from './contact.ts';
import { ChangedContacts, type ReadContact, type Wanted } from './changed-contacts.ts';
import { readContact, v3Pages } from './contact-listing.ts';
import { decodeValue, encodeValue } from './data-values.ts';
import { suppressed } from './import-failures.ts';
import type { Layout } from './layout.ts';
import { outcomeOf, partlyApplied } from '../outcomes.ts';
import { failed, missing, unknown } from './outcomes.ts';
import type { Learned } from './stream.ts';
import type { PlannedWrite } from './write-plan.ts';

/** From so many contacts on, one listing of what changed is read. */
const LISTED_FROM = 10;

export interface Expected {
  readonly plan: PlannedWrite;
  readonly id: string | undefined;
  readonly created: boolean;
  /** An instant before it was written, by the vendor's clock; absent where it was not. */
  readonly since: number | undefined;
  /**
   * What the vendor said: that it was written, that the person may not be mailed, that the job ended
   * badly, or nothing.
   */
  readonly certainty: 'written' | 'suppressed' | 'failed' | 'unknown';
  /** Set where the answer to the write showed enough of the contact. */
  readonly seen?: Seen | undefined;
}

export interface Seen extends ReadContact {
  /** What of the mapped fields was seen. */
  readonly layout: Layout;
}

/** Calls to read back so many contacts, where nobody was refused. */
export function readBackCalls(contacts: number): number {
  return contacts < LISTED_FROM ? contacts : v3Pages(contacts);
}

/** @param changed a listing that serves several calls; without it each has its own */
export async function readBack(
  api: Api,
  learned: Learned,
  layout: Layout,
  expected: readonly Expected[],
  signal?: AbortSignal,
  changed?: ChangedContacts,
): Promise<Map<number, WriteOutcome>> {
  const seen = await findContacts(api, layout, expected, signal, changed);
  const outcomes = new Map<number, WriteOutcome>();
  for (const one of expected) {
    const { plan } = one;
    const found = seen.get(plan.index);
    const outcome = found instanceof Error ? partlyApplied(outcomeOf(found, 'email')) : settled(api, one, found);
    if (outcome.status === 'applied' && outcome.created && learned.contacts !== undefined) learned.contacts += 1;
    outcomes.set(plan.index, outcome);
  }
  return outcomes;
}

function settled(api: Api, { plan, created, certainty }: Expected, seen: Seen | undefined): WriteOutcome {
  if (seen === undefined) {
    if (plan.request.id !== undefined) return missing();
    if (certainty === 'suppressed') return suppressed();
    if (certainty === 'failed') return importFailed();
    return unknown('Nothing shows the contact, although the vendor was given it.');
  }
  const record = recordOf(api, seen.layout, seen.contact, seen.date);
  const outcome: WriteOutcome = { status: 'applied', id: seen.contact.id, created, record };
  if (certainty === 'written' || asSent(plan, record.values)) return outcome;
  // A create that is passed over has found somebody.
  if (certainty === 'suppressed') return plan.request.action === 'create' ? outcome : suppressed();
  if (certainty === 'failed') return importFailed();
  return unknown('The import ended without a word of this contact, and it does not hold what was sent.');
}

function importFailed(): WriteOutcome {
  const refusal = failed('PROVIDER_UNAVAILABLE', 'The import failed at Dotdigital before this contact was written.');
  return { ...refusal, retryable: true };
}

/** By the index of their requests: from the listing of what changed since, else asked for one by one. */
async function findContacts(
  api: Api,
  layout: Layout,
  expected: readonly Expected[],
  signal: AbortSignal | undefined,
  changed: ChangedContacts | undefined,
): Promise<Map<number, Seen | Error>> {
  const found = new Map<number, Seen | Error>();
  for (const { plan, seen } of expected) if (seen !== undefined) found.set(plan.index, seen);
  const written = expected.filter(
    ({ plan, since, certainty }) => !found.has(plan.index) && since !== undefined && certainty !== 'suppressed',
  );
  if (written.length >= LISTED_FROM || changed?.isListed === true) {
    const listing = changed ?? new ChangedContacts(api, layout, earliestOf(written), wantedOf(written), signal);
    for (const { id, plan } of written) {
      const one = await listing.find(id, plan.email);
      if (one !== undefined) found.set(plan.index, { ...one, layout });
    }
  }
  // An import that changes nothing need not move the stamp of a contact.
  const missing = expected.filter(({ plan }) => !found.has(plan.index));
  await inParallel(missing, async ({ plan, id }) => {
    try {
      const value = id ?? plan.email;
      const one =
        value === undefined ? undefined : await readContact(api, id === undefined ? 'email' : 'contactId', value, signal);
      if (one !== undefined) found.set(plan.index, { ...one, layout });
    } catch (error) {
      found.set(plan.index, error as Error);
    }
  });
  return found;
}

function earliestOf(written: readonly Expected[]): number {
  return written.reduce((earliest, one) => Math.min(earliest, one.since!), Number.POSITIVE_INFINITY);
}

function wantedOf(written: readonly Expected[]): Wanted {
  const [known, unknown] = [written.filter(({ id }) => id !== undefined), written.filter(({ id }) => id === undefined)];
  return { ids: new Set(known.map(({ id }) => id!)), emails: new Set(unknown.map(({ plan }) => plan.email ?? '')) };
}

/** Whether a contact holds exactly what a request wrote, as far as the vendor's spelling can say it. */
function asSent({ request, written }: PlannedWrite, values: Readonly<Record<string, FieldValue>>): boolean {
  const same = (path: string, sent: FieldValue): boolean =>
    (sent === null && request.action === 'create') || JSON.stringify(values[path] ?? null) === JSON.stringify(sent);
  const sent = (path: string): FieldValue => request.values[path] ?? null;
  return (
    written.natives.every(({ path, key }) => {
      const value = sent(path);
      if (key === 'status') return value === 'unknown' || same(path, value);
      return same(path, key === 'email' && typeof value === 'string' ? value.trim().toLowerCase() : value);
    }) &&
    written.fields.every(({ path, type }) => same(path, decodeValue(type, encodeValue(type, sent(path))))) &&
    written.members.every(({ path }) => same(path, sent(path) === true)) &&
    written.consents.every(({ path }) => sent(path) === null || sent(path) === 'unknown' || same(path, sent(path)))
  );
}
