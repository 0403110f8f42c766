import { accountTime } from './account-time.ts';
import { created, missingAttribute, noResult, ok, unprocessable, type Answer } from './answers.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { idOf, objectAt, textOf } from './json.ts';
import { pageOf } from './paging.ts';
import type { ContactRow, WebhookRow } from './rows.ts';
import type { Store } from './store.ts';
import { post } from './webhook-delivery.ts';
import type { WebhookEvent } from './webhook-events.ts';
import { webhookForm } from './webhook-form.ts';

const EVENTS = [
  'subscribe',
  'unsubscribe',
  'update',
  'subscriber_note',
  'contact_tag_added',
  'contact_tag_removed',
  'contact_task_add',
  'account_add',
  'account_update',
  'account_contact_add',
  'account_contact_update',
  'list_add',
  'sent',
  'open',
  'click',
  'reply',
  'forward',
  'share',
  'bounce',
  'deal_add',
  'deal_update',
  'deal_note_add',
  'deal_pipeline_add',
  'deal_stage_add',
  'deal_task_add',
  'deal_task_complete',
  'deal_tasktype_add',
  'sms_sent',
  'sms_reply',
  'sms_unsub',
];
const SOURCES = new Set(['public', 'admin', 'api', 'system']);
/** All changes of the stand-in come through its API. */
const API_SOURCE = 'api';

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

/** Why a body's events or sources cannot be used. UNVERIFIED wording. */
function fault(body: Record<string, unknown>): Answer | undefined {
  const unknownEvent = texts(body['events']).find((event) => !EVENTS.includes(event));
  if (unknownEvent !== undefined) return unprocessable(`Unknown webhook event "${unknownEvent}"`, 'field_invalid', 'events');
  const unknownSource = texts(body['sources']).find((source) => !SOURCES.has(source));
  return unknownSource === undefined
    ? undefined
    : unprocessable(`Unknown webhook source "${unknownSource}"`, 'field_invalid', 'sources');
}

function createWebhook({ store, body, now }: Exchange): Answer {
  const sent = objectAt(body, 'webhook');
  for (const attribute of ['name', 'url']) {
    if (textOf(sent[attribute]) === '') return missingAttribute(attribute);
  }
  for (const attribute of ['events', 'sources']) {
    if (texts(sent[attribute]).length === 0) return missingAttribute(attribute);
  }
  const refused = fault(sent);
  if (refused !== undefined) return refused;
  const row = store.webhooks.insert({
    id: store.webhooks.nextId(),
    name: textOf(sent['name']),
    url: textOf(sent['url']),
    events: texts(sent['events']),
    sources: texts(sent['sources']),
    list: idOf(sent['listid']),
    disabled: false,
    created: now,
  });
  return created({ webhook: webhookForm(row) });
}

function listWebhooks(exchange: Exchange): Answer {
  const { store, query } = exchange;
  const name = query.filter('name');
  const url = query.filter('url');
  const list = query.filter('listid');
  const rows = store.webhooks.rows.filter(
    (row) =>
      (name === undefined || row.name === name) &&
      (url === undefined || row.url === url) &&
      (list === undefined || String(row.list) === list),
  );
  return ok({ webhooks: pageOf(exchange, rows).map(webhookForm), meta: { total: String(rows.length) } });
}

function onWebhook({ store, parameters }: Exchange, answer: (row: WebhookRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = store.webhooks.get(id);
  return row === undefined ? noResult('Webhook', id) : answer(row);
}

function updateWebhook(exchange: Exchange): Answer {
  return onWebhook(exchange, (row) => {
    const sent = objectAt(exchange.body, 'webhook');
    const refused = fault(sent);
    if (refused !== undefined) return refused;
    if ('name' in sent) row.name = textOf(sent['name']);
    if ('url' in sent) row.url = textOf(sent['url']);
    if ('events' in sent) row.events = texts(sent['events']);
    if ('sources' in sent) row.sources = texts(sent['sources']);
    if ('listid' in sent) row.list = idOf(sent['listid']);
    return ok({ webhook: webhookForm(row) });
  });
}

/** The form that the vendor posts for one event of one contact. */
function deliveryForm(store: Store, event: WebhookEvent, contact: ContactRow, now: number): URLSearchParams {
  const tags = store.contactTagsByContact.get(contact.id).flatMap((row) => store.tags.get(row.tag)?.tag ?? []);
  const form = new URLSearchParams({
    type: event.type,
    date_time: accountTime(now),
    initiated_from: API_SOURCE,
    initiated_by: API_SOURCE,
    list: String(event.list ?? 0),
    'contact[id]': String(contact.id),
    'contact[email]': contact.email,
    'contact[first_name]': contact.firstName,
    'contact[last_name]': contact.lastName,
    'contact[phone]': contact.phone,
    'contact[ip]': '127.0.0.1',
    'contact[tags]': tags.join(', '),
  });
  if (event.tag === undefined) {
    const account = store.accountContactsByContact.get(contact.id)[0];
    form.append('contact[orgname]', '');
    form.append('contact[customer_acct_name]', account === undefined ? '' : (store.accounts.get(account.account)?.name ?? ''));
  }
  for (const { field, value } of store.fieldValuesByContact.get(contact.id)) form.append(`contact[fields][${field}]`, value);
  if (event.tag !== undefined) form.append('tag', event.tag);
  if (event.type === 'unsubscribe') {
    form.append('list[0][id]', String(event.list ?? 0));
    form.append('unsubscribe[reason]', '');
  }
  return form;
}

/** Sends the call's events to the webhooks that asked for them, once each, without waiting. */
export function deliverEvents({ store, now }: Exchange): void {
  for (const event of store.events.splice(0)) {
    const contact = store.contacts.get(event.contact);
    if (contact === undefined) continue;
    for (const hook of store.webhooks.rows) {
      const scoped = hook.list === 0 || event.list === undefined || event.list === hook.list;
      if (hook.disabled || !scoped || !hook.events.includes(event.type) || !hook.sources.includes(API_SOURCE)) continue;
      const form = deliveryForm(store, event, contact, now).toString();
      post(hook.url, form, { 'content-type': 'application/x-www-form-urlencoded' }, () => {
        hook.disabled = true;
      });
    }
  }
}

export const webhookRoutes: readonly Route[] = [
  ...route('GET', 'webhooks', listWebhooks),
  ...route('POST', 'webhooks', createWebhook),
  ...route('GET', 'webhooks/*', (exchange) => onWebhook(exchange, (row) => ok({ webhook: webhookForm(row) }))),
  ...route('PUT PATCH', 'webhooks/*', updateWebhook),
  ...route('DELETE', 'webhooks/*', (exchange) =>
    onWebhook(exchange, (row) => {
      exchange.store.webhooks.remove([row]);
      return ok({});
    }),
  ),
  // The total is a number here.
  ...route('GET', 'webhook/events', () => ok({ webhookEvents: EVENTS, meta: { total: EVENTS.length } })),
];
