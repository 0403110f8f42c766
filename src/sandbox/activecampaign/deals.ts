import { accountTime, parseInstant } from './account-time.ts';
import { accountForm } from './account-form.ts';
import { created, missingAttribute, noResult, ok, unprocessable, type Answer } from './answers.ts';
import { contactForm } from './contact-form.ts';
import { dealDatumForm } from './custom-field-form.ts';
import { saveCustomValues } from './custom-field-writing.ts';
import { contactDealForm, dealForm, dealGroupForm, dealHash, dealLinks, dealStageForm } from './deal-form.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { idOf, integerOf, objectAt, textOf, type JsonObject } from './json.ts';
import { noteForm } from './note-form.ts';
import { ordered, pageOf } from './paging.ts';
import type { ContactDealRow, DealRow } from './rows.ts';
import type { Store } from './store.ts';

type DealTest = (row: DealRow) => boolean;

const CENTS = 100;

/** Tests of `GET /deals`, by filter; `after` holds from the instant on, `before` until just before it. */
const FILTERS: Readonly<Record<string, (value: string) => DealTest>> = {
  search: (value) => (row) => row.title.toLowerCase().includes(value.toLowerCase()),
  title: (value) => (row) => row.title.toLowerCase() === value.toLowerCase(),
  stage: (value) => (row) => row.stage === idOf(value),
  group: (value) => (row) => row.group === idOf(value),
  status: (value) => (row) => row.status === Number(value),
  owner: (value) => (row) => row.owner === idOf(value),
  created_after: (value) => (row) => row.created >= (parseInstant(value) ?? -Infinity),
  created_before: (value) => (row) => row.created < (parseInstant(value) ?? Infinity),
  updated_after: (value) => (row) => row.updated >= (parseInstant(value) ?? -Infinity),
  updated_before: (value) => (row) => row.updated < (parseInstant(value) ?? Infinity),
  minimum_value: (value) => (row) => row.value >= Number(value) * CENTS,
  maximum_value: (value) => (row) => row.value <= Number(value) * CENTS,
};

function currenciesOf(deals: readonly DealRow[]): JsonObject | [] {
  if (deals.length === 0) return [];
  const byCurrency = Map.groupBy(deals, (deal) => deal.currency.toUpperCase());
  return Object.fromEntries(
    [...byCurrency].map(([currency, rows]) => [
      currency,
      {
        total: String(rows.length),
        value: String(rows.reduce((sum, { value }) => sum + value, 0)),
        currency,
        isDisabled: false,
      },
    ]),
  );
}

function listDeals(exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const tests = query.filters.flatMap(({ field, value }) => (Object.hasOwn(FILTERS, field) ? [FILTERS[field]!(value)] : []));
  const found = store.deals.rows.filter((row) => tests.every((test) => test(row)));
  const nameOf = (row: DealRow): string => {
    const contact = store.contacts.get(row.contact);
    return `${contact?.firstName ?? ''} ${contact?.lastName ?? ''}`.toLowerCase();
  };
  const inOrder = ordered(query, found, {
    id: (row) => row.id,
    title: (row) => row.title.toLowerCase(),
    value: (row) => row.value,
    cdate: (row) => row.created,
    contact_name: nameOf,
  });
  return ok({
    deals: pageOf(exchange, inOrder).map((row) => dealForm(row, api)),
    meta: { currencies: currenciesOf(found), total: found.length },
  });
}

/** The stage that a body asks for: its own, else the first one of its pipeline; 0 where there is none. */
function stageOf(store: Store, body: JsonObject, group: number): number {
  const sent = idOf(body['stage']);
  if (sent !== 0) return sent;
  return store.dealStages.rows.filter((row) => row.group === group).sort((a, b) => a.order - b.order)[0]?.id ?? 0;
}

/** Why a new deal cannot be made. UNVERIFIED wording: only which attributes are required is documented. */
function creationFault(store: Store, body: JsonObject): Answer | undefined {
  if (textOf(body['title']) === '') return missingAttribute('title');
  if (idOf(body['contact']) === 0 && idOf(body['account']) === 0) return missingAttribute('contact');
  if (idOf(body['group']) === 0 && idOf(body['stage']) === 0) return missingAttribute('group');
  return referenceFault(store, body);
}

function referenceFault(store: Store, body: JsonObject): Answer | undefined {
  const contact = idOf(body['contact']);
  if (contact !== 0 && store.contacts.get(contact) === undefined) return noResult('Subscriber', contact);
  const account = idOf(body['account']);
  if (account !== 0 && store.accounts.get(account) === undefined) return noResult('CustomerAccount', account);
  const group = idOf(body['group']);
  if (group !== 0 && store.dealGroups.get(group) === undefined) return noResult('DealGroup', group);
  const stage = idOf(body['stage']);
  return stage !== 0 && store.dealStages.get(stage) === undefined ? noResult('DealStage', stage) : undefined;
}

