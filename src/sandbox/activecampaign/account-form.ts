import { accountTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { AccountContactRow, AccountRow } from './rows.ts';

const ACCOUNT_LINKS = [
  'notes',
  'accountCustomFieldData',
  'accountContacts',
  'emailActivities',
  'contactEmails',
  'owner',
] as const;

export function accountLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `accounts/${id}`, ACCOUNT_LINKS);
}

export function accountForm(row: AccountRow, api: string, counts: JsonObject = {}): JsonObject {
  return {
    name: row.name,
    accountUrl: row.accountUrl,
    createdTimestamp: accountTime(row.created),
    updatedTimestamp: accountTime(row.updated),
    owner: String(row.owner),
    ...counts,
    links: accountLinks(api, row.id),
    id: String(row.id),
  };
}

export function accountContactLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `accountContacts/${id}`, ['account', 'contact']);
}

export function accountContactForm(row: AccountContactRow, api: string): JsonObject {
  return {
    account: String(row.account),
    contact: String(row.contact),
    jobTitle: row.jobTitle,
    createdTimestamp: accountTime(row.created),
    updatedTimestamp: accountTime(row.updated),
    links: accountContactLinks(api, row.id),
    id: String(row.id),
  };
}
