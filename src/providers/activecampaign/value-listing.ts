/**
 * Reads custom field values in bulk. `/fieldValues` pages by offset only, so each page begins with
 * the last row of the one before: where it does not, rows have vanished meanwhile, others have moved
 * up unseen, and a value that was skipped would be taken for a value that somebody cleared.
 */
import type { QueryParameters } from '../../http/address.ts';
import { ProviderError } from '../../model/errors.ts';
import { PAGE_SIZE, type Api } from './api.ts';
import type { Layout, MappedField } from './layout.ts';
import { fieldValueOf, rowsOf, totalOf, type FieldValueRow } from './rows.ts';
import { createValueSpool, MAX_SPOOLED_VALUES, type ValueSpool } from './value-spool.ts';

/** New rows of a page that overlaps the one before by one row. */
const STEP = PAGE_SIZE - 1;
/** How often a read steps back before it gives up on a listing that keeps moving. */
const MAX_STEPS_BACK = 20;
/** Reading field by field is tried only where the mapped fields are at most this part of the account's. */
export const WORTH_FILTERING = 0.75;

/** What earlier reads of this connection have learned of the account's size. */
export interface Totals {
  contacts?: number;
  values?: number;
  readonly valuesOfField: Map<string, number>;
  readonly carriers: Map<string, number>;
  readonly optOuts: Map<string, number>;
  /** What is known of the rows among `values`; `undefined` where nobody here has seen them all. */
  seen: SeenValues | undefined;
}

/** All counted rows of some fields were read, and told as what their contacts hold. */
interface SeenValues {
  /** Ids of the fields, or `all`. */
  readonly fields: string;
  /** Contacts of which a row was blank, or came later and was told to nobody. */
  readonly except: Set<number>;
}

/** Whether everything that a contact holds in these fields, as far as it is counted, was told when it was read. */
export function isSeen({ seen }: Totals, fieldIds: readonly string[], contact: number): boolean {
  return seen !== undefined && (seen.fields === ALL_FIELDS || seen.fields === keyOf(fieldIds)) && !seen.except.has(contact);
}

const ALL_FIELDS = 'all';

function keyOf(fieldIds: readonly string[]): string {
  return [...new Set(fieldIds)].toSorted().join();
}

export function createTotals(): Totals {
  return { valuesOfField: new Map(), carriers: new Map(), optOuts: new Map(), seen: undefined };
}

/** Calls that a listing of `total` values takes. */
export function valuePages(total: number): number {
  return total < PAGE_SIZE ? 1 : Math.floor((total - PAGE_SIZE) / STEP) + 2;
}

/** Calls for the values of these fields of all contacts, as far as the account's size is known; `undefined` otherwise. */
export function knownValueCalls(fieldIds: readonly string[], totals: Totals): number | undefined {
  if (fieldIds.length === 0) return 0;
  const unfiltered = totals.values === undefined ? undefined : valuePages(totals.values);
  const filtered = filteredCalls(fieldIds, totals);
  return unfiltered === undefined ? filtered : Math.min(unfiltered, filtered ?? Number.POSITIVE_INFINITY);
}

/**
 * Reads the values of the mapped fields of all contacts by the cheaper of one listing of everything
 * and one listing a field. Which is cheaper shows on first pages, which are kept.
 *
 * @param limit calls that the caller could do it in otherwise
 * @returns `undefined` where the rest would take more than `limit` calls, or more memory than allowed
 */
export async function readAllValues(
  api: Api,
  layout: Pick<Layout, 'fields' | 'accountFields'>,
  totals: Totals,
  limit: number,
  signal?: AbortSignal,
): Promise<ValueSpool | undefined> {
  const spool = createValueSpool();
  const fields = distinct(layout.fields);
  const wanted = new Set(fields.map((field) => field.id));
  const blank = new Set<number>();
  const take = (row: FieldValueRow): boolean => {
    if (!wanted.has(row.field)) return true;
    if (row.value === undefined || row.value === '') blank.add(row.contact);
    return row.value === undefined || spool.add(row.contact, row.field, row.value);
  };
  const sealed = (): ValueSpool => {
    spool.seal();
    totals.seen = { fields: keyOf([...wanted]), except: blank };
    return spool;
  };
  if (fields.length === 0) return sealed();

  const known = knownValueCalls([...wanted], totals);
  if (known !== undefined && known > limit) return undefined;
  const filteredKnown = filteredCalls([...wanted], totals);
  if (filteredKnown !== undefined && filteredKnown === known && known < valuePages(totals.values ?? Number.MAX_SAFE_INTEGER)) {
    for (const field of fields) if (!(await readAll(await openListing(api, field.id, take, signal)))) return undefined;
    return sealed();
  }

  const everything = await openListing(api, undefined, take, signal);
  totals.values = everything.total;
  const everythingLeft = valuePages(everything.total) - 1;
  const byField: ValueListing[] = [];
  if (fields.length / layout.accountFields <= WORTH_FILTERING && fields.length < everythingLeft) {
    let calls = 0;
    for (const field of fields) {
      const listing = await openListing(api, field.id, take, signal);
      totals.valuesOfField.set(field.id, listing.total);
      byField.push(listing);
      calls += valuePages(listing.total);
      if (calls - byField.length + (fields.length - byField.length) >= everythingLeft) break;
    }
  }
  const byFieldLeft = byField.reduce((sum, listing) => sum + valuePages(listing.total) - 1, 0);
  const useFields = byField.length === fields.length && byFieldLeft < everythingLeft;
  if ((useFields ? byFieldLeft : everythingLeft) > limit || (!useFields && everything.total > MAX_SPOOLED_VALUES))
    return undefined;
  for (const listing of useFields ? byField : [everything]) if (!(await readAll(listing))) return undefined;
  return sealed();
}

