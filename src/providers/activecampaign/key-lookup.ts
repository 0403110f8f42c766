/** Finds contacts by the value of one field. */
import type { RemoteRecord } from '../../model/value.ts';
import type { ChangePage } from '../provider.ts';
import { PAGE_SIZE, type Api } from './api.ts';
import type { Account } from './completion.ts';
import { keysetPages, listContacts } from './contact-listing.ts';
import { encodeValue } from './field-values.ts';
import { inParallel } from '../../http/parallel.ts';
import { contactOf, isDeleted, rowsOf } from './rows.ts';
import { readContactsWithValue } from './value-listing.ts';

/** Below this many keys, asking how many contacts there are costs more than it can save. */
const WORTH_ASKING = 9;

export interface Reads {
  byIds(ids: readonly string[]): AsyncIterable<readonly RemoteRecord[]>;
  everybody(): AsyncIterable<ChangePage>;
  readonly signal: AbortSignal | undefined;
}

/**
 * By e-mail: one call a value, or one listing of everybody where that takes fewer. By custom field:
 * one call a value. By any other field: a full read.
 */
export async function* readByKey(
  account: Account,
  path: string,
  values: readonly string[],
  reads: Reads,
): AsyncGenerator<readonly RemoteRecord[]> {
  const wanted = new Set(values.filter((value) => value !== ''));
  if (wanted.size === 0) return;
  if (account.layout.natives.some((native) => native.path === path && native.key === 'email')) {
    yield* reads.byIds(await idsByEmail(account, [...new Set([...wanted].map((value) => value.toLowerCase()))], reads.signal));
    return;
  }
  const field = account.layout.fields.find((one) => one.path === path);
  if (field !== undefined) {
    const stored = [...wanted].map((value) => encodeValue(field.kind, value)).filter((text) => text !== undefined && text !== '');
    const found = await inParallel(stored, (text) => readContactsWithValue(account.api, field, text!, reads.signal));
    yield* reads.byIds([...new Set(found.flat())].map(String));
    return;
  }
  for await (const page of reads.everybody())
    yield page.records.filter((record) => wanted.has(String(record.values[path] ?? '')));
}

/** E-mail addresses are compared without regard to case, as the vendor does (UNVERIFIED there, harmless here). */
async function idsByEmail(
  { api, totals }: Account,
  emails: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (emails.length >= WORTH_ASKING && keysetPages(totals.contacts ?? 0) < emails.length) {
    const listed = await idsFromListing(api, new Set(emails), signal);
    if (listed !== undefined) return listed;
  }
  return (await inParallel(emails, (email) => idsOfEmail(api, email, signal))).flat();
}

/** Goes through all contacts; `undefined` where the first page shows that it would take more calls than one a key. */
async function idsFromListing(
  api: Api,
  emails: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<string[] | undefined> {
  const ids: string[] = [];
  for await (const page of listContacts(api, {}, signal)) {
    if (!page.last && page.total !== undefined && keysetPages(page.total) - 1 >= emails.size) return undefined;
    for (const contact of page.contacts) if (emails.has(contact.email.toLowerCase())) ids.push(contact.id);
  }
  return ids;
}

/** Contacts with this address, in lower case; several only where the vendor holds several spellings of it. */
export async function idsOfEmail(api: Api, email: string, signal?: AbortSignal): Promise<string[]> {
  const answer = await api.get('/contacts', { email, limit: PAGE_SIZE }, signal);
  return rowsOf(api, answer, 'contacts')
    .filter((row) => !isDeleted(row) && String(row['email']).toLowerCase() === email)
    .map((row) => contactOf(api, row).id);
}
