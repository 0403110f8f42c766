import { LEDGER_TABLES } from './ledger-schema.ts';
import type { Queries, SqlValue } from './sql.ts';

const PAGE_ROWS = 500;

/** Less than anything that a key holds. */
const BEFORE_ALL = { text: '', bytes: Buffer.alloc(0), integer: -1, sequence: 0 };

export type Row = Readonly<Record<string, unknown>>;

/**
 * The rows of a table in the order of its key.
 * @param condition in SQL, of those that are meant
 */
export async function* pagesOf(queries: Queries, table: string, condition = 'true'): AsyncGenerator<readonly Row[]> {
  const { key, columns } = LEDGER_TABLES[table]!;
  const quoted = key.map((column) => `"${column}"`).join(', ');
  const first = key.map((column) => BEFORE_ALL[columns[column] as keyof typeof BEFORE_ALL]);
  const page = (after: readonly SqlValue[]): Promise<readonly Row[]> =>
    queries.all<Row>(
      `select * from ${table} where ${condition} and (${quoted}) > (${key.map(() => '?').join(', ')})
       order by ${quoted} limit ${PAGE_ROWS}`,
      ...after,
    );
  for (let rows = await page(first); rows.length > 0; rows = await page(keyOf(key, rows.at(-1)!))) yield rows;
}

export function keyOf(key: readonly string[], row: Row): readonly SqlValue[] {
  return key.map((column) => row[column] as SqlValue);
}