/** Rows from this offset to the end, for values that were just added: the vendor appends. */
export async function readLatestValues(
  api: Api,
  offset: number,
  totals: Totals,
  take: (row: FieldValueRow) => void,
  signal?: AbortSignal,
): Promise<void> {
  const takeAny = (row: FieldValueRow): boolean => {
    take(row);
    return true;
  };
  const listing = await openListing(api, undefined, takeAny, signal, offset);
  totals.values = listing.total;
  await readAll(listing);
}

/** How many values the account holds. One call. */
export async function countValues(api: Api, totals: Totals, signal?: AbortSignal): Promise<number> {
  const answer = await api.get('/fieldValues', { limit: 1 }, signal);
  totals.values = totalOf(answer) ?? 0;
  totals.seen = totals.values === 0 ? { fields: ALL_FIELDS, except: new Set() } : undefined;
  return totals.values;
}

/** Contacts whose field holds exactly this text. */
export async function readContactsWithValue(
  api: Api,
  field: MappedField,
  value: string,
  signal?: AbortSignal,
): Promise<number[]> {
  const contacts: number[] = [];
  const take = (row: FieldValueRow): boolean => {
    if (row.field === field.id && row.value === value) contacts.push(row.contact);
    return true;
  };
  await readAll(await openListing(api, field.id, take, signal, 0, { 'filters[val]': value }));
  return contacts;
}

/** A listing whose first page has been read. */
interface ValueListing {
  readonly total: number;
  /** Reads the page at an offset; says whether another follows. */
  next(): Promise<'more' | 'end' | 'full'>;
}

async function openListing(
  api: Api,
  fieldId: string | undefined,
  take: (row: FieldValueRow) => boolean,
  signal: AbortSignal | undefined,
  start = 0,
  filter: QueryParameters = {},
): Promise<ValueListing> {
  const query: QueryParameters = {
    ...(fieldId === undefined ? {} : { 'filters[fieldid]': fieldId }),
    ...filter,
    limit: PAGE_SIZE,
  };
  let offset = start;
  let lastId: number | undefined;
  let ascending = true;
  let stepsBack = 0;
  let total = 0;
  let state: 'more' | 'end' | 'full' = 'more';

  /** Whether nothing can lie between the rows read so far and this page. */
  function follows(rows: readonly FieldValueRow[]): boolean {
    if (lastId === undefined || offset === start) return true;
    const first = rows[0]?.id ?? Number.POSITIVE_INFINITY;
    return (ascending && first <= lastId) || rows.some((row) => row.id === lastId);
  }

  async function page(): Promise<void> {
    const answer = await api.get('/fieldValues', { ...query, ...(offset === 0 ? {} : { offset }) }, signal);
    const rows = rowsOf(api, answer, 'fieldValues').map((row) => fieldValueOf(api, row));
    total = Math.max(total, totalOf(answer) ?? offset + rows.length);
    if (!follows(rows)) {
      stepsBack += 1;
      if (stepsBack > MAX_STEPS_BACK) throw movedTooMuch(api);
      offset = Math.max(start, offset - STEP);
      return;
    }
    for (const [index, row] of rows.entries()) {
      ascending &&= index === 0 || row.id > rows[index - 1]!.id;
      if (!take(row)) {
        state = 'full';
        return;
      }
    }
    lastId = rows.at(-1)?.id ?? lastId;
    if (rows.length < PAGE_SIZE) state = 'end';
    else offset += STEP;
  }

  await page();
  return {
    total,
    async next() {
      if (state === 'more') await page();
      return state;
    },
  };
}

/** @returns false where the values did not fit */
async function readAll(listing: ValueListing): Promise<boolean> {
  for (;;) {
    const state = await listing.next();
    if (state !== 'more') return state === 'end';
  }
}

function filteredCalls(fieldIds: readonly string[], totals: Totals): number | undefined {
  let calls = 0;
  for (const id of fieldIds) {
    const total = totals.valuesOfField.get(id);
    if (total === undefined) return undefined;
    calls += valuePages(total);
  }
  return calls;
}

function distinct(fields: readonly MappedField[]): MappedField[] {
  return [...new Map(fields.map((field) => [field.id, field])).values()];
}

function movedTooMuch(api: Api): ProviderError {
  return new ProviderError(
    'PROVIDER_UNAVAILABLE',
    'The custom field values kept moving while they were read, so that some may have been missed.',
    {
      integration: api.integration,
      retryable: true,
      hint: 'Run again when fewer contacts are being changed; the run continues.',
    },
  );
}
