import { NEVER } from '../model/time.ts';
import type { ReleasedRecords } from '../operations/quarantine.ts';
import type { WaitingRecord } from '../operations/waiting.ts';
import { maskKey } from '../operations/mask.ts';
import { counted } from './layout.ts';
import { safe } from './safe.ts';

/** Records that wait, one a line: link, end, key, why, and when they are tried again. */
export function renderWaiting(records: readonly WaitingRecord[], showValues: boolean, nothing: string): string {
  if (records.length === 0) return `${nothing}\n`;
  const lines = records.map((record) => {
    const key = showValues ? record.key : maskKey(record.key);
    const tried =
      record.attempts === undefined ? '' : `, tried ${record.attempts} times since ${record.since ?? ''}, next ${nextOf(record)}`;
    const detail = record.detail === undefined ? '' : `: ${safe(record.detail)}`;
    return `${safe(record.link)}  ${safe(record.end)}  ${safe(key)}  ${safe(record.reason)}${detail}${tried}`;
  });
  return `${lines.join('\n')}\n`;
}

function nextOf(record: WaitingRecord): string {
  return record.nextAt === undefined || record.nextAt === NEVER ? 'after an edit' : record.nextAt;
}

export function waitingJson(records: readonly WaitingRecord[], showValues: boolean): object {
  return {
    records: records.map((record) => ({
      link: record.link,
      end: record.end,
      key: showValues ? record.key : maskKey(record.key),
      reason: record.reason,
      detail: record.detail ?? null,
      attempts: record.attempts ?? null,
      since: record.since ?? null,
      next_at: record.nextAt ?? null,
    })),
  };
}

/** What `quarantine retry` did. */
export function retriedText({ links }: ReleasedRecords): string {
  if (links.length === 0) return 'Nothing is in quarantine.';
  return [
    ...links.map(({ link, records }) => `${safe(link)}: ${counted(records, 'record')} due now.`),
    'To try them at once:\n  syncline sync',
  ].join('\n');
}

/** What `quarantine drop` did. */
export function droppedText({ links }: ReleasedRecords): string {
  return links
    .map(
      ({ link, records }) => `${safe(link)}: ${counted(records, 'record')} given up, until somebody edits it at one of its ends.`,
    )
    .join('\n');
}

export function releasedJson(type: string, { links }: ReleasedRecords): object {
  return { type, links };
}
