import { expect, test } from 'vitest';
import { makeSeed } from '../../../src/sandbox/people.ts';
import { Account } from './account.ts';

const PEOPLE = 20_000;
/** Far above what it takes on one core that other tests share; a quadratic listing takes minutes. */
const PATIENCE_MS = 60_000;

test(
  'an account of many thousands of contacts loads, pages to its end, and takes an import of thousands',
  async () => {
    const account = new Account({}, makeSeed(1, PEOPLE), false);

    let read = 0;
    for (let address = '/contacts/v3?limit=5000'; address !== '';) {
      const { body } = await account.get(address);
      read += body._items.length;
      address = body._links.next === undefined ? '' : new URL(body._links.next.link as string).href;
    }
    expect(read).toBe(account.dump('contact').length);
    expect(read).toBeGreaterThan(PEOPLE / 2);

    const contacts = Array.from({ length: 5000 }, (_, row) => ({
      matchIdentifier: 'email',
      identifiers: { email: `row${row}@example.com`, mobileNumber: String(447_000_000_000 + row) },
      lists: [2],
    }));
    const { body } = await account.put('/contacts/v3/import', { contacts });
    account.advance(20_000);
    expect((await account.get(`/contacts/v3/import/${body.importId}`)).body.summary.newContacts).toBe(5000);
  },
  PATIENCE_MS,
);
