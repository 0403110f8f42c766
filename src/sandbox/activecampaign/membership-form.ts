import { accountTime, accountWallTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { ContactTagRow, MembershipRow } from './rows.ts';
import type { Store } from './store.ts';

const MEMBERSHIP_LINKS = [
  'automation',
  'list',
  'contact',
  'form',
  'autosyncLog',
  'campaign',
  'unsubscribeAutomation',
  'message',
] as const;

function membershipColumns(row: MembershipRow): JsonObject {
  return {
    contact: String(row.contact),
    list: String(row.list),
    form: null,
    seriesid: '0',
    sdate: accountTime(row.subscribed),
    udate: row.unsubscribed === null ? null : accountTime(row.unsubscribed),
    status: String(row.status),
    responder: '1',
    sync: '0',
    unsubreason: '',
    campaign: null,
    message: null,
    first_name: '',
    last_name: '',
    ip4Sub: '0',
    sourceid: String(row.source),
    autosyncLog: null,
    ip4_last: '0',
    ip4Unsub: '0',
    created_timestamp: accountWallTime(row.created),
    updated_timestamp: accountWallTime(row.updated),
    created_by: null,
    updated_by: null,
    unsubscribeAutomation: null,
  };
}

/** A membership as it is read: the contact's names and the list's channel come with it. */
export function membershipForm(row: MembershipRow, store: Store, api: string): JsonObject {
  const contact = store.contacts.get(row.contact);
  const columns = membershipColumns(row);
  columns['first_name'] = contact?.firstName ?? '';
  columns['last_name'] = contact?.lastName ?? '';
  if (contact?.saved === true) columns['created_by'] = columns['updated_by'] = '0';
  return {
    ...columns,
    channel: store.lists.get(row.list)?.channel ?? 'email',
    links: linksTo(api, `contactLists/${row.id}`, MEMBERSHIP_LINKS),
    id: String(row.id),
    automation: null,
  };
}

/** A membership as its writing answers it: the status in the type sent, no names. */
export function writtenMembershipForm(row: MembershipRow, status: unknown, api: string): JsonObject {
  return {
    ...membershipColumns(row),
    status,
    links: linksTo(api, `contactLists/${row.id}`, MEMBERSHIP_LINKS),
    id: String(row.id),
    automation: null,
  };
}

export function contactTagLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `contactTags/${id}`, ['tag', 'contact']);
}

export function contactTagForm(row: ContactTagRow, api: string): JsonObject {
  const stamp = accountWallTime(row.created);
  return {
    contact: String(row.contact),
    tag: String(row.tag),
    cdate: accountTime(row.created),
    created_timestamp: stamp,
    updated_timestamp: stamp,
    created_by: null,
    updated_by: null,
    links: contactTagLinks(api, row.id),
    id: String(row.id),
  };
}
