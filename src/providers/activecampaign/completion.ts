/**
 * Completes contacts: listings hold names, e-mail and phone only, so custom field values, tags and
 * list subscriptions come from elsewhere, by whichever way takes fewer calls.
 *
 * One call a contact brings its custom fields and exact subscriptions; in bulk, a listing brings the
 * values of all contacts, and of subscriptions only who opted out.
 */
import type { ConsentState, FieldValue, RemoteRecord } from '../../model/value.ts';
import type { Api } from './api.ts';
import { decodeValue } from './field-values.ts';
import { keysetPages, readCarriers, type AscendingIds } from './contact-listing.ts';
import { nativeValue, type Layout, type LayoutShape, type MappedName } from './layout.ts';
import { contactOf, embeddedRows, fieldValueOf, isDeleted, listStatusOf, rowOf, rowsOf, type ContactRow, type ListStatus } from './rows.ts';
import { knownValueCalls, readAllValues, valuePages, type Totals } from './value-listing.ts';

/** Below this many contacts, asking how large the account is costs more than it can save. */
export const WORTH_ASKING = 9;
/** Requests on the way at one time: enough to fill five a second, few enough to stop quickly. */
const WIDTH = 4;

export interface Account {
  readonly api: Api;
  readonly layout: Layout;
  readonly totals: Totals;
}

export interface CompletionOptions {
  /** How many contacts are to be completed. */
  readonly contacts: number;
  /** Whether these are all contacts of the account. */
  readonly everybody: boolean;
  /** Whether `subscribed` must be told from `unknown`, which only single reads can. */
  readonly exactConsent: boolean;
  /** Where all of them changed after an instant. */
  readonly updatedAfter?: string;
  /** By list id; complete. Used where subscriptions are not read singly. */
  readonly optOuts: ReadonlyMap<string, AscendingIds>;
}

/** Completes pages of contacts. Those that do not exist any more are left out. */
export type Complete = (contacts: readonly ContactRow[], signal?: AbortSignal) => Promise<RemoteRecord[]>;

export async function prepareCompletion(account: Account, options: CompletionOptions, signal?: AbortSignal): Promise<Complete> {
  const { api, layout, totals } = account;
  const tagsOf = await prepareTags(account, options, signal);
  const single = async (contact: ContactRow): Promise<RemoteRecord | undefined> => readContact(account, contact.id, tagsOf, signal);
  const mustBeSingle = options.exactConsent && layout.lists.length > 0;
  const spool = mustBeSingle ? undefined : await bulkValues(account, options, signal);
  if (spool === undefined) return async (contacts) => (await inParallel(contacts, single)).filter((record) => record !== undefined);
  return async (contacts) =>
    inParallel(contacts, async (contact) => {
      const values = spool.valuesOf(contact.number);
      const tags = layout.tags.length === 0 ? NO_TAGS : await tagsOf(contact.id);
      const statuses = layout.lists.map((list) => ({
        list: list.id,
        state: options.optOuts.get(list.id)?.has(contact.number) === true ? ('unsubscribed' as const) : ('unknown' as const),
        at: undefined,
      }));
      return recordOf(layout, contact, values, tags, statuses);
    });

  async function bulkValues(
    { layout: { fields } }: Account,
    { contacts, everybody }: CompletionOptions,
    stop: AbortSignal | undefined,
  ): ReturnType<typeof readAllValues> {
    if (fields.length === 0) return readAllValues(api, layout, totals, 0, stop);
    const unknown = knownValueCalls([...new Set(fields.map((field) => field.id))], totals) === undefined;
    const notWorthAsking = unknown && !everybody && contacts < WORTH_ASKING;
    return notWorthAsking ? undefined : readAllValues(api, layout, totals, contacts, stop);
  }
}

const NO_TAGS: ReadonlySet<string> = new Set();

type TagsOf = (contact: string) => Promise<ReadonlySet<string>>;

/** Tags of contacts: one call each, or the carriers of every mapped tag. */
async function prepareTags({ api, layout, totals }: Account, options: CompletionOptions, signal: AbortSignal | undefined): Promise<TagsOf> {
  const { tags } = layout;
  if (tags.length === 0) return () => Promise.resolve(NO_TAGS);
  if (!listsTags(tags.length, options, tags.map((tag) => totals.carriers.get(tag.id)))) {
    return async (contact) => new Set((await readContactTags(api, contact, signal)).keys());
  }
  const carriers = new Map<string, AscendingIds>();
  for (const tag of tags) {
    const ids = await readCarriers(api, tag, options.updatedAfter, signal);
    carriers.set(tag.id, ids);
    if (options.updatedAfter === undefined) totals.carriers.set(tag.id, ids.ids.length);
  }
  return (contact) => Promise.resolve(new Set(tags.filter((tag) => carriers.get(tag.id)!.has(Number(contact))).map((tag) => tag.id)));
}

/** Whether listing the carriers of the tags takes fewer calls than asking for each contact's tags. */
function listsTags(tags: number, options: Pick<CompletionOptions, 'contacts' | 'everybody' | 'updatedAfter'>, carriers: readonly (number | undefined)[]): boolean {
  return tagListingCalls(tags, options, carriers) < options.contacts || (options.everybody && options.contacts > 0);
}

