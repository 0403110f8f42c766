import { contactAutomationForm, automationForm, madeContactAutomationForm } from './automation-form.ts';
import { created, message, noResult, ok, type Answer } from './answers.ts';
import { contactForm } from './contact-form.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { idOf, objectAt } from './json.ts';
import { pageOf } from './paging.ts';

const CLASS_NAME = 'SubscriberSeries';

function listAutomations(exchange: Exchange): Answer {
  const { rows } = exchange.store.automations;
  return ok({
    automations: pageOf(exchange, rows).map((row) => automationForm(row, exchange.api)),
    meta: {
      total: String(rows.length),
      starts: rows.map((row) => ({ id: String(row.id), series: String(row.id), type: 'unspecified' })),
      filtered: false,
      smsLogs: [],
    },
  });
}

/** All refusals look alike: an unknown contact or automation, and a second time where only one is allowed. */
function enrol({ store, body, now, api }: Exchange): Answer {
  const sent = objectAt(body, 'contactAutomation');
  const contact = store.contacts.get(idOf(sent['contact']));
  const automation = store.automations.get(idOf(sent['automation']));
  if (contact === undefined || automation === undefined) return message(403, `Could not create ${CLASS_NAME}`);
  const entered = store.contactAutomationsByContact.get(contact.id).some((row) => row.automation === automation.id);
  if (entered && automation.multientry === '0') return message(403, `Could not create ${CLASS_NAME}`);
  automation.entered += 1;
  const id = store.contactAutomations.nextId();
  const row = store.contactAutomations.insert({ id, contact: contact.id, automation: automation.id, created: now });
  return created({ contacts: [contactForm(contact, api)], contactAutomation: madeContactAutomationForm(row, api) });
}

function leave({ store, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.contactAutomations.get(id);
  if (row === undefined) return noResult(CLASS_NAME, id, 403);
  store.contactAutomations.remove([row]);
  const automation = store.automations.get(row.automation);
  if (automation !== undefined) automation.exited += 1;
  return ok({});
}

function getEnrolment({ store, api, parameters }: Exchange): Answer {
  const id = idOf(parameters[0]);
  const row = store.contactAutomations.get(id);
  return row === undefined ? noResult(CLASS_NAME, id) : ok({ contactAutomation: contactAutomationForm(row, api) });
}

function listEnrolments(exchange: Exchange): Answer {
  const { rows } = exchange.store.contactAutomations;
  return ok({
    contactAutomations: pageOf(exchange, rows).map((row) => contactAutomationForm(row, exchange.api)),
    meta: { total: String(rows.length) },
  });
}

/** Automations can be read and joined; they are made in the vendor's own editor only. */
export const automationRoutes: readonly Route[] = [
  ...route('GET', 'automations', listAutomations),
  ...route('GET', 'automations/*', ({ store, api, parameters }) => {
    const row = store.automations.get(idOf(parameters[0]));
    return row === undefined ? noResult('Series', idOf(parameters[0])) : ok({ automation: automationForm(row, api) });
  }),
  ...route('GET', 'contactAutomations', listEnrolments),
  ...route('POST', 'contactAutomations', enrol),
  ...route('GET', 'contactAutomations/*', getEnrolment),
  ...route('DELETE', 'contactAutomations/*', leave),
];
