import { accountTime } from './account-time.ts';
import { linksTo } from './exchange.ts';
import type { JsonObject } from './json.ts';
import type { NoteRow } from './rows.ts';

const OWNER_TYPES: Readonly<Record<string, string>> = { Subscriber: 'contact', Deal: 'deal', CustomerAccount: 'customerAccount' };

function noteLinks(api: string, id: number): Record<string, string> {
  return linksTo(api, `notes/${id}`, ['activities', 'user', 'mentions', 'notes', 'owner']);
}

/** `related` repeats the id in the type that the client sent, where the note has just been made. */
export function noteForm(row: NoteRow, api: string, related: unknown = String(row.related)): JsonObject {
  return {
    note: row.note,
    relid: related,
    reltype: row.relatedType,
    cdate: accountTime(row.created),
    mdate: accountTime(row.updated),
    userid: '1',
    links: noteLinks(api, row.id),
    owner: { type: OWNER_TYPES[row.relatedType] ?? row.relatedType.toLowerCase(), id: related },
    is_draft: '',
    id: String(row.id),
    user: '1',
  };
}
