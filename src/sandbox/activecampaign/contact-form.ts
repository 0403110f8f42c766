import { createHash } from 'node:crypto';
import { accountTime, wallTimeOf } from './account-time.ts';
import type { JsonObject } from './json.ts';
import type { ContactRow } from './rows.ts';

const LINKS = [
  'bounceLogs',
  'contactAutomations',
  'contactData',
  'contactGoals',
  'contactLists',
  'contactLogs',
  'contactTags',
  'contactDeals',
  'deals',
  'fieldValues',
  'geoIps',
  'notes',
  'organization',
  'plusAppend',
  'trackingLogs',
  'scoreValues',
  'accountContacts',
  'automationEntryCounts',
] as const;

export function contactLinks(api: string, id: number): Record<string, string> {
  const links: Record<string, string> = {};
  for (const name of LINKS) links[name] = `${api}/contacts/${id}/${name}`;
  links['contactAutomations'] += '?limit=2500&orders%5Blastdate%5D=DESC';
  return links;
}

export function contactHash(contact: ContactRow): string {
  return createHash('md5').update(`${contact.id} ${contact.email}`).digest('hex');
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

/** The plain columns of a contact, in the vendor's order, without what hangs on it, links and id. */
export function contactColumns(contact: ContactRow): JsonObject {
  const { saved } = contact;
  const cdate = accountTime(contact.created);
  const udate = accountTime(contact.updated);
  const created = wallTimeOf(cdate);
  const updated = wallTimeOf(udate);
  // A column that nobody ever wrote is null until the first update through the API writes the whole row.
  const unwritten = saved ? '0' : null;
  return {
    cdate,
    email: contact.email,
    phone: contact.phone,
    firstName: contact.firstName,
    lastName: contact.lastName,
    orgid: '0',
    orgname: '',
    segmentio_id: '',
    bounced_hard: contact.bounced ? '1' : '0',
    bounced_soft: '0',
    bounced_date: null,
    ip: '0',
    ua: saved ? '' : null,
    hash: contactHash(contact),
    socialdata_lastcheck: null,
    email_local: '',
    email_domain: domainOf(contact.email),
    sentcnt: '0',
    rating_tstamp: null,
    gravatar: '0',
    deleted: '0',
    anonymized: '0',
    adate: null,
    udate,
    edate: null,
    deleted_at: null,
    created_utc_timestamp: created,
    updated_utc_timestamp: updated,
    created_timestamp: created,
    updated_timestamp: updated,
    created_by: unwritten,
    updated_by: unwritten,
    mpp_tracking: '0',
    last_click_date: null,
    last_open_date: null,
    last_mpp_open_date: null,
    best_send_hour: unwritten,
    sms_consent: unwritten,
    sms_consent_updated_at: saved ? '0000-00-00 00:00:00' : null,
    whatsapp_id: null,
    whatsapp_username: null,
  };
}

/** A contact beside other records, and as an update answers it. */
export function contactForm(contact: ContactRow, api: string, extra: JsonObject = {}): JsonObject {
  return {
    ...contactColumns(contact),
    ...extra,
    links: contactLinks(api, contact.id),
    id: String(contact.id),
    organization: null,
  };
}

/** A contact in a listing. */
export function listedContactForm(contact: ContactRow, api: string, accountContacts: readonly string[]): JsonObject {
  return contactForm(contact, api, { scoreValues: [], accountContacts });
}
