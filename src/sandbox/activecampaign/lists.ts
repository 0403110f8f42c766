import { accountTime, accountWallTime } from './account-time.ts';
import { created, missingAttribute, noResult, ok, unprocessable, type Answer } from './answers.ts';
import { contactForm } from './contact-form.ts';
import { linksTo, route, type Exchange, type Route } from './exchange.ts';
import { flagOf, idOf, integerOf, objectAt, textOf, type JsonObject } from './json.ts';
import { membershipForm, writtenMembershipForm } from './membership-form.ts';
import { ordered, pageOf } from './paging.ts';
import { passes } from './query-parameters.ts';
import type { ListRow } from './rows.ts';
import type { Store } from './store.ts';

const REQUIRED = ['name', 'stringid', 'sender_url', 'sender_reminder'] as const;
const FIRST_USER = 1;

export function listForm(row: ListRow, store: Store, api: string): JsonObject {
  const memberships = store.membershipsByList.get(row.id);
  let active = 0;
  for (const { status } of memberships) {
    if (status === 1) active += 1;
  }
  return {
    stringid: row.stringid,
    userid: String(row.user),
    name: row.name,
    cdate: accountTime(row.created),
    p_use_tracking: '1',
    p_use_analytics_read: '0',
    p_use_analytics_link: '0',
    p_use_twitter: '0',
    p_use_facebook: '0',
    p_embed_image: '1',
    p_use_captcha: '1',
    send_last_broadcast: row.sendLastBroadcast,
    private: '0',
    analytics_domains: null,
    analytics_source: '',
    analytics_ua: '',
    twitter_token: '',
    twitter_token_secret: '',
    facebook_session: null,
    carboncopy: null,
    subscription_notify: null,
    unsubscription_notify: null,
    require_name: '0',
    get_unsubscribe_reason: '0',
    to_name: 'Subscriber',
    optinoptout: '1',
    sender_name: '',
    sender_addr1: '',
    sender_addr2: '',
    sender_city: '',
    sender_state: '',
    sender_zip: '',
    sender_country: '',
    sender_phone: '',
    sender_url: row.senderUrl,
    sender_reminder: row.senderReminder,
    fulladdress: null,
    optinmessageid: '0',
    optoutconf: '0',
    deletestamp: null,
    udate: accountTime(row.updated),
    created_timestamp: accountWallTime(row.created),
    updated_timestamp: accountWallTime(row.updated),
    created_by: null,
    updated_by: null,
    channel: row.channel,
    description: row.description,
    non_deleted_subscribers: String(memberships.length),
    active_subscribers: String(active),
    links: linksTo(api, `lists/${row.id}`, ['contactGoalLists', 'user', 'addressLists']),
    id: String(row.id),
    user: row.user === 0 ? null : String(row.user),
  };
}

function listLists(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const tests = query.filters.filter(({ field }) => field === 'name');
  const found = store.lists.rows.filter((row) => tests.every((test) => passes(row.name, test)));
  const inOrder = ordered(query, found, { id: (row) => row.id, name: (row) => row.name.toLowerCase() });
  return ok({
    lists: pageOf(exchange, inOrder).map((row) => listForm(row, store, api)),
    meta: { total: String(found.length) },
  });
}

function createList(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'list');
  for (const attribute of REQUIRED) {
    if (textOf(body[attribute]).trim() === '') return missingAttribute(attribute);
  }
  const row = store.lists.insert({
    id: store.lists.nextId(),
    name: textOf(body['name']).trim(),
    stringid: textOf(body['stringid']),
    description: textOf(body['description']),
    channel: textOf(body['channel']) || 'email',
    senderUrl: textOf(body['sender_url']),
    senderReminder: textOf(body['sender_reminder']),
    sendLastBroadcast: flagOf(body['send_last_broadcast']),
    user: idOf(body['user']) || FIRST_USER,
    created: now,
    updated: now,
  });
  return created({ list: listForm(row, store, api) });
}

function getList({ store, api, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.lists.get(id);
  return row === undefined ? noResult('_List', id) : ok({ list: listForm(row, store, api) });
}

/** The vendor documents 403, not 404, for a list that is gone. */
function deleteList({ store, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.lists.get(id);
  if (row === undefined) return noResult('_List', id, 403);
  store.memberships.remove(store.membershipsByList.get(id));
  store.lists.remove([row]);
  return ok({});
}

function createListGroup({ store, body }: Exchange): Answer {
  const sent = objectAt(body, 'listGroup');
  const list = idOf(sent['listid']);
  if (store.lists.get(list) === undefined) return noResult('_List', list);
  const row = store.listGroups.insert({ id: store.listGroups.nextId(), list, group: idOf(sent['groupid']) });
  return created({ listGroup: { listid: sent['listid'], groupid: sent['groupid'], links: [], id: String(row.id) } });
}

function listListGroups(exchange: Exchange): Answer {
  const { rows } = exchange.store.listGroups;
  return ok({
    listGroups: pageOf(exchange, rows).map((row) => ({
      listid: String(row.list),
      groupid: String(row.group),
      links: [],
      id: String(row.id),
    })),
    meta: { total: String(rows.length) },
  });
}

function listMemberships(exchange: Exchange): Answer {
  const { store, api, query } = exchange;
  const { rows } = store.memberships;
  // Probed: this listing heeds no filter at all.
  return ok({
    contactLists: pageOf(exchange, ordered(query, rows, { id: (row) => row.id })).map((row) => membershipForm(row, store, api)),
    meta: { total: String(rows.length) },
  });
}

/** The upsert of a (list, contact) pair; no other call changes a membership. */
function setMembership(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'contactList');
  for (const attribute of ['list', 'contact', 'status']) {
    if (textOf(body[attribute]) === '') return missingAttribute(attribute);
  }
  const contact = store.contacts.get(idOf(body['contact']));
  if (contact === undefined) return noResult('Subscriber', idOf(body['contact']));
  const list = store.lists.get(idOf(body['list']));
  if (list === undefined) return noResult('_List', idOf(body['list']));
  const status = integerOf(body['status'], 0);
  // UNVERIFIED: 0 and 3 are read, never written.
  if (status !== 1 && status !== 2) return unprocessable('The status attribute is invalid', 'field_invalid', 'status');
  const present = store.membership(contact.id, list.id);
  const before = present?.status;
  const row = store.subscribe(contact.id, list.id, status, now);
  if (before !== status)
    store.events.push({ type: status === 1 ? 'subscribe' : 'unsubscribe', contact: contact.id, list: list.id });
  const contactList = writtenMembershipForm(row, body['status'], api);
  // The recorded answer for a pair that existed has the membership alone; the documented one brings the contact.
  if (present !== undefined) return ok({ contactList });
  return ok({ contacts: [contactForm(contact, api)], contactList: { ...contactList, channel: list.channel } });
}

function getMembership({ store, api, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.memberships.get(id);
  return row === undefined ? noResult('SubscriberList', id) : ok({ contactList: membershipForm(row, store, api) });
}

export const listRoutes: readonly Route[] = [
  ...route('GET', 'lists', listLists),
  ...route('POST', 'lists', createList),
  ...route('GET', 'lists/*', getList),
  ...route('DELETE', 'lists/*', deleteList),
  ...route('GET', 'listGroups', listListGroups),
  ...route('POST', 'listGroups', createListGroup),
  ...route('GET', 'contactLists', listMemberships),
  ...route('POST', 'contactLists', setMembership),
  ...route('GET', 'contactLists/*', getMembership),
];
