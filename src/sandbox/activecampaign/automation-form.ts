import { accountTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { AutomationRow, ContactAutomationRow } from './rows.ts';

/** Every automation of the stand-in has one step, at which its contacts wait. */
const STEPS = 1;

export function automationForm(row: AutomationRow, api: string): JsonObject {
  return {
    name: row.name,
    cdate: accountTime(row.created),
    mdate: accountTime(row.created),
    userid: '1',
    status: '1',
    entered: String(row.entered),
    exited: String(row.exited),
    hidden: '0',
    multientry: row.multientry,
    links: linksTo(api, `automations/${row.id}`, [
      'campaigns',
      'contactGoals',
      'contactAutomations',
      'blocks',
      'goals',
      'sms',
      'sitemessages',
    ]),
    id: String(row.id),
  };
}

function contactAutomationLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `contactAutomations/${id}`, ['automation', 'contact', 'contactGoals', 'automationLogs']);
}

/** UNVERIFIED: status 1 stands for a contact that is still inside. */
export function contactAutomationForm(row: ContactAutomationRow, api: string): JsonObject {
  return {
    contact: String(row.contact),
    seriesid: String(row.automation),
    startid: '0',
    status: '1',
    batchid: null,
    adddate: accountTime(row.created),
    remdate: null,
    timespan: null,
    lastblock: '0',
    lastlogid: '0',
    lastdate: accountTime(row.created),
    in_als: '0',
    completedElements: 0,
    totalElements: STEPS,
    completed: 0,
    completeValue: 0,
    links: contactAutomationLinks(api, row.id),
    id: String(row.id),
    automation: String(row.automation),
  };
}

/** An enrolment as its making answers it: counts as strings, some columns missing. */
export function madeContactAutomationForm(row: ContactAutomationRow, api: string): JsonObject {
  return {
    contact: String(row.contact),
    seriesid: String(row.automation),
    startid: 0,
    status: 1,
    adddate: accountTime(row.created),
    remdate: null,
    lastblock: '0',
    lastdate: accountTime(row.created),
    completedElements: '0',
    totalElements: String(STEPS),
    completed: 0,
    completeValue: 0,
    links: linksTo(api, `contactAutomations/${row.id}`, ['automation', 'contact', 'contactGoals']),
    id: String(row.id),
    automation: String(row.automation),
  };
}
