/** `sobjects/{object}/updated` and `/deleted`: ids that changed or went within a span of time. */
import { refuseWith } from '../api-error.ts';
import { formatInstant, parseSoqlInstant } from '../data/instants.ts';
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import type { Answer, Call, Workspace } from './call.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const UPDATED_DAYS = 30;
const DELETED_DAYS = 15;
const MAXIMUM_IDS = 600_000;

interface Span {
  readonly start: number;
  readonly end: number;
  /** How far the answer can be trusted: held back to the oldest write that is not visible yet. */
  readonly covered: number;
}

export function updatedRecords({ org }: Workspace, call: Call, objectName: string): Answer {
  const table = replicateable(org, objectName);
  const { start, end, covered } = spanOf(org, call, UPDATED_DAYS);
  const ids = org.reading(() => stampedBetween(table, start, end, false).map((row) => table.ids[row]));
  if (ids.length > MAXIMUM_IDS) refuseWith(400, 'EXCEEDED_ID_LIMIT', `too many ids: ${ids.length}`);
  return { status: 200, body: { ids, latestDateCovered: formatInstant(covered) } };
}

export function deletedRecords({ org }: Workspace, call: Call, objectName: string): Answer {
  const table = replicateable(org, objectName);
  const { start, end, covered } = spanOf(org, call, DELETED_DAYS);
  const deletedRecordRows = org.reading(() =>
    stampedBetween(table, start, end, true).map((row) => ({
      id: table.ids[row],
      deletedDate: formatInstant(Number(table.get(row, 'SystemModstamp'))),
    })),
  );
  if (deletedRecordRows.length > MAXIMUM_IDS) refuseWith(400, 'EXCEEDED_ID_LIMIT', `too many ids: ${deletedRecordRows.length}`);
  const earliest = Math.floor((org.clock.now() - DELETED_DAYS * DAY_MS) / MINUTE_MS) * MINUTE_MS;
  return {
    status: 200,
    body: {
      deletedRecords: deletedRecordRows,
      earliestDateAvailable: formatInstant(earliest),
      latestDateCovered: formatInstant(covered),
    },
  };
}

function replicateable(org: Organization, objectName: string): Table {
  const table = org.tableOfPath(objectName);
  if (!table.schema.replicateable) refuseWith(400, 'INVALID_TYPE', `entity is not replicateable: ${table.schema.name}`);
  return table;
}

/** Rows of the recycle bin and rows purged from it keep the stamp of their deletion. */
function stampedBetween(table: Table, start: number, end: number, deleted: boolean): number[] {
  const stamps = table.column('SystemModstamp');
  const rows: number[] = [];
  for (let row = 0; row < table.length; row += 1) {
    const stamp = Number(stamps[row]);
    if (stamp < start || stamp >= end || table.isDeleted(row) !== deleted) continue;
    if (table.present[row] === true || (deleted && table.purged.has(row))) rows.push(row);
  }
  return rows;
}

function spanOf(org: Organization, call: Call, days: number): Span {
  const start = minute(call, 'start');
  const end = minute(call, 'end');
  const now = org.clock.now();
  if (end - start <= MINUTE_MS) {
    refuseWith(400, 'INVALID_REPLICATION_DATE', 'startDate before endDate by more than one minute is required');
  }
  if (start < now - days * DAY_MS) {
    refuseWith(400, 'INVALID_REPLICATION_DATE', `startDate cannot be more than ${days} days ago`);
  }
  return { start, end, covered: Math.min(end, Math.floor(now / 1000) * 1000, org.oldestUnseenStamp() ?? Infinity) };
}

/** Seconds are ignored. */
function minute(call: Call, name: string): number {
  const text = call.query.get(name) ?? '';
  const ms = parseSoqlInstant(text);
  if (ms === null) return refuseWith(400, 'INVALID_REPLICATION_DATE', `Invalid date: ${text}`);
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
