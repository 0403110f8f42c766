import { created, message, missingAttribute, noResult, ok, unsavableValue, type Answer } from './answers.ts';
import { accountDatumForm, accountMetumForm, dealDatumForm, dealMetumForm } from './custom-field-form.ts';
import type { CustomFieldTables } from './custom-field-tables.ts';
import { customValue, writeDatum } from './custom-field-writing.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { flagOf, idOf, integerOf, isObject, objectAt, textOf, type JsonObject } from './json.ts';
import { pageOf } from './paging.ts';
import type { CustomFieldDatumRow, CustomFieldRow } from './rows.ts';
import type { Store } from './store.ts';

/** What differs between the custom fields of deals and those of accounts. */
interface Kind {
  readonly metaPath: string;
  readonly metumKey: string;
  readonly metumClass: string;
  readonly dataPath: string;
  readonly datumKey: string;
  readonly datumClass: string;
  /** What a value's owner is called in bodies. */
  readonly ownerKeys: readonly string[];
  readonly ownerClass: string;
  readonly tagPrefix: string;
  /** Personalization tags of the built-in columns. */
  readonly builtInTags: readonly string[];
  readonly totals: (total: number) => number | string;
  readonly tables: (store: Store) => CustomFieldTables;
  readonly hasOwner: (store: Store, id: number) => boolean;
  readonly metumForm: (row: CustomFieldRow, api: string) => JsonObject;
  readonly datumForm: (row: CustomFieldDatumRow, api: string) => JsonObject;
}

const DEALS: Kind = {
  metaPath: 'dealCustomFieldMeta',
  metumKey: 'dealCustomFieldMetum',
  metumClass: 'DealCustomFieldMetum',
  dataPath: 'dealCustomFieldData',
  datumKey: 'dealCustomFieldDatum',
  datumClass: 'DealCustomFieldData',
  ownerKeys: ['dealId'],
  ownerClass: 'Deal',
  tagPrefix: 'DEAL_',
  builtInTags: ['DEAL_TITLE', 'DEAL_VALUE', 'DEAL_STAGE', 'DEAL_STATUS', 'DEAL_OWNER'],
  totals: (total) => total,
  tables: (store) => store.dealFields,
  hasOwner: (store, id) => store.deals.get(id) !== undefined,
  metumForm: dealMetumForm,
  datumForm: dealDatumForm,
};

const ACCOUNTS: Kind = {
  metaPath: 'accountCustomFieldMeta',
  metumKey: 'accountCustomFieldMetum',
  metumClass: 'AccountCustomFieldMetum',
  dataPath: 'accountCustomFieldData',
  datumKey: 'accountCustomFieldDatum',
  datumClass: 'AccountCustomFieldData',
  ownerKeys: ['customerAccountId', 'accountId'],
  ownerClass: 'CustomerAccount',
  tagPrefix: 'ACCT_',
  builtInTags: ['ACCT_NAME', 'ACCT_URL'],
  totals: String,
  tables: (store) => store.accountFields,
  hasOwner: (store, id) => store.accounts.get(id) !== undefined,
  metumForm: accountMetumForm,
  datumForm: accountDatumForm,
};

function binary(value: unknown): 0 | 1 {
  return flagOf(value) === '1' ? 1 : 0;
}

function personalizationOf(kind: Kind, tables: CustomFieldTables, label: string): string {
  const wanted = kind.tagPrefix + label.replace(/[^\p{L}\p{N}]+/gu, '_').toUpperCase();
  const taken = new Set([...kind.builtInTags, ...tables.meta.rows.map((row) => row.personalization)]);
  let tag = wanted;
  for (let number = 1; taken.has(tag); number += 1) tag = `${wanted}_${number}`;
  return tag;
}

function optionsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.map(textOf) : null;
}

function createMetum(kind: Kind, { store, body, now, api }: Exchange): Answer {
  const sent = objectAt(body, kind.metumKey);
  const label = textOf(sent['fieldLabel']).trim();
  if (label === '') return missingAttribute('fieldLabel');
  if (textOf(sent['fieldType']) === '') return missingAttribute('fieldType');
  const tables = kind.tables(store);
  const row = tables.meta.insert({
    id: tables.meta.nextId(),
    label,
    type: textOf(sent['fieldType']),
    options: optionsOf(sent['fieldOptions']),
    defaultValue: sent['fieldDefault'] ?? null,
    defaultCurrency: textOf(sent['fieldDefaultCurrency']) || null,
    formVisible: binary(sent['isFormVisible']),
    required: binary(sent['isRequired']),
    displayOrder: integerOf(sent['displayOrder'], tables.meta.rows.length + 1),
    personalization: personalizationOf(kind, tables, label),
    created: now,
    updated: now,
  });
  return created({ [kind.metumKey]: kind.metumForm(row, api) });
}

