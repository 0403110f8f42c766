import { createHash } from 'node:crypto';
import { accountTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { ContactDealRow, DealGroupRow, DealRow, DealStageRow } from './rows.ts';

const DEAL_LINKS = [
  'dealActivities',
  'contact',
  'contactDeals',
  'group',
  'nextTask',
  'notes',
  'account',
  'customerAccount',
  'organization',
  'owner',
  'scoreValues',
  'stage',
  'tasks',
  'dealCustomFieldData',
] as const;

export function dealLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `deals/${id}`, DEAL_LINKS);
}

export function dealHash(id: number): string {
  return createHash('md5').update(`deal ${id}`).digest('hex').slice(0, 8);
}

function idOrNull(id: number): string | null {
  return id === 0 ? null : String(id);
}

/** A deal as it is read. */
export function dealForm(row: DealRow, api: string): JsonObject {
  const account = idOrNull(row.account);
  return {
    hash: dealHash(row.id),
    owner: String(row.owner),
    contact: idOrNull(row.contact),
    organization: null,
    group: String(row.group),
    stage: String(row.stage),
    title: row.title,
    description: row.description,
    percent: String(row.percent),
    cdate: accountTime(row.created),
    mdate: accountTime(row.updated),
    nextdate: null,
    nexttaskid: row.saved ? '0' : null,
    value: String(row.value),
    currency: row.currency,
    winProbability: null,
    winProbabilityMdate: null,
    status: String(row.status),
    activitycount: String(row.activities),
    nextdealid: String(row.id),
    edate: null,
    links: dealLinks(api, row.id),
    id: String(row.id),
    isDisabled: false,
    account,
    customerAccount: account,
  };
}

const GROUP_LINKS = ['stages', 'dealGroupUsers', 'dealGroupGroups', 'winProbabilityFeatures'] as const;

export function dealGroupLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `dealGroups/${id}`, GROUP_LINKS);
}

/** A pipeline as it is read; `extra` comes before its links. */
export function dealGroupForm(row: DealGroupRow, api: string, extra: JsonObject = {}): JsonObject {
  return {
    title: row.title,
    currency: row.currency,
    autoassign: row.autoassign,
    allusers: row.allusers,
    allgroups: row.allgroups,
    win_probability_initialize_date: null,
    cdate: accountTime(row.created),
    udate: row.updated === null ? null : accountTime(row.updated),
    source: '',
    ...extra,
    links: dealGroupLinks(api, row.id),
    id: String(row.id),
  };
}

export function dealStageForm(row: DealStageRow, api: string): JsonObject {
  return {
    group: String(row.group),
    title: row.title,
    color: row.color,
    order: String(row.order),
    width: String(row.width),
    dealOrder: row.dealOrder,
    ...cardRegions(row),
    cdate: row.created === null ? null : accountTime(row.created),
    udate: row.updated === null ? null : accountTime(row.updated),
    links: linksTo(api, `dealStages/${row.id}`, ['group']),
    id: String(row.id),
  };
}

export function cardRegions(row: DealStageRow): JsonObject {
  return Object.fromEntries(row.cardRegions.map((region, index) => [`cardRegion${index + 1}`, region]));
}

export function contactDealForm(row: ContactDealRow, api: string): JsonObject {
  return {
    deal: String(row.deal),
    contact: String(row.contact),
    role: row.role === 0 ? null : String(row.role),
    cdate: accountTime(row.created),
    udate: accountTime(row.updated),
    links: linksTo(api, `contactDeals/${row.id}`, ['deal', 'contact', 'role']),
    id: String(row.id),
  };
}