/** The records that a written deal brings along: those that its body named, and its stage. */
function sidesOf({ store, api }: Exchange, row: DealRow, body: JsonObject): JsonObject {
  const sides: JsonObject = {};
  const contact = idOf(body['contact']) === 0 ? undefined : store.contacts.get(row.contact);
  if (contact !== undefined) sides['contacts'] = [contactForm(contact, api)];
  const account = idOf(body['account']) === 0 ? undefined : store.accounts.get(row.account);
  if (account !== undefined) sides['accounts'] = [accountForm(account, api)];
  return sides;
}

function stageSide({ store, api }: Exchange, row: DealRow): JsonObject {
  const stage = store.dealStages.get(row.stage);
  return stage === undefined ? {} : { dealStages: [dealStageForm(stage, api)] };
}

function createDeal(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  const body = objectAt(exchange.body, 'deal');
  const fault = creationFault(store, body);
  if (fault !== undefined) return fault;
  const stage = stageOf(store, body, idOf(body['group']));
  const group = store.dealGroups.get(store.dealStages.get(stage)?.group ?? idOf(body['group']));
  if (group === undefined) return missingAttribute('stage');
  if (idOf(body['owner']) === 0 && group.autoassign === '0') return missingAttribute('owner');
  const row = store.deals.insert({
    id: store.deals.nextId(),
    title: textOf(body['title']),
    description: textOf(body['description']),
    value: integerOf(body['value'], 0),
    currency: textOf(body['currency']).toLowerCase() || group.currency,
    contact: idOf(body['contact']),
    account: idOf(body['account']),
    group: group.id,
    stage,
    owner: idOf(body['owner']) || 1,
    percent: integerOf(body['percent'], 0),
    status: integerOf(body['status'], 0),
    activities: 0,
    created: now,
    updated: now,
    saved: false,
  });
  const { fields, ...sent } = body;
  const groupSide = idOf(body['group']) === 0 ? {} : { dealGroups: [dealGroupForm(group, api)] };
  const account = row.account === 0 ? null : String(row.account);
  return created({
    ...sidesOf(exchange, row, body),
    ...groupSide,
    ...stageSide(exchange, row),
    deal: {
      ...echoed(sent),
      cdate: accountTime(now),
      mdate: accountTime(now),
      description: row.description,
      organization: null,
      status: body['status'] ?? 0,
      nextdate: null,
      nextdealid: '0',
      hash: dealHash(row.id),
      winProbability: null,
      winProbabilityMdate: null,
      links: dealLinks(api, row.id),
      ...customFieldsLast(saveCustomValues(store.dealFields, row.id, fields, now)),
      id: String(row.id),
      isDisabled: false,
      account,
      customerAccount: account,
    },
  });
}

const ECHOED = [
  'title',
  'value',
  'currency',
  'contact',
  'account',
  'owner',
  'group',
  'stage',
  'percent',
  'status',
  'description',
] as const;

/** Columns come back in the type in which they were sent. */
function echoed(body: JsonObject): JsonObject {
  const echo: JsonObject = {};
  for (const key of Object.keys(body)) {
    if ((ECHOED as readonly string[]).includes(key)) echo[key] = body[key];
  }
  return echo;
}

function customFieldsLast({ customFieldSaveStatus, fields }: JsonObject): JsonObject {
  return { fields, customFieldSaveStatus };
}

