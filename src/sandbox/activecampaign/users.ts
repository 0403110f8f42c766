import { decodeSegment } from '../request.ts';
import { accountTime } from './account-time.ts';
import { created, missingAttribute, noResult, ok, unprocessable, type Answer } from './answers.ts';
import { linksTo, route, type Exchange, type Route } from './exchange.ts';
import { idOf, objectAt, textOf, type JsonObject } from './json.ts';
import { pageOf } from './paging.ts';
import type { UserRow } from './rows.ts';

const ZONE = 'America/Chicago';
const LINKS = [
  'lists',
  'userGroup',
  'dealGroupTotals',
  'dealGroupUsers',
  'configs',
  'dealConnection',
  'userConversationsPermission',
  'seatUser',
] as const;
/** The user whose key the token is. */
const TOKEN_USER = 1;

/** The account's first user, who was never created through the API, has empty columns where others have null (recorded). */
export function userForm(row: UserRow, api: string): JsonObject {
  const isFirst = row.created === null;
  return {
    username: row.username,
    firstName: row.firstName,
    lastName: row.lastName,
    email: row.email,
    phone: row.phone,
    signature: isFirst ? '' : null,
    localZoneid: ZONE,
    password_updated_utc_timestamp: isFirst ? '0000-00-00 00:00:00' : null,
    cdate: row.created === null ? null : accountTime(row.created),
    udate: row.updated === null ? null : accountTime(row.updated),
    mfaEnabled: '0',
    links: linksTo(api, `users/${row.id}`, LINKS),
    id: String(row.id),
  };
}

function listUsers(exchange: Exchange): Answer {
  const { rows } = exchange.store.users;
  return ok({ users: pageOf(exchange, rows).map((row) => userForm(row, exchange.api)), meta: { total: String(rows.length) } });
}

function answerUser(row: UserRow | undefined, id: number, api: string): Answer {
  return row === undefined ? noResult('User', id) : ok({ user: userForm(row, api) });
}

function createUser({ store, body, now, api }: Exchange): Answer {
  const sent = objectAt(body, 'user');
  for (const attribute of ['username', 'email', 'firstName', 'lastName', 'password', 'group']) {
    if (textOf(sent[attribute]) === '') return missingAttribute(attribute);
  }
  if (store.users.rows.some((row) => row.username === textOf(sent['username']))) {
    return unprocessable('Username already exists', 'duplicate', 'username');
  }
  const row = store.users.insert({
    id: store.users.nextId(),
    username: textOf(sent['username']),
    firstName: textOf(sent['firstName']),
    lastName: textOf(sent['lastName']),
    email: textOf(sent['email']),
    phone: '',
    created: now,
    updated: now,
  });
  return created({
    user: {
      username: row.username,
      email: row.email,
      firstName: row.firstName,
      lastName: row.lastName,
      localZoneid: ZONE,
      cdate: accountTime(now),
      udate: accountTime(now),
      links: linksTo(api, `users/${row.id}`, LINKS),
      id: String(row.id),
    },
  });
}

function updateUser({ store, body, now, api, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.users.get(id);
  if (row === undefined) return noResult('User', id);
  const sent = objectAt(body, 'user');
  for (const key of ['username', 'firstName', 'lastName', 'email', 'phone'] as const) {
    if (key in sent) row[key] = textOf(sent[key]);
  }
  row.updated = now;
  return ok({ user: userForm(row, api) });
}

function deleteUser({ store, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.users.get(id);
  if (row === undefined) return noResult('User', id);
  store.users.remove([row]);
  return ok({});
}

function findUser({ store, api, parameters }: Exchange, column: 'email' | 'username'): Answer {
  const wanted = decodeSegment(parameters[0] ?? '').toLowerCase();
  return answerUser(
    store.users.rows.find((row) => row[column].toLowerCase() === wanted),
    0,
    api,
  );
}

export const userRoutes: readonly Route[] = [
  ...route('GET', 'users', listUsers),
  ...route('POST', 'users', createUser),
  ...route('GET', 'users/me', ({ store, api }) => answerUser(store.users.get(TOKEN_USER), TOKEN_USER, api)),
  ...route('GET', 'users/email/*', (exchange) => findUser(exchange, 'email')),
  ...route('GET', 'users/username/*', (exchange) => findUser(exchange, 'username')),
  ...route('GET', 'users/*', ({ store, api, parameters }) =>
    answerUser(store.users.get(idOf(parameters[0])), idOf(parameters[0]), api),
  ),
  ...route('PUT PATCH', 'users/*', updateUser),
  ...route('DELETE', 'users/*', deleteUser),
];
