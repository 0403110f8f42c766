import { accountTime } from './account-time.ts';
import type { JsonObject } from './json.ts';
import type { WebhookRow } from './rows.ts';

export function webhookForm(row: WebhookRow): JsonObject {
  return {
    cdate: accountTime(row.created),
    listid: String(row.list),
    name: row.name,
    url: row.url,
    events: row.events,
    sources: row.sources,
    links: [],
    id: String(row.id),
  };
}
