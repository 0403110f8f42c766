/**
 * The account's data fields and address books by name: asked for once, and again only when somebody
 * wants to know the present state.
 */
import type { NamedObjects } from '../described-contacts.ts';
import type { Api } from './api.ts';
import type { DataFieldType } from './fields.ts';
import { isBuiltInBook, parsePath } from './fields.ts';
import { idOf, rowsOf, text, type Row } from './rows.ts';

/** Rows that one page of version 2 holds at most. @source developer.dotdigital.com/docs/data-handling */
export const V2_PAGE = 1_000;

export interface DataField {
  readonly name: string;
  readonly type: DataFieldType;
}

export interface AddressBook {
  readonly id: string;
  readonly name: string;
  /** How many contacts it held when it was listed. */
  readonly contacts: number;
}

export interface AccountDirectory extends NamedObjects {
  /** Names of data fields are compared without regard to case. */
  field(name: string): DataField | undefined;
  book(name: string): AddressBook | undefined;
}

export function createAccountDirectory(api: Api): AccountDirectory {
  let fields: Map<string, DataField> | undefined;
  let books: Map<string, AddressBook> | undefined;

  return {
    async load(paths, fresh) {
      const parts = new Set(paths.map((path) => parsePath(path)?.part));
      if (parts.has('field') && (fresh || fields === undefined)) {
        const found = new Map<string, DataField>();
        for (const row of await readDataFields(api)) found.set(text(row['name']).toUpperCase(), dataFieldOf(row));
        fields = found;
      }
      if ((parts.has('member') || parts.has('book')) && (fresh || books === undefined)) {
        const found = new Map<string, AddressBook>();
        for await (const page of listBooks(api)) {
          for (const row of page) {
            const book = {
              id: idOf(api, row['id'], 'an address book'),
              name: text(row['name']),
              contacts: Number(row['contacts'] ?? 0),
            };
            if (!found.has(book.name)) found.set(book.name, book);
          }
        }
        books = found;
      }
    },
    learn(type, { id, attributes }) {
      const name = text(attributes['name']);
      if (type === 'dotdigital/data-field') fields?.set(name.toUpperCase(), dataFieldOf(attributes));
      else books?.set(name, { id, name, contacts: 0 });
    },
    field: (name) => fields?.get(name.toUpperCase()),
    book: (name) => books?.get(name),
  };
}

/** All data fields; the vendor does not page them. */
export async function readDataFields(api: Api): Promise<Row[]> {
  const answer = await api.get('high', '/v2/data-fields');
  return rowsOf(api, answer.json, 'data fields');
}

/** Address books in pages, without those that every account has. */
export async function* listBooks(api: Api): AsyncGenerator<Row[]> {
  const seen = new Set<string>();
  for (let skip = 0; ; skip += V2_PAGE) {
    const answer = await api.get('medium', '/v2/address-books', { select: V2_PAGE, skip });
    const rows = rowsOf(api, answer.json, 'address books');
    // Nothing orders the pages, so a row may be listed twice while others come and go.
    const fresh = rows.filter((row) => !seen.has(text(row['id'])));
    for (const row of fresh) seen.add(text(row['id']));
    yield fresh.filter((row) => !isBuiltInBook(text(row['name'])));
    if (rows.length < V2_PAGE) return;
  }
}

function dataFieldOf(row: Readonly<Record<string, unknown>>): DataField {
  const type = text(row['type']);
  const known = (['String', 'Numeric', 'Date', 'Boolean'] as const).find((one) => one.toLowerCase() === type.toLowerCase());
  return { name: text(row['name']), type: known ?? 'String' };
}
