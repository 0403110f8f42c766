/**
 * Reads back what imports did: the importer answers with a count and a list of failures, so that
 * ids, values and subscriptions of everybody else are looked up, in as few calls as they allow.
 */
import type { FieldValue } from '../../model/value.ts';
import { toInstant } from '../../model/time.ts';
import type { WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import type { Account } from './completion.ts';
import { keysetPages, listContacts, readOptOuts, type AscendingIds } from './contact-listing.ts';
import { NO_TAGS, readAt, readContactTags, readDetail, recordOf, statusOf, type ContactDetail } from './contact-record.ts';
import { decodeValue } from './field-values.ts';
import type { ImportBatch, ImportResult } from './import-job.ts';
import { idsOfEmail } from './key-lookup.ts';
import { inParallel } from '../../http/parallel.ts';
import { setStatus, writeSingle } from './single-writes.ts';
import { outcomeOf, partlyApplied } from '../outcomes.ts';
import { countValues, isSeen, readAllValues, readLatestValues, valuePages } from './value-listing.ts';
import { valueReadBack } from './write-costs.ts';
import type { ContactRow, FieldValueRow, ListStatus } from './rows.ts';
import { mayHoldValue, type PlannedWrite } from './write-plan.ts';

const NO_VALUES: ReadonlyMap<string, string> = new Map();
/** `cdate` and `udate` have whole seconds, as the `Date` header has. */
const SECOND_MS = 1_000;

export interface Imported {
  readonly plan: PlannedWrite;
  readonly batch: ImportBatch;
  readonly result: ImportResult;
}

/** A contact that an import concerned, as it is found afterwards. */
interface Found {
  readonly imported: Imported;
  readonly contact: ContactRow;
  /** When the listing that showed it was answered, by the vendor's clock. */
  readonly listedAt?: number | undefined;
  /** Set where it was read by itself. */
  readonly detail?: ContactDetail;
}

/** Custom field values of a contact, and whether they are those of all mapped fields. */
interface Written {
  readonly values: ReadonlyMap<string, string>;
  readonly complete: boolean;
}

/**
 * @param viaImport ids of the lists whose opt-outs travelled with the imports; those of other lists,
 *   and those that did not arrive, are recorded by calls of their own. `undefined` writes nothing.
 */
export async function readBackImports(
  account: Account,
  imports: readonly Imported[],
  viaImport: ReadonlySet<string> | undefined,
  signal?: AbortSignal,
): Promise<Map<number, WriteOutcome>> {
  const { api } = account;
  const outcomes = new Map<number, WriteOutcome>();
  const expected: Imported[] = [];
  for (const imported of imports) {
    const { plan, result } = imported;
    if (plan.email !== undefined && result.failures.has(plan.email)) outcomes.set(plan.index, refusedByImporter());
    else if (result.state === 'pending')
      outcomes.set(plan.index, { status: 'pending', message: 'The import has not ended yet.' });
    else expected.push(imported);
  }
  const found = await findContacts(api, expected, signal);
  for (const { plan } of expected) {
    if (!found.has(plan.index))
      outcomes.set(plan.index, unknown('The import ended without a word of this contact, and it is not there.'));
  }
  const values = await readWrittenValues(account, [...found.values()], signal);
  const optOuts = await readOptOutsOf(account, [...found.values()], viaImport, signal);
  const settled = await inParallel([...found.values()], async (one): Promise<readonly [number, WriteOutcome]> => {
    try {
      return [one.imported.plan.index, await settle(account, one, values, optOuts, viaImport !== undefined, signal)];
    } catch (error) {
      return [one.imported.plan.index, partlyApplied(outcomeOf(error, 'email'))];
    }
  });
  for (const [index, outcome] of settled) outcomes.set(index, outcome);
  return outcomes;
}

/** Contacts by the index of their request: from the listing of what changed since, else asked for one by one. */
async function findContacts(
  api: Api,
  imports: readonly Imported[],
  signal: AbortSignal | undefined,
): Promise<Map<number, Found>> {
  const found = new Map<number, Found>();
  if (imports.length === 0) return found;
  const byId = new Map<string, Imported>();
  const byEmail = new Map<string, Imported>();
  for (const imported of imports) {
    if (imported.plan.request.id === undefined) byEmail.set(imported.plan.email ?? '', imported);
    else byId.set(imported.plan.request.id, imported);
  }
  for await (const page of listContacts(api, { 'filters[updated_after]': toInstant(sinceOf(imports)) }, signal)) {
    for (const contact of page.contacts) {
      const imported = byId.get(contact.id) ?? byEmail.get(contact.email.toLowerCase());
      if (imported !== undefined) found.set(imported.plan.index, { imported, contact, listedAt: page.date });
    }
    const missing = imports.length - found.size;
    if (missing === 0 || (page.total !== undefined && keysetPages(page.total) - 1 > missing)) break;
  }
  // An import that changes nothing need not move the stamp of a contact.
  const missing = imports.filter(({ plan }) => !found.has(plan.index));
  await inParallel(missing, async (imported) => {
    const { id } = imported.plan.request;
    const known = id ?? (await idsOfEmail(api, imported.plan.email ?? '', signal))[0];
    const detail = known === undefined ? undefined : await readDetail(api, known, signal);
    if (detail !== undefined) found.set(imported.plan.index, { imported, contact: detail.contact, detail });
  });
  return found;
}

/** An instant before all that these imports changed, by the vendor's clock. */
function sinceOf(imports: readonly Imported[]): number {
  return imports.reduce((earliest, { batch }) => Math.min(earliest, batch.acceptedAt), Number.POSITIVE_INFINITY) - 2 * SECOND_MS;
}

/** Values of the written custom fields by contact. */
async function readWrittenValues(
  account: Account,
  found: readonly Found[],
  signal: AbortSignal | undefined,
): Promise<(one: Found) => Promise<Written>> {
  const { api, totals } = account;
  const single = async (one: Found): Promise<Written> => {
    const detail = one.detail ?? (await readDetail(api, one.contact.id, signal));
    return { values: detail?.values ?? NO_VALUES, complete: detail !== undefined };
  };
  const open = found.filter((one) => one.detail === undefined && one.imported.plan.fields.length > 0);
  if (open.length === 0) return single;
  const latest = open.filter((one) => !one.imported.plan.fields.some((field) => field.replaces));
  const added = open.reduce((sum, one) => sum + one.imported.plan.fields.filter((field) => !field.replaces).length, 0);
  if (valueReadBack(added, open.length - latest.length, totals).all) {
    const all = await readEverything(account, added, signal);
    if (all !== undefined) return all;
  }
  const values = await readAdded(account, latest, added, signal);
  const isFound = ({ contact, imported }: Found): boolean =>
    imported.plan.fields.every((field) => values.get(contact.number)?.has(field.id) === true);
  // UNVERIFIED: that new values are listed last. Who is not found complete there is read by itself, or with everybody.
  const missing = latest.filter((one) => !isFound(one)).length;
  if (totals.values !== undefined && missing > valuePages(totals.values)) {
    const all = await readEverything(account, added, signal);
    if (all !== undefined) return all;
  }
  return (one) => {
    const written = one.detail === undefined && isFound(one) ? values.get(one.contact.number) : undefined;
    return written === undefined ? single(one) : Promise.resolve({ values: written, complete: holdsNoMore(account, one) });
  };
}

async function readEverything(
  { api, layout, totals }: Account,
  added: number,
  signal: AbortSignal | undefined,
): Promise<((one: Found) => Promise<Written>) | undefined> {
  const { values, seen } = totals;
  const spool = await readAllValues(api, layout, totals, Number.POSITIVE_INFINITY, signal);
  // Where more rows came than ours, they may be of contacts that were read before.
  totals.seen = values !== undefined && totals.values === values + added ? seen : undefined;
  if (spool === undefined) return undefined;
  return (one) => Promise.resolve({ values: one.detail?.values ?? spool.valuesOf(one.contact.number), complete: true });
}

/** Rows that came since the values were last counted, by contact and field. */
async function readAdded(
  { api, totals }: Account,
  expected: readonly Found[],
  added: number,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, ReadonlyMap<string, string>>> {
  const values = new Map<number, Map<string, string>>(expected.map((one) => [one.contact.number, new Map()]));
  if (added === 0) return values;
  const offset = totals.values ?? Math.max(0, (await countValues(api, totals, signal)) - added);
  const take = (row: FieldValueRow): void => {
    const own = values.get(row.contact);
    if (own === undefined) totals.seen?.except.add(row.contact);
    else own.set(row.field, row.value ?? '');
  };
  await readLatestValues(api, offset, totals, take, signal);
  return values;
}

/** Whether a contact surely has no custom field values but those that were just added to it. */
function holdsNoMore({ layout, totals }: Account, { contact, imported: { plan, batch, result } }: Found): boolean {
  if (plan.request.action === 'create' && wasMade(contact, batch, result)) return true;
  const fieldIds = layout.fields.map((field) => field.id);
  return isSeen(totals, fieldIds, contact.number) && layout.fields.every((field) => !mayHoldValue(plan.request, field.path));
}

async function readOptOutsOf(
  { api, totals }: Account,
  found: readonly Found[],
  viaImport: ReadonlySet<string> | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, AscendingIds>> {
  const lists = new Map(
    found
      .flatMap(({ imported }) =>
        imported.plan.consents.filter((consent) => consent.state === 'unsubscribed' && viaImport?.has(consent.list.id) === true),
      )
      .map(({ list }) => [list.id, list]),
  );
  const optOuts = new Map<string, AscendingIds>();
  for (const list of lists.values()) {
    // Who left long ago does not matter here; an import moves the stamp of those whom it unsubscribes.
    const optedOut = await readOptOuts(api, list, signal, toInstant(sinceOf(found.map(({ imported }) => imported))));
    optOuts.set(list.id, optedOut);
    const known = totals.optOuts.get(list.id);
    if (known !== undefined) totals.optOuts.set(list.id, known + optedOut.ids.length);
  }
  return optOuts;
}

async function settle(
  { api, layout }: Account,
  one: Found,
  valuesOf: (one: Found) => Promise<Written>,
  optOuts: ReadonlyMap<string, AscendingIds>,
  mayWrite: boolean,
  signal: AbortSignal | undefined,
): Promise<WriteOutcome> {
  const { plan, batch, result } = one.imported;
  const { contact } = one;
  const creating = plan.request.action === 'create';
  if (!creating && plan.email !== undefined && contact.email.toLowerCase() !== plan.email) {
    if (!mayWrite) return unknown('The contact has another e-mail address than it had when the import was made.');
    await removeMistaken(api, one.imported, signal);
    return writeSingle(api, plan, signal);
  }
  const created = creating && wasMade(contact, batch, result);
  const written = plan.fields.length === 0 ? { values: NO_VALUES, complete: layout.fields.length === 0 } : await valuesOf(one);
  const tags = await tagsAfter(api, one, created, signal);
  const statuses = await statusesAfter(api, one, created, optOuts, mayWrite, signal);
  // What carries a tag that is not written was not asked: such a contact is not known in full.
  const complete = written.complete && layout.tags.every((tag) => plan.addTags.some((added) => added.id === tag.id));
  const shown = complete ? { ...layout, lists: plan.written.lists } : plan.written;
  const record = { ...recordOf(shown, contact, written.values, tags, statuses), ...readAt(complete ? one.listedAt : undefined) };
  if (result.state !== 'completed' && !asSent(plan, record.values)) {
    return unknown('The import ended before all of it was done, and the contact does not hold what was sent.');
  }
  return { status: 'applied', id: contact.id, created, record };
}

/**
 * Somebody changed the contact's address between our reading and the import, which therefore made
 * another contact of the old address. That one is removed again, but only if the vendor lists it as
 * made by this import and it is no older than that.
 */
async function removeMistaken(api: Api, { plan, batch, result }: Imported, signal: AbortSignal | undefined): Promise<void> {
  for (const id of await idsOfEmail(api, plan.email ?? '', signal)) {
    const mistaken = result.made.has(id) ? await readDetail(api, id, signal) : undefined;
    if (mistaken === undefined || !wasMade(mistaken.contact, batch, result)) continue;
    await api.client.call({ method: 'DELETE', path: `/contacts/${id}`, accept: [404], idempotent: true, signal });
  }
}

/**
 * Whether the import made the contact: it is no older than the import, and among those that the
 * vendor lists as made. UNVERIFIED: whether that list has new contacts only, as documented; a list of
 * everybody leaves the decision to the age.
 */
function wasMade(contact: ContactRow, batch: ImportBatch, result: ImportResult): boolean {
  const young = contact.createdAt !== undefined && Date.parse(contact.createdAt) >= batch.acceptedAt - SECOND_MS;
  return young && (result.made.size === 0 || result.made.has(contact.id));
}

/** The importer adds tags and takes none off; what a contact carried before is only asked for where it matters. */
async function tagsAfter(api: Api, one: Found, created: boolean, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const { plan, result } = one.imported;
  if (plan.written.tags.length === 0) return NO_TAGS;
  const mustLook = result.state !== 'completed' || (!created && plan.removeTags.length > 0);
  if (mustLook) return new Set((await readContactTags(api, one.contact.id, signal)).keys());
  return new Set(plan.addTags.map((tag) => tag.id));
}

async function statusesAfter(
  api: Api,
  one: Found,
  created: boolean,
  optOuts: ReadonlyMap<string, AscendingIds>,
  mayWrite: boolean,
  signal: AbortSignal | undefined,
): Promise<ListStatus[]> {
  const { plan, result } = one.imported;
  const statuses: ListStatus[] = [];
  let detail = one.detail;
  for (const { list, state } of plan.consents) {
    const optedOut = optOuts.get(list.id)?.has(one.contact.number) === true;
    if (state === 'unsubscribed' && (optedOut || mayWrite)) {
      statuses.push(
        optedOut ? { list: list.id, state, at: undefined } : await setStatus(api, one.contact.id, list.id, state, signal),
      );
    } else if (state === 'subscribed' && created && result.state === 'completed') {
      statuses.push({ list: list.id, state, at: undefined });
    } else {
      // The importer never subscribes somebody who left: what holds now is what the vendor says.
      detail ??= await readDetail(api, one.contact.id, signal);
      statuses.push(statusOf(list, detail?.statuses ?? []) ?? { list: list.id, state: 'unknown', at: undefined });
    }
  }
  return statuses;
}

/** Whether a contact holds exactly what a request wrote, as far as the vendor's text can say it. */
function asSent(plan: PlannedWrite, values: Readonly<Record<string, FieldValue>>): boolean {
  const same = (a: FieldValue | undefined, b: FieldValue | undefined): boolean =>
    JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  return (
    plan.written.natives.every(
      ({ path, key }) => plan.natives[key] === undefined || same(values[path], plan.natives[key] || null),
    ) &&
    plan.fields.every(({ id, value }) =>
      plan.written.fields
        .filter((field) => field.id === id)
        .every((field) => same(values[field.path], decodeValue(field.kind, value))),
    ) &&
    plan.addTags.every((tag) => values[tag.path] === true) &&
    plan.consents.every(({ list, state }) => values[list.path] === state)
  );
}

function refusedByImporter(): WriteOutcome {
  return {
    status: 'failed',
    code: 'PROVIDER_REFUSED',
    message: "ActiveCampaign's importer refused the contact: its address is malformed, excluded, or does not receive mail.",
    retryable: false,
    fields: ['email'],
  };
}

function unknown(message: string): WriteOutcome {
  return { status: 'unknown', message };
}
