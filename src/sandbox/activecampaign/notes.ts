import { created, missingAttribute, noResult, notFound, ok, type Answer } from './answers.ts';
import { accountForm } from './account-form.ts';
import { contactForm } from './contact-form.ts';
import { dealForm } from './deal-form.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { idOf, objectAt, textOf, type JsonObject } from './json.ts';
import { noteForm } from './note-form.ts';
import { ordered, pageOf } from './paging.ts';
import type { NoteRow } from './rows.ts';

/** The record that a note is about, beside the note; `undefined` where there is none. A contact counts as updated. */
function annotate({ store, now, api }: Exchange, type: string, id: number): JsonObject | undefined {
  if (type === 'Subscriber') {
    const contact = store.contacts.get(id);
    if (contact === undefined) return undefined;
    contact.updated = now;
    store.events.push({ type: 'subscriber_note', contact: id });
    return { contacts: [contactForm(contact, api)] };
  }
  if (type === 'Deal') {
    const deal = store.deals.get(id);
    if (deal === undefined) return undefined;
    deal.updated = now;
    // The answer shows the deal as it was before the note counted.
    const side = { deals: [dealForm(deal, api)] };
    deal.activities += 1;
    return side;
  }
  const account = type === 'CustomerAccount' ? store.accounts.get(id) : undefined;
  return account === undefined ? undefined : { accounts: [accountForm(account, api)] };
}

function addNote(exchange: Exchange, type: string, related: unknown, body: JsonObject): Answer {
  const text = textOf(body['note']);
  if (text === '') return missingAttribute('note');
  const id = idOf(related);
  const side = annotate(exchange, type, id);
  if (side === undefined) return notFound(`${type} not found`);
  const { store, now, api } = exchange;
  const row = store.notes.insert({
    id: store.notes.nextId(),
    note: text,
    related: id,
    relatedType: type,
    created: now,
    updated: now,
  });
  return created({ ...side, note: noteForm(row, api, related) });
}

function onNote({ store, parameters }: Exchange, position: number, answer: (row: NoteRow) => Answer): Answer {
  const id = idOf(parameters[position]);
  const row = store.notes.get(id);
  return row === undefined ? noResult('Note', id) : answer(row);
}

function updateNote(exchange: Exchange, position: number): Answer {
  return onNote(exchange, position, (row) => {
    const body = objectAt(exchange.body, 'note');
    if ('note' in body) row.note = textOf(body['note']);
    row.updated = exchange.now;
    return ok({ note: noteForm(row, exchange.api) });
  });
}

/** A note of a deal or account in its address. The recorded answer to a POST on a note's own address is a new note. */
function noteOf(type: string): (exchange: Exchange) => Answer {
  return (exchange) => addNote(exchange, type, exchange.parameters[0], objectAt(exchange.body, 'note'));
}

export const noteRoutes: readonly Route[] = [
  ...route('GET', 'notes', (exchange) => {
    const rows = ordered(exchange.query, exchange.store.notes.rows, { id: (row) => row.id, cdate: (row) => row.created });
    return ok({ notes: pageOf(exchange, rows).map((row) => noteForm(row, exchange.api)), meta: { total: rows.length } });
  }),
  ...route('POST', 'notes', (exchange) => {
    const body = objectAt(exchange.body, 'note');
    return addNote(exchange, textOf(body['reltype']), body['relid'], body);
  }),
  ...route('GET', 'notes/*', (exchange) => onNote(exchange, 0, (row) => ok({ note: noteForm(row, exchange.api) }))),
  ...route('PUT PATCH', 'notes/*', (exchange) => updateNote(exchange, 0)),
  ...route('DELETE', 'notes/*', (exchange) =>
    onNote(exchange, 0, (row) => {
      exchange.store.notes.remove([row]);
      return ok({});
    }),
  ),
  ...route('POST', 'deals/*/notes', noteOf('Deal')),
  ...route('POST', 'deals/*/notes/*', noteOf('Deal')),
  ...route('PUT PATCH', 'deals/*/notes/*', (exchange) => updateNote(exchange, 1)),
  ...route('POST', 'accounts/*/notes', noteOf('CustomerAccount')),
  ...route('PUT PATCH', 'accounts/*/notes/*', (exchange) => updateNote(exchange, 1)),
];
