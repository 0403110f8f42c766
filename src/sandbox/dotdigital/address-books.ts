/** Address books of v2: the lists that contacts are members of. */
import { VISIBILITIES } from './data-field.ts';
import { ok, refusedV2, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { pageOf } from './paging.ts';
import { wordOf } from './request-body.ts';
import type { AddressBook, Store } from './store.ts';

const MAX_NAME = 128;

export function bookForm(book: AddressBook, store: Store): Readonly<Record<string, unknown>> {
  return { id: book.id, name: book.name, visibility: book.visibility, contacts: store.members(book.id).size };
}

/** The book of the first variable segment, or the refusal that there is none. */
export function bookAt({ store, parameters }: Exchange): AddressBook | Answer {
  return store.books.get(Number(parameters[0])) ?? refusedV2('ERROR_ADDRESSBOOK_NOT_FOUND', 404);
}

/** As `bookAt`, for calls that write: the built-in book refuses them. */
export function writableBookAt(exchange: Exchange): AddressBook | Answer {
  const book = bookAt(exchange);
  return 'status' in book || !book.builtIn ? book : notWritable();
}

function notWritable(): Answer {
  return refusedV2('ERROR_ADDRESSBOOK_NOTWRITABLE', 400, 'Address book cannot be written to via the API.');
}

function listBooks(visibility?: string) {
  return (exchange: Exchange): Answer => {
    const { store } = exchange;
    const found = [...store.books.values()].filter((book) => visibility === undefined || book.visibility === visibility);
    return pageOf(exchange, found, (book) => bookForm(book, store));
  };
}

function getBook(exchange: Exchange): Answer {
  const book = bookAt(exchange);
  return 'status' in book ? book : ok(bookForm(book, exchange.store));
}

/** What is wrong with a name that a book is to get. */
function refusedName(store: Store, name: string, own: number | undefined): Answer | undefined {
  if (name.trim() === '' || name.length > MAX_NAME) return refusedV2('ERROR_ADDRESSBOOK_INVALID');
  const taken = store.bookNamed(name);
  if (store.isReservedBook(name) || (taken !== undefined && taken.id !== own)) return refusedV2('ERROR_ADDRESSBOOK_DUPLICATE');
  return undefined;
}

function createBook({ store, body }: Exchange): Answer {
  const name = body.text('name');
  const refused = refusedName(store, name, undefined);
  if (refused !== undefined) return refused;
  const visibility = body.has('visibility') ? wordOf(body.any('visibility'), VISIBILITIES) : 'Private';
  if (visibility === undefined) return refusedV2('ERROR_ADDRESSBOOK_INVALID');
  return { status: 201, body: bookForm(store.addBook(name, visibility), store) };
}

function updateBook(exchange: Exchange): Answer {
  const { store, body } = exchange;
  const book = writableBookAt(exchange);
  if ('status' in book) return book;
  const name = body.has('name') ? body.text('name') : book.name;
  const refused = refusedName(store, name, book.id);
  if (refused !== undefined) return refused;
  book.name = name;
  book.visibility = wordOf(body.any('visibility'), VISIBILITIES) ?? book.visibility;
  return ok(bookForm(book, store));
}

function deleteBook(exchange: Exchange): Answer {
  const book = writableBookAt(exchange);
  if ('status' in book) return book;
  exchange.store.removeBook(book.id);
  return { status: 204 };
}

function booksOfContact(exchange: Exchange): Answer {
  const { store, parameters } = exchange;
  const contact = store.contacts.get(Number(parameters[0]));
  if (contact === undefined) return refusedV2('ERROR_CONTACT_NOT_FOUND', 404);
  const books = store.booksOf(contact.id).map(({ book }) => store.books.get(book)!);
  return pageOf(exchange, books, (book) => bookForm(book, store));
}

export const addressBookRoutes: readonly Route[] = [
  route('GET', '/v2/address-books', 'medium', listBooks()),
  route('GET', '/v2/address-books/public', 'medium', listBooks('Public')),
  route('GET', '/v2/address-books/private', 'medium', listBooks('Private')),
  route('GET', '/v2/address-books/{id}', 'high', getBook),
  route('POST', '/v2/address-books', 'medium', createBook),
  route('PUT', '/v2/address-books/{id}', 'medium', updateBook),
  route('DELETE', '/v2/address-books/{id}', 'medium', deleteBook),
  route('GET', '/v2/contacts/{id}/address-books', 'high', booksOfContact),
];
