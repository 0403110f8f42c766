import { universalTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { CustomFieldDatumRow, CustomFieldRow } from './rows.ts';

function metumForm(row: CustomFieldRow, api: string, metaPath: string, dataPath: string): JsonObject {
  return {
    id: String(row.id),
    fieldLabel: row.label,
    fieldType: row.type,
    fieldOptions: row.options,
    fieldDefault: row.defaultValue,
    fieldDefaultCurrency: row.defaultCurrency,
    isFormVisible: row.formVisible,
    isRequired: row.required,
    displayOrder: row.displayOrder,
    personalization: row.personalization,
    knownFieldId: null,
    hideFieldFlag: 0,
    createdTimestamp: universalTime(row.created),
    updatedTimestamp: universalTime(row.updated),
    links: linksTo(api, `${metaPath}/${row.id}`, [dataPath]),
  };
}

export function dealMetumForm(row: CustomFieldRow, api: string): JsonObject {
  return metumForm(row, api, 'dealCustomFieldMeta', 'dealCustomFieldData');
}

export function accountMetumForm(row: CustomFieldRow, api: string): JsonObject {
  return metumForm(row, api, 'accountCustomFieldMeta', 'accountCustomFieldData');
}

/** Ids are numbers here, except the row's own. */
function datumForm(row: CustomFieldDatumRow, owner: JsonObject, metumKey: string, links: Record<string, string>): JsonObject {
  return {
    id: String(row.id),
    [metumKey]: row.field,
    ...owner,
    customFieldId: row.field,
    createdTimestamp: universalTime(row.created),
    updatedTimestamp: universalTime(row.updated),
    fieldValue: row.value,
    ...(row.currency === null ? {} : { fieldCurrency: row.currency }),
    originalValue: row.original,
    links,
  };
}

export function dealDatumForm(row: CustomFieldDatumRow, api: string): JsonObject {
  const links = linksTo(api, `dealCustomFieldData/${row.id}`, ['deal', 'dealCustomFieldMetum']);
  return datumForm(row, { dealId: row.owner }, 'dealCustomFieldMetumId', links);
}

export function accountDatumForm(row: CustomFieldDatumRow, api: string): JsonObject {
  const links = linksTo(api, `accountCustomFieldData/${row.id}`, ['account', 'accountCustomFieldMetum']);
  return datumForm(row, { accountId: row.owner, customerAccountId: row.owner }, 'accountCustomFieldMetumId', links);
}
