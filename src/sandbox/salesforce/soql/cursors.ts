/** Open query results: pages are read from them by locator. */
import { makeId } from '../data/ids.ts';
import type { Organization } from '../data/organization.ts';
import { refuseQuery } from './soql-error.ts';
import { renderRecord } from './select.ts';
import type { AnswerBase, Column } from './select.ts';
import type { QueryResult } from './query.ts';
import type { Table } from '../data/table.ts';

/** Results are kept for two days. */
const LIFE_MS = 2 * 86_400_000;
/** The oldest is forgotten beyond this many; Salesforce's own number differs between its pages. */
const MAXIMUM_OPEN = 50;

interface Cursor {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly rows: Uint32Array;
  readonly batchSize: number;
  readonly includeDeleted: boolean;
  usedAt: number;
}

export interface QueryAnswer {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly Record<string, unknown>[];
}

export class Cursors {
  readonly #org: Organization;
  readonly #open = new Map<string, Cursor>();
  #count = 0;

  constructor(org: Organization) {
    this.#org = org;
  }

  /** The first page of a result. */
  firstPage(result: QueryResult, batchSize: number, includeDeleted: boolean, at: AnswerBase): QueryAnswer {
    if (result.kind === 'count') return { totalSize: result.total, done: true, records: [] };
    if (result.kind === 'groups') return { totalSize: result.records.length, done: true, records: result.records };
    const { table, columns, rows } = result;
    if (rows.length <= batchSize) {
      return { totalSize: rows.length, done: true, records: rows.map((row) => renderRecord(table, row, columns, at)) };
    }
    this.#count += 1;
    const id = makeId('0r8', this.#count);
    this.#open.set(id, {
      table,
      columns,
      rows: Uint32Array.from(rows),
      batchSize,
      includeDeleted,
      usedAt: this.#org.clock.now(),
    });
    if (this.#open.size > MAXIMUM_OPEN) this.#forgetOldest();
    return this.page(`${id}-0`, at);
  }

  /** The page of a locator, `0r8…-2000`. @throws Refusal INVALID_QUERY_LOCATOR */
  page(locator: string, at: AnswerBase): QueryAnswer {
    const [id = '', place = ''] = locator.split('-');
    const cursor = this.#open.get(id);
    const from = Number(place);
    const now = this.#org.clock.now();
    const usable = cursor !== undefined && /^\d+$/.test(place) && from < cursor.rows.length && now - cursor.usedAt < LIFE_MS;
    if (!usable) return refuseQuery('INVALID_QUERY_LOCATOR', 'invalid query locator');
    cursor.usedAt = now;
    this.#open.delete(id);
    this.#open.set(id, cursor);
    const to = Math.min(from + cursor.batchSize, cursor.rows.length);
    const records: Record<string, unknown>[] = [];
    for (const row of cursor.rows.subarray(from, to)) {
      // A row that went away since the query ran makes the page shorter.
      const gone = cursor.table.present[row] !== true || (!cursor.includeDeleted && cursor.table.isDeleted(row));
      if (!gone) records.push(renderRecord(cursor.table, row, cursor.columns, at));
    }
    const totalSize = cursor.rows.length;
    if (to >= totalSize) return { totalSize, done: true, records };
    const tooling = cursor.table.schema.tooling ? 'tooling/' : '';
    return { totalSize, done: false, nextRecordsUrl: `${at.base}${tooling}query/${id}-${to}`, records };
  }

  #forgetOldest(): void {
    const oldest = this.#open.keys().next();
    if (oldest.done !== true) this.#open.delete(oldest.value);
  }
}
