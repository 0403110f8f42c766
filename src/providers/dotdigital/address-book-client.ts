/** Address books. Those that every account has are neither listed nor touched. */
import { pathSegment } from '../../http/address.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject } from '../provider.ts';
import { listBooks } from './account-directory.ts';
import { isBuiltInBook } from './fields.ts';
import type { Api } from './api.ts';
import { attributesOf } from './resource-types.ts';
import { idOf, rowOf, text, type Row } from './rows.ts';
import { SynclineError } from '../../model/errors.ts';

const TYPE = 'dotdigital/address-book';
const PATH = '/v2/address-books';

export function createAddressBookClient(api: Api): ResourceClient {
  const toObject = (row: Row): ResourceObject => ({
    id: idOf(api, row['id'], 'an address book'),
    attributes: attributesOf(TYPE, row),
  });
  async function* list(): AsyncGenerator<readonly ResourceObject[]> {
    for await (const page of listBooks(api)) yield page.map(toObject);
  }
  return {
    list,
    async read(id) {
      const answer = await api.call({ tier: 'high', method: 'GET', path: `${PATH}/${pathSegment(id)}`, accept: [404] });
      if (answer.status === 404) return undefined;
      const book = toObject(rowOf(api, answer.json, 'an address book'));
      return isBuiltInBook(text(book.attributes['name'])) ? undefined : book;
    },
    async find(attributes) {
      const name = text(attributes['name']);
      for await (const page of list()) {
        const found = page.find((book) => book.attributes['name'] === name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    async create(attributes) {
      const json = bodyOf(attributes);
      const answer = await api.call({ tier: 'medium', method: 'POST', path: PATH, json });
      return toObject(rowOf(api, answer.json, 'an address book'));
    },
    async update(id, _before, after) {
      const json = bodyOf(after);
      const answer = await api.call({
        tier: 'medium',
        method: 'PUT',
        path: `${PATH}/${pathSegment(id)}`,
        json,
        idempotent: true,
      });
      return toObject(rowOf(api, answer.json, 'an address book'));
    },
    async delete(id) {
      await api.call({ tier: 'medium', method: 'DELETE', path: `${PATH}/${pathSegment(id)}`, accept: [404], idempotent: true });
    },
  };
}

/** @throws SynclineError PROVIDER_INVALID_ATTRIBUTE for the name of a book that every account has */
function bodyOf(attributes: ResourceAttributes): Readonly<Record<string, unknown>> {
  const name = text(attributes['name']);
  if (isBuiltInBook(name)) {
    throw new SynclineError('PROVIDER_INVALID_ATTRIBUTE', `Dotdigital keeps the name "${name}" for an address book of its own.`);
  }
  return { name, visibility: text(attributes['visibility']) || 'Private' };
}
