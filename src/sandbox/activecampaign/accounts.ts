import { accountTime } from './account-time.ts';
import { accountContactForm, accountContactLinks, accountForm, accountLinks } from './account-form.ts';
import { created, noResult, ok, unprocessable, type Answer } from './answers.ts';
import { saveCustomValues } from './custom-field-writing.ts';
import { accountDatumForm } from './custom-field-form.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { idOf, integerOf, objectAt, textOf, type JsonObject } from './json.ts';
import { noteForm } from './note-form.ts';
import { ordered, pageOf } from './paging.ts';
import { passes } from './query-parameters.ts';
import type { AccountContactRow, AccountRow } from './rows.ts';

const ACCOUNT_CLASS = 'CustomerAccount';
const ASSOCIATION_CLASS = 'CustomerAccountSubscriber';
const FIRST_USER = 1;

function nameTaken(name: string): Answer {
  return unprocessable(`An account named "${name}" already exists. Please choose a new name.`, 'duplicate', 'name');
}

function countsOf({ store, query }: Exchange, row: AccountRow): JsonObject {
  if (query.text('count_deals') !== 'true') return {};
  return {
    contactCount: String(store.accountContactsByAccount.get(row.id).length),
    dealCount: String(store.deals.rows.filter(({ account }) => account === row.id).length),
  };
}

function listAccounts(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const search = query.text('search')?.toLowerCase();
  const tests = query.filters.filter(({ field }) => field === 'name');
  const found = store.accounts.rows.filter(
    (row) => (search === undefined || row.name.toLowerCase().includes(search)) && tests.every((test) => passes(row.name, test)),
  );
  const page = pageOf(exchange, ordered(query, found, { id: (row) => row.id, name: (row) => row.name.toLowerCase() }));
  return ok({
    accounts: page.map((row) => accountForm(row, api, countsOf(exchange, row))),
    meta: { total: String(found.length) },
  });
}

function createAccount(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'account');
  const name = textOf(body['name']).trim();
  if (name === '') return unprocessable('The account name was not provided.', 'field_missing', 'name');
  if (store.accountNamed(name) !== undefined) return nameTaken(name);
  const row = store.addAccount(name, textOf(body['accountUrl']), idOf(body['owner']) || FIRST_USER, now);
  const saved = saveCustomValues(store.accountFields, row.id, body['fields'], now);
  return created({
    account: {
      name: row.name,
      ...('accountUrl' in body ? { accountUrl: row.accountUrl } : {}),
      createdTimestamp: accountTime(now),
      updatedTimestamp: accountTime(now),
      owner: String(row.owner),
      links: accountLinks(api, row.id),
      ...saved,
      id: String(row.id),
    },
  });
}

function onAccount(exchange: Exchange, answer: (row: AccountRow) => Answer): Answer {
  const id = idOf(exchange.parameters[0]);
  const row = exchange.store.accounts.get(id);
  return row === undefined ? noResult(ACCOUNT_CLASS, id) : answer(row);
}

function updateAccount(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  return onAccount(exchange, (row) => {
    const body = objectAt(exchange.body, 'account');
    if ('name' in body) {
      const name = textOf(body['name']).trim();
      if (name === '') return unprocessable('The account name was not provided.', 'field_missing', 'name');
      const holder = store.accountNamed(name);
      if (holder !== undefined && holder !== row) return nameTaken(name);
      row.name = name;
    }
    if ('accountUrl' in body) row.accountUrl = textOf(body['accountUrl']);
    if ('owner' in body) row.owner = integerOf(body['owner'], row.owner);
    row.updated = now;
    const { id, ...form } = accountForm(row, api);
    return ok({ account: { ...form, ...saveCustomValues(store.accountFields, row.id, body['fields'], now), id } });
  });
}

function removeAccounts({ store }: Exchange, rows: readonly AccountRow[]): void {
  for (const { id } of rows) {
    store.accountContacts.remove(store.accountContactsByAccount.get(id));
    store.accountFields.data.remove(store.accountFields.dataByOwner.get(id));
  }
  store.accounts.remove(rows);
}

function deleteAccounts(exchange: Exchange): Answer {
  const wanted = exchange.query.list('ids').flatMap((entry) => entry.split(','));
  removeAccounts(
    exchange,
    wanted.flatMap((id) => exchange.store.accounts.get(idOf(id)) ?? []),
  );
  return ok({ meta: { success: true } });
}