/** At most: as if everybody who can be listed carried every tag. */
function tagListingCalls(
  tags: number,
  options: Pick<CompletionOptions, 'contacts' | 'everybody' | 'updatedAfter'>,
  carriers: readonly (number | undefined)[],
): number {
  if (options.everybody || options.updatedAfter !== undefined) return tags * keysetPages(options.contacts);
  const known = carriers.filter((count) => count !== undefined);
  return known.length < tags ? Number.POSITIVE_INFINITY : known.reduce((sum, count) => sum + keysetPages(count), 0);
}

/** What completing costs, in calls, by the rules above. Values are assumed to be set wherever they can be. */
export function completionCalls(
  shape: LayoutShape,
  options: Pick<CompletionOptions, 'contacts' | 'everybody' | 'exactConsent' | 'updatedAfter'>,
  totals: Totals,
  fieldIds: readonly string[] | undefined,
  accountFields: number | undefined,
): number {
  const { contacts } = options;
  if (contacts === 0) return options.everybody && shape.fields > 0 ? 1 : 0;
  const listing = shape.tags === 0 ? 0 : tagListingCalls(shape.tags, options, tagCarriers(totals, shape.tags));
  const tags = shape.tags === 0 ? 0 : options.everybody ? listing : Math.min(contacts, listing);
  if (options.exactConsent && shape.lists > 0) return tags + contacts;
  if (shape.fields === 0) return tags;
  const known = fieldIds === undefined ? undefined : knownValueCalls(fieldIds, totals);
  if (known !== undefined) return tags + Math.min(known, contacts);
  if (!options.everybody) return tags + contacts + (contacts < WORTH_ASKING ? 0 : 1);
  const all = Math.max(accountFields ?? 0, shape.fields);
  return tags + (shape.fields / all > 0.75 ? valuePages(contacts * all) : 1 + shape.fields * valuePages(contacts));
}

function tagCarriers(totals: Totals, tags: number): (number | undefined)[] {
  const known = [...totals.carriers.values()];
  return Array.from({ length: tags }, (_, index) => known[index]);
}

/** Tags of one contact: the id of the tag and of the row that joins the two, which untagging needs. */
export async function readContactTags(api: Api, contact: string, signal?: AbortSignal): Promise<Map<string, string>> {
  const answer = await api.client.call({ method: 'GET', path: `/contacts/${contact}/contactTags`, accept: [404], signal });
  if (answer.status === 404) return new Map();
  return new Map(rowsOf(api, answer, 'contactTags').map((row) => [String(row['tag']), String(row['id'])]));
}

/** One contact in full with its exact subscriptions; `undefined` where it does not exist any more. */
export async function readContact(account: Account, id: string, tagsOf: TagsOf, signal?: AbortSignal): Promise<RemoteRecord | undefined> {
  const { api, layout } = account;
  const answer = await api.client.call({ method: 'GET', path: `/contacts/${id}`, accept: [404], signal });
  if (answer.status === 404) return undefined;
  const row = rowOf(api, answer, 'contact');
  if (isDeleted(row)) return undefined;
  const values = new Map<string, string>();
  for (const embedded of embeddedRows(answer, 'fieldValues')) {
    const value = fieldValueOf(api, embedded);
    if (value.value !== undefined) values.set(value.field, value.value);
  }
  const statuses = embeddedRows(answer, 'contactLists').map((embedded) => listStatusOf(api, embedded));
  return recordOf(layout, contactOf(api, row), values, layout.tags.length === 0 ? NO_TAGS : await tagsOf(id), statuses);
}

/** Asks for the tags of each contact by itself. */
export function singleTags(api: Api): TagsOf {
  return async (contact) => new Set((await readContactTags(api, contact)).keys());
}

/** A contact as a record: every mapped path, `null` where there is no value. */
export function recordOf(
  layout: Layout,
  contact: ContactRow,
  values: ReadonlyMap<string, string>,
  tags: ReadonlySet<string>,
  statuses: readonly ListStatus[],
): RemoteRecord {
  const result: Record<string, FieldValue> = {};
  const evidence: Record<string, string> = {};
  for (const native of layout.natives) result[native.path] = nativeValue(contact, native.key);
  for (const field of layout.fields) result[field.path] = decodeValue(field.kind, values.get(field.id));
  for (const tag of layout.tags) result[tag.path] = tags.has(tag.id);
  for (const list of layout.lists) {
    const status = strictest(list, statuses);
    result[list.path] = status?.state ?? ('unknown' satisfies ConsentState);
    if (status?.at !== undefined && status.state !== 'unknown') evidence[list.path] = status.at;
  }
  return {
    id: contact.id,
    values: result,
    ...(contact.modifiedAt === undefined ? {} : { modifiedAt: contact.modifiedAt }),
    ...(Object.keys(evidence).length === 0 ? {} : { evidence }),
  };
}

/** Of several rows for one list, an opt-out wins. */
function strictest(list: MappedName, statuses: readonly ListStatus[]): ListStatus | undefined {
  const own = statuses.filter((status) => status.list === list.id);
  return own.find((status) => status.state === 'unsubscribed') ?? own.find((status) => status.state === 'subscribed') ?? own[0];
}

/** Runs `work` for every item, a few at a time; results in the order of the items. Stops at the first error. */
export async function inParallel<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = Array.from({ length: items.length });
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(WIDTH, items.length) }, lane));
  const broken = lanes.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  return results;
}
