/**
 * Completes contacts: listings hold names, e-mail and phone only, so custom field values, tags and
 * list subscriptions come from elsewhere, by whichever way takes fewer calls.
 *
 * One call a contact brings its custom fields and exact subscriptions; in bulk, a listing brings the
 * values of all contacts, and of subscriptions only who opted out.
 */
import type { RemoteRecord } from '../../model/value.ts';
import type { Api } from './api.ts';
import { keysetPages, readCarriers, type AscendingIds } from './contact-listing.ts';
import { NO_TAGS, readContact, recordOf, singleTags, type TagsOf } from './contact-record.ts';
import type { Layout, LayoutShape } from './layout.ts';
import { inParallel } from '../../http/parallel.ts';
import type { ContactRow } from './rows.ts';
import { knownValueCalls, readAllValues, valuePages, WORTH_FILTERING, type Totals } from './value-listing.ts';
import type { ValueSpool } from './value-spool.ts';

/** Below this many contacts, asking how large the account is costs more than it can save. */
const WORTH_ASKING = 9;

export interface Account {
  readonly api: Api;
  readonly layout: Layout;
  readonly totals: Totals;
}

export interface Scope {
  /** How many contacts are to be completed. */
  readonly contacts: number;
  /** Whether these are all contacts of the account. */
  readonly everybody: boolean;
  /** One by one in any case: only single reads tell `subscribed` from `unknown`. */
  readonly singly: boolean;
  /** Where all of them changed after an instant. */
  readonly updatedAfter?: string;
  /** How many contacts changed after that instant, where not all of them are to be completed. */
  readonly listed?: number;
}

/** How contacts will be completed: one by one from their ids, or from rows of a listing. Vanished ones are left out. */
export type Completion =
  | { readonly way: 'single'; complete(ids: readonly string[]): Promise<RemoteRecord[]> }
  | { readonly way: 'bulk'; complete(contacts: readonly ContactRow[]): Promise<RemoteRecord[]> };

/** @param optOuts by list id, complete; believed where subscriptions are not read singly */
export async function prepareCompletion(
  account: Account,
  scope: Scope,
  optOuts: ReadonlyMap<string, AscendingIds>,
  signal?: AbortSignal,
): Promise<Completion> {
  const { api, layout } = account;
  const spool = scope.singly ? undefined : await bulkValues(account, scope, signal);
  const tagsOf = await prepareTags(account, scope, signal);
  if (spool === undefined) {
    const single = (id: string): Promise<RemoteRecord | undefined> => readContact(api, layout, id, tagsOf, signal);
    return { way: 'single', complete: async (ids) => (await inParallel(ids, single)).filter((record) => record !== undefined) };
  }
  const complete = (contacts: readonly ContactRow[]): Promise<RemoteRecord[]> =>
    inParallel(contacts, async (contact) => {
      const statuses = layout.lists.map(({ id }) => ({
        list: id,
        state: consentInBulk(optOuts.get(id), contact),
        at: undefined,
      }));
      const tags = layout.tags.length === 0 ? NO_TAGS : await tagsOf(contact.id);
      return recordOf(layout, contact, spool.valuesOf(contact.number), tags, statuses);
    });
  return { way: 'bulk', complete };
}

/** Completes rows of a listing either way. */
export function completeRows(completion: Completion, contacts: readonly ContactRow[]): Promise<RemoteRecord[]> {
  return completion.way === 'bulk' ? completion.complete(contacts) : completion.complete(contacts.map((contact) => contact.id));
}

function consentInBulk(optOuts: AscendingIds | undefined, contact: ContactRow): 'unsubscribed' | 'unknown' {
  return optOuts?.has(contact.number) === true ? 'unsubscribed' : 'unknown';
}

/** The values of all contacts, or `undefined` where reading the contacts one by one is cheaper. */
async function bulkValues(
  { api, layout, totals }: Account,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<ValueSpool | undefined> {
  const fieldIds = layout.fields.map((field) => field.id);
  const mustAsk = knownValueCalls(fieldIds, totals) === undefined;
  if (mustAsk && !scope.everybody && scope.contacts < WORTH_ASKING) return undefined;
  return readAllValues(api, layout, totals, scope.everybody ? Number.POSITIVE_INFINITY : scope.contacts, signal);
}

/** Tags of contacts: one call each, or the carriers of every mapped tag. */
async function prepareTags({ api, layout, totals }: Account, scope: Scope, signal: AbortSignal | undefined): Promise<TagsOf> {
  const { tags } = layout;
  const tagIds = tags.map((tag) => tag.id);
  if (tags.length === 0 || scope.contacts === 0) return () => Promise.resolve(NO_TAGS);
  if (!scope.everybody && tagListingCalls(tags.length, tagIds, scope, totals) >= scope.contacts) return singleTags(api, signal);
  const carriers = new Map<string, AscendingIds>();
  for (const tag of tags) {
    const found = await readCarriers(api, tag, scope.updatedAfter, signal);
    carriers.set(tag.id, found);
    if (scope.updatedAfter === undefined) totals.carriers.set(tag.id, found.ids.length);
  }
  return (contact) => Promise.resolve(new Set(tagIds.filter((id) => carriers.get(id)!.has(Number(contact)))));
}

/** Calls to list who carries the tags, at most: as if everybody who can be listed carried each of them. */
function tagListingCalls(tags: number, tagIds: readonly string[] | undefined, scope: Scope, totals: Totals): number {
  if (scope.everybody || scope.updatedAfter !== undefined) return tags * keysetPages(scope.listed ?? scope.contacts);
  let calls = 0;
  for (const id of tagIds ?? []) calls += keysetPages(totals.carriers.get(id) ?? Number.POSITIVE_INFINITY);
  return tagIds === undefined ? Number.POSITIVE_INFINITY : calls;
}

/** What is known of the account when a price is asked for; ids are absent before the first read. */
export interface Known {
  readonly totals: Totals;
  readonly fieldIds: readonly string[] | undefined;
  readonly tagIds: readonly string[] | undefined;
  readonly accountFields: number | undefined;
}

/** What completing costs, in calls, by the rules above. What is not known is assumed to be at its worst. */
export function completionCalls(shape: LayoutShape, scope: Scope, known: Known): number {
  const { contacts } = scope;
  return tagCalls(shape.tags, scope, known) + (scope.singly ? contacts : valueCalls(shape.fields, scope, known));
}

function tagCalls(tags: number, scope: Scope, known: Known): number {
  if (tags === 0 || scope.contacts === 0) return 0;
  const listing = tagListingCalls(tags, known.tagIds, scope, known.totals);
  return scope.everybody ? listing : Math.min(scope.contacts, listing);
}

function valueCalls(fields: number, { contacts, everybody }: Scope, known: Known): number {
  if (fields === 0) return 0;
  const calls = known.fieldIds === undefined ? undefined : knownValueCalls(known.fieldIds, known.totals);
  if (calls !== undefined) return everybody ? calls : Math.min(calls, contacts);
  if (!everybody) return contacts < WORTH_ASKING ? contacts : contacts + 1;
  const all = Math.max(known.accountFields ?? 0, fields);
  return fields / all > WORTH_FILTERING ? valuePages(contacts * all) : 1 + fields * valuePages(contacts);
}