function onDeal({ store, parameters }: Exchange, answer: (row: DealRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = store.deals.get(id);
  return row === undefined ? noResult('Deal', id) : answer(row);
}

function updateDeal(exchange: Exchange): Answer {
  const { store, now, api } = exchange;
  return onDeal(exchange, (row) => {
    const body = objectAt(exchange.body, 'deal');
    const fault = referenceFault(store, body);
    if (fault !== undefined) return fault;
    if ('title' in body) row.title = textOf(body['title']);
    if ('description' in body) row.description = textOf(body['description']);
    if ('value' in body) row.value = integerOf(body['value'], row.value);
    if ('currency' in body) row.currency = textOf(body['currency']).toLowerCase();
    if (idOf(body['contact']) !== 0) row.contact = idOf(body['contact']);
    if ('account' in body) row.account = idOf(body['account']);
    if (idOf(body['owner']) !== 0) row.owner = idOf(body['owner']);
    if ('percent' in body) row.percent = integerOf(body['percent'], 0);
    if ('status' in body) row.status = integerOf(body['status'], row.status);
    moveDeal(store, row, body);
    row.updated = now;
    row.saved = true;
    row.activities += 1;
    const form = dealForm(row, api);
    for (const key of ['value', 'percent', 'status', 'title', 'description'] as const) {
      if (key in body) form[key] = body[key];
    }
    form['status'] = Number(form['status']);
    const { stage } = body;
    // Recorded: a stage sent as null comes back as the number of the one that holds.
    if (stage === null) form['stage'] = row.stage;
    const { id, isDisabled, account, customerAccount, ...columns } = form;
    return ok({
      ...sidesOf(exchange, row, body),
      ...(stage === null ? {} : stageSide(exchange, row)),
      deal: {
        ...columns,
        ...customFieldsLast(saveCustomValues(store.dealFields, row.id, body['fields'], now)),
        id,
        isDisabled,
        nextTask: null,
        account,
        customerAccount,
      },
    });
  });
}

/** Another pipeline without a stage of its own means that pipeline's first stage. */
function moveDeal(store: Store, row: DealRow, body: JsonObject): void {
  const stage = store.dealStages.get(idOf(body['stage']));
  const group = idOf(body['group']);
  if (stage !== undefined) {
    row.stage = stage.id;
    row.group = stage.group;
  } else if (group !== 0 && group !== row.group) {
    row.group = group;
    row.stage = stageOf(store, {}, group);
  }
}

function deleteDeal(exchange: Exchange): Answer {
  const { store } = exchange;
  return onDeal(exchange, (row) => {
    store.dealFields.data.remove(store.dealFields.dataByOwner.get(row.id));
    store.contactDeals.remove(store.contactDeals.rows.filter(({ deal }) => deal === row.id));
    store.deals.remove([row]);
    return ok({});
  });
}

function addContactDeal({ store, body, now, api }: Exchange): Answer {
  const sent = objectAt(body, 'contactDeal');
  for (const attribute of ['deal', 'contact']) {
    if (idOf(sent[attribute]) === 0) return missingAttribute(attribute);
  }
  const deal = store.deals.get(idOf(sent['deal']));
  if (deal === undefined) return noResult('Deal', idOf(sent['deal']));
  const contact = idOf(sent['contact']);
  if (store.contacts.get(contact) === undefined) return noResult('Subscriber', contact);
  if (deal.contact === contact || store.contactDeals.rows.some((row) => row.deal === deal.id && row.contact === contact)) {
    return unprocessable('The given contact is already associated to the deal', 'field_invalid', 'contact');
  }
  const id = store.contactDeals.nextId();
  const row = store.contactDeals.insert({ id, deal: deal.id, contact, role: idOf(sent['role']), created: now, updated: now });
  return created({ contactDeal: contactDealForm(row, api) });
}

function onContactDeal({ store, parameters }: Exchange, answer: (row: ContactDealRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = store.contactDeals.get(id);
  return row === undefined ? noResult('ContactDeal', id) : answer(row);
}

export const dealRoutes: readonly Route[] = [
  ...route('GET', 'deals', listDeals),
  ...route('POST', 'deals', createDeal),
  ...route('GET', 'deals/*', (exchange) => onDeal(exchange, (row) => ok({ deal: dealForm(row, exchange.api) }))),
  ...route('PUT PATCH', 'deals/*', updateDeal),
  ...route('DELETE', 'deals/*', deleteDeal),
  ...route('GET', 'deals/*/notes', (exchange) =>
    onDeal(exchange, ({ id }) =>
      ok({
        notes: exchange.store.notes.rows
          .filter((note) => note.relatedType === 'Deal' && note.related === id)
          .map((note) => noteForm(note, exchange.api)),
      }),
    ),
  ),
  ...route('GET', 'deals/*/dealCustomFieldData', (exchange) =>
    onDeal(exchange, ({ id }) =>
      ok({ dealCustomFieldData: exchange.store.dealFields.dataByOwner.get(id).map((row) => dealDatumForm(row, exchange.api)) }),
    ),
  ),
  ...route('GET', 'deals/*/contactDeals', (exchange) =>
    onDeal(exchange, ({ id }) =>
      ok({
        contactDeals: exchange.store.contactDeals.rows
          .filter(({ deal }) => deal === id)
          .map((row) => contactDealForm(row, exchange.api)),
      }),
    ),
  ),
  ...route('GET', 'contactDeals', (exchange) => {
    const { rows } = exchange.store.contactDeals;
    return ok({
      contactDeals: pageOf(exchange, rows).map((row) => contactDealForm(row, exchange.api)),
      meta: { total: String(rows.length) },
    });
  }),
  ...route('POST', 'contactDeals', addContactDeal),
  ...route('GET', 'contactDeals/*', (exchange) =>
    onContactDeal(exchange, (row) => ok({ contactDeal: contactDealForm(row, exchange.api) })),
  ),
  ...route('DELETE', 'contactDeals/*', (exchange) =>
    onContactDeal(exchange, (row) => {
      exchange.store.contactDeals.remove([row]);
      return ok({});
    }),
  ),
];
