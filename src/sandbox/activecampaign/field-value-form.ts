import { accountTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { FieldValueRow } from './rows.ts';

export function fieldValueLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `fieldValues/${id}`, ['owner', 'field']);
}

/** A field value as it is read. */
export function fieldValueForm(row: FieldValueRow, api: string): JsonObject {
  return {
    contact: String(row.contact),
    field: String(row.field),
    value: row.value,
    cdate: accountTime(row.created),
    udate: accountTime(row.updated),
    created_by: null,
    updated_by: null,
    links: fieldValueLinks(api, row.id),
    id: String(row.id),
    owner: String(row.contact),
  };
}
