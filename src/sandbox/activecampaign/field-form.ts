import { accountTime, accountWallTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { FieldOptionRow, FieldRelationRow, FieldRow } from './rows.ts';
import type { Store } from './store.ts';

export function fieldLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `fields/${id}`, ['options', 'relations']);
}

export function fieldForm(row: FieldRow, store: Store, api: string): JsonObject {
  return {
    title: row.title,
    descript: row.description,
    type: row.type,
    isrequired: row.required,
    perstag: row.personalization,
    defval: row.defaultValue,
    show_in_list: row.showInList,
    rows: String(row.rows),
    cols: String(row.columns),
    visible: row.visible,
    service: '',
    ordernum: String(row.order),
    cdate: accountTime(row.created),
    udate: accountTime(row.updated),
    created_timestamp: accountWallTime(row.created),
    updated_timestamp: accountWallTime(row.updated),
    created_by: '1',
    updated_by: '1',
    options: store.fieldOptionsByField.get(row.id).map(({ id }) => String(id)),
    relations: store.fieldRelationsByField.get(row.id).map(({ id }) => String(id)),
    links: fieldLinks(api, row.id),
    id: String(row.id),
  };
}

export function fieldOptionForm(row: FieldOptionRow, api: string): JsonObject {
  return {
    field: String(row.field),
    orderid: String(row.order),
    value: row.value,
    label: row.label,
    isdefault: row.isDefault,
    cdate: accountTime(row.created),
    udate: accountTime(row.updated),
    links: linksTo(api, `fieldOptions/${row.id}`, ['field']),
    id: String(row.id),
  };
}

export function fieldRelationForm(row: FieldRelationRow): JsonObject {
  return {
    field: String(row.field),
    relid: String(row.list),
    dorder: String(row.order),
    cdate: accountTime(row.created),
    links: [],
    id: String(row.id),
  };
}
