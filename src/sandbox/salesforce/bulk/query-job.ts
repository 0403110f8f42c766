/** Runs the query of a query job and reads its pages. */
import { plainText } from '../data/plain-text.ts';
import type { Organization } from '../data/organization.ts';
import { runQuery } from '../soql/query.ts';
import type { Column } from '../soql/select.ts';
import { renderValue } from '../soql/select.ts';
import { refuseQuery } from '../soql/soql-error.ts';
import { DELIMITERS, LINE_ENDINGS, quotedLine } from './csv.ts';
import type { QueryJob } from './job.ts';

/** What a bulk query must not hold. @returns the object's canonical name @throws Refusal */
export function checkBulkQuery(org: Organization, soql: string): string {
  const result = runQuery(org, soql, { tooling: false, includeDeleted: false });
  if (result.kind !== 'rows') return refuseQuery('API_ERROR', 'Aggregate queries are not supported in bulk query');
  if (/\boffset\s+\d/i.test(soql)) refuseQuery('API_ERROR', 'OFFSET is not supported in bulk query');
  if (/\bfields\s*\(/i.test(soql)) refuseQuery('API_ERROR', 'FIELDS() is not supported in bulk query');
  for (const column of result.columns) {
    if (column.kind === 'children') refuseQuery('API_ERROR', 'Nested queries are not supported in bulk query');
    if (column.kind === 'field' && column.field.type === 'address') {
      refuseQuery('FEATURENOTENABLED', 'Selecting compound data not supported in Bulk Query');
    }
  }
  return result.table.schema.name;
}

/** Fills the job's result. Without ORDER BY rows come in an order of their own. */
export function processQuery(org: Organization, job: QueryJob): void {
  const result = org.reading(() => runQuery(org, job.query, { tooling: false, includeDeleted: job.operation === 'queryAll' }));
  if (result.kind !== 'rows') {
    job.state = 'Failed';
    return;
  }
  const cells: { name: string; read: (row: number) => unknown }[] = [];
  flatten(result.columns, '', (row) => row, cells);
  const rows = Uint32Array.from(/\border\s+by\b/i.test(job.query) ? result.rows : unordered(result.rows));
  job.columns = cells.map((cell) => cell.name);
  job.rowCount = rows.length;
  job.cellsOf = (index) => cells.map((cell) => plainText(cell.read(rows[index] ?? 0)));
  job.state = 'JobComplete';
}

function unordered(rows: readonly number[]): number[] {
  return [...rows.filter((_, at) => at % 2 === 1), ...rows.filter((_, at) => at % 2 === 0)];
}

function flatten(
  columns: readonly Column[],
  prefix: string,
  follow: (row: number) => number | undefined,
  cells: { name: string; read: (row: number) => unknown }[],
): void {
  for (const column of columns) {
    if (column.kind === 'parent') {
      const next = (row: number): number | undefined => {
        const at = follow(row);
        return at === undefined ? undefined : column.follow(at);
      };
      flatten(column.columns, `${prefix}${column.key}.`, next, cells);
    } else if (column.kind === 'field') {
      const { field, read } = column;
      cells.push({
        name: `${prefix}${column.key}`,
        read: (row) => {
          const at = follow(row);
          return at === undefined ? null : renderValue(field, read(at));
        },
      });
    }
  }
}

/** One page: header and rows, all quoted. */
export function resultPage(job: QueryJob, from: number, to: number): string {
  const delimiter = DELIMITERS[job.columnDelimiter] ?? ',';
  const end = LINE_ENDINGS[job.lineEnding] ?? '\n';
  const lines = [quotedLine(job.columns, delimiter)];
  for (let index = from; index < to; index += 1) lines.push(quotedLine(job.cellsOf(index), delimiter));
  return lines.join(end) + end;
}