function onMetum(kind: Kind, { store, parameters }: Exchange, answer: (row: CustomFieldRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = kind.tables(store).meta.get(id);
  return row === undefined ? noResult(kind.metumClass, id) : answer(row);
}

/** Recorded: a body under another key than the singular one changes nothing and is answered with 200. */
function updateMetum(kind: Kind, exchange: Exchange): Answer {
  return onMetum(kind, exchange, (row) => {
    const sent = exchange.body[kind.metumKey];
    if (isObject(sent)) {
      if ('fieldLabel' in sent) row.label = textOf(sent['fieldLabel']) || row.label;
      if ('fieldOptions' in sent) row.options = optionsOf(sent['fieldOptions']);
      if ('fieldDefault' in sent) row.defaultValue = sent['fieldDefault'];
      if ('fieldDefaultCurrency' in sent) row.defaultCurrency = textOf(sent['fieldDefaultCurrency']) || null;
      if ('isFormVisible' in sent) row.formVisible = binary(sent['isFormVisible']);
      if ('isRequired' in sent) row.required = binary(sent['isRequired']);
      if ('displayOrder' in sent) row.displayOrder = integerOf(sent['displayOrder'], row.displayOrder);
      row.updated = exchange.now;
    }
    return ok({ [kind.metumKey]: kind.metumForm(row, exchange.api) });
  });
}

function deleteMetum(kind: Kind, exchange: Exchange): Answer {
  return onMetum(kind, exchange, (row) => {
    const tables = kind.tables(exchange.store);
    tables.data.remove(tables.data.rows.filter(({ field }) => field === row.id));
    tables.meta.remove([row]);
    return ok({});
  });
}

function listData(kind: Kind, exchange: Exchange): Answer {
  const { store, query, api } = exchange;
  const owner = kind.ownerKeys.map((key) => query.filter(key)).find((value) => value !== undefined);
  const field = query.filter('customFieldId') ?? query.filter(`${kind.metumKey}Id`);
  const tables = kind.tables(store);
  const rows = (owner === undefined ? tables.data.rows : tables.dataByOwner.get(idOf(owner))).filter(
    (row) => field === undefined || row.field === idOf(field),
  );
  return ok({
    [kind.dataPath]: pageOf(exchange, rows).map((row) => kind.datumForm(row, api)),
    meta: { total: kind.totals(rows.length) },
  });
}

interface WantedDatum {
  readonly owner: number;
  readonly field: CustomFieldRow;
  readonly kept: unknown;
  readonly currency: string | null;
}

function wantedDatum(kind: Kind, store: Store, sent: JsonObject): WantedDatum | Answer {
  const ownerKey = kind.ownerKeys.find((key) => key in sent) ?? kind.ownerKeys[0]!;
  const owner = idOf(sent[ownerKey]);
  if (owner === 0) return missingAttribute(ownerKey);
  if (!kind.hasOwner(store, owner)) return noResult(kind.ownerClass, owner);
  const field = kind.tables(store).meta.get(idOf(sent['customFieldId']));
  if (field === undefined) return noResult(kind.metumClass, idOf(sent['customFieldId']));
  const value = customValue(field, sent['fieldValue'] ?? null);
  if ('refused' in value) return unsavableValue(value.refused, field.type);
  return { owner, field, kept: value.kept, currency: textOf(sent['fieldCurrency']) || null };
}

function write(kind: Kind, { store, now }: Exchange, { owner, field, kept, currency }: WantedDatum): CustomFieldDatumRow {
  return writeDatum(kind.tables(store), owner, field, kept, currency, now);
}

/** Recorded for deals: 200, not 201. */
function createDatum(kind: Kind, exchange: Exchange): Answer {
  const wanted = wantedDatum(kind, exchange.store, objectAt(exchange.body, kind.datumKey));
  if ('status' in wanted) return wanted;
  return ok({ [kind.datumKey]: kind.datumForm(write(kind, exchange, wanted), exchange.api) });
}

function createData(kind: Kind, exchange: Exchange): Answer {
  const sent = exchange.payload;
  if (!Array.isArray(sent)) return missingAttribute(kind.datumKey);
  const wanted = sent.filter(isObject).map((entry) => wantedDatum(kind, exchange.store, entry));
  const refused = wanted.find((entry) => 'status' in entry);
  if (refused !== undefined && 'status' in refused) return refused;
  for (const entry of wanted) {
    if (!('status' in entry)) write(kind, exchange, entry);
  }
  return ok({ message: 'the bulk insert was successful' });
}

function updateData(kind: Kind, exchange: Exchange): Answer {
  const { store, payload } = exchange;
  if (!Array.isArray(payload)) return missingAttribute(kind.datumKey);
  const tables = kind.tables(store);
  const wanted: WantedDatum[] = [];
  for (const entry of payload.filter(isObject)) {
    const row = tables.data.get(idOf(entry['id']));
    if (row === undefined) return noResult(kind.datumClass, idOf(entry['id']));
    const checked = wantedUpdate(tables, row, entry);
    if ('status' in checked) return checked;
    wanted.push(checked);
  }
  const ids = wanted.map((entry) => write(kind, exchange, entry).id);
  const className = kind.datumKey.charAt(0).toUpperCase() + kind.datumKey.slice(1);
  return message(200, `${className}s with ID(s): ${ids.join(', ')} successfully bulk updated.`);
}

function wantedUpdate(tables: CustomFieldTables, row: CustomFieldDatumRow, sent: JsonObject): WantedDatum | Answer {
  const field = tables.meta.get(row.field)!;
  const value = 'fieldValue' in sent ? customValue(field, sent['fieldValue']) : { kept: row.value };
  if ('refused' in value) return unsavableValue(value.refused, field.type);
  return { owner: row.owner, field, kept: value.kept, currency: textOf(sent['fieldCurrency']) || null };
}

function onDatum(kind: Kind, { store, parameters }: Exchange, answer: (row: CustomFieldDatumRow) => Answer): Answer {
  const id = idOf(parameters[0]);
  const row = kind.tables(store).data.get(id);
  return row === undefined ? noResult(kind.datumClass, id) : answer(row);
}

function updateDatum(kind: Kind, exchange: Exchange): Answer {
  return onDatum(kind, exchange, (row) => {
    const wanted = wantedUpdate(kind.tables(exchange.store), row, objectAt(exchange.body, kind.datumKey));
    if ('status' in wanted) return wanted;
    return ok({ [kind.datumKey]: kind.datumForm(write(kind, exchange, wanted), exchange.api) });
  });
}

function routesOf(kind: Kind): Route[] {
  const { metaPath, dataPath } = kind;
  return [
    ...route('GET', metaPath, (exchange) =>
      ok({ [metaPath]: pageOf(exchange, kind.tables(exchange.store).meta.rows).map((row) => kind.metumForm(row, exchange.api)) }),
    ),
    ...route('POST', metaPath, (exchange) => createMetum(kind, exchange)),
    ...route('GET', `${metaPath}/*`, (exchange) =>
      onMetum(kind, exchange, (row) => ok({ [kind.metumKey]: kind.metumForm(row, exchange.api) })),
    ),
    ...route('PUT PATCH', `${metaPath}/*`, (exchange) => updateMetum(kind, exchange)),
    ...route('DELETE', `${metaPath}/*`, (exchange) => deleteMetum(kind, exchange)),
    ...route('GET', dataPath, (exchange) => listData(kind, exchange)),
    ...route('POST', dataPath, (exchange) => createDatum(kind, exchange)),
    ...route('POST', `${dataPath}/bulkCreate`, (exchange) => createData(kind, exchange)),
    ...route('PATCH', `${dataPath}/bulkUpdate`, (exchange) => updateData(kind, exchange)),
    ...route('GET', `${dataPath}/*`, (exchange) =>
      onDatum(kind, exchange, (row) => ok({ [kind.datumKey]: kind.datumForm(row, exchange.api) })),
    ),
    ...route('PUT PATCH', `${dataPath}/*`, (exchange) => updateDatum(kind, exchange)),
    ...route('DELETE', `${dataPath}/*`, (exchange) =>
      onDatum(kind, exchange, (row) => {
        kind.tables(exchange.store).data.remove([row]);
        return message(200, `${kind.datumClass} deleted.`);
      }),
    ),
  ];
}

export const customFieldRoutes: readonly Route[] = [...routesOf(DEALS), ...routesOf(ACCOUNTS)];