function listAssociations(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const contact = query.filter('contact');
  const account = query.filter('account');
  const found = store.accountContacts.rows.filter(
    (row) => (contact === undefined || row.contact === idOf(contact)) && (account === undefined || row.account === idOf(account)),
  );
  return ok({
    accountContacts: pageOf(exchange, found).map((row) => accountContactForm(row, api)),
    meta: { total: String(found.length) },
  });
}

function createAssociation(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'accountContact');
  for (const attribute of ['contact', 'account']) {
    if (textOf(body[attribute]) === '') {
      return unprocessable(`The ${attribute} attribute was not provided`, 'field_missing', attribute);
    }
  }
  const contact = store.contacts.get(idOf(body['contact']));
  if (contact === undefined) return noResult('Subscriber', idOf(body['contact']));
  const account = store.accounts.get(idOf(body['account']));
  if (account === undefined) return noResult(ACCOUNT_CLASS, idOf(body['account']));
  if (store.accountContactsByContact.get(contact.id).length > 0) {
    return unprocessable(
      'This contact is already associated with an account. We currently do not support contacts on multiple accounts.',
      'field_invalid',
      'account,contact',
    );
  }
  const row = store.addAccountContact(account.id, contact.id, textOf(body['jobTitle']), now);
  return created({
    accountContact: {
      contact: body['contact'],
      account: body['account'],
      jobTitle: row.jobTitle,
      createdTimestamp: accountTime(now),
      updatedTimestamp: accountTime(now),
      links: accountContactLinks(api, row.id),
      id: String(row.id),
    },
  });
}

function onAssociation(exchange: Exchange, answer: (row: AccountContactRow) => Answer): Answer {
  const id = idOf(exchange.parameters[0]);
  const row = exchange.store.accountContacts.get(id);
  return row === undefined ? noResult(ASSOCIATION_CLASS, id) : answer(row);
}

function updateAssociation(exchange: Exchange): Answer {
  return onAssociation(exchange, (row) => {
    const body = objectAt(exchange.body, 'accountContact');
    if ('jobTitle' in body) row.jobTitle = textOf(body['jobTitle']);
    row.updated = exchange.now;
    return ok({ accountContact: accountContactForm(row, exchange.api) });
  });
}

export const accountRoutes: readonly Route[] = [
  ...route('GET', 'accounts', listAccounts),
  ...route('POST', 'accounts', createAccount),
  ...route('DELETE', 'accounts/bulk_delete', deleteAccounts),
  ...route('GET', 'accounts/*', (exchange) =>
    onAccount(exchange, (row) => ok({ account: accountForm(row, exchange.api, countsOf(exchange, row)) })),
  ),
  ...route('PUT PATCH', 'accounts/*', updateAccount),
  ...route('DELETE', 'accounts/*', (exchange) =>
    onAccount(exchange, (row) => {
      removeAccounts(exchange, [row]);
      return ok({});
    }),
  ),
  ...route('GET', 'accounts/*/accountContacts', (exchange) =>
    onAccount(exchange, ({ id }) =>
      ok({
        accountContacts: exchange.store.accountContactsByAccount.get(id).map((row) => accountContactForm(row, exchange.api)),
      }),
    ),
  ),
  ...route('GET', 'accounts/*/accountCustomFieldData', (exchange) =>
    onAccount(exchange, ({ id }) =>
      ok({
        customerAccountCustomFieldData: exchange.store.accountFields.dataByOwner
          .get(id)
          .map((row) => accountDatumForm(row, exchange.api)),
      }),
    ),
  ),
  ...route('GET', 'accounts/*/notes', (exchange) =>
    onAccount(exchange, ({ id }) =>
      ok({
        notes: exchange.store.notes.rows
          .filter((note) => note.relatedType === ACCOUNT_CLASS && note.related === id)
          .map((note) => noteForm(note, exchange.api)),
      }),
    ),
  ),
  ...route('GET', 'accountContacts', listAssociations),
  ...route('POST', 'accountContacts', createAssociation),
  ...route('GET', 'accountContacts/*', (exchange) =>
    onAssociation(exchange, (row) => ok({ accountContact: accountContactForm(row, exchange.api) })),
  ),
  ...route('PUT PATCH', 'accountContacts/*', updateAssociation),
  ...route('DELETE', 'accountContacts/*', (exchange) =>
    onAssociation(exchange, (row) => {
      exchange.store.accountContacts.remove([row]);
      return ok({});
    }),
  ),
];
