/**
 * Moving all that a ledger holds to another backend, table by table and page by page. What is encrypted or hashed goes
 * as it is: the other ledger needs the same key. Until a move is done, marks in `meta` say which of the two is complete.
 */
import type { LedgerTransfer, TransferredRows } from '../transfer.ts';
import { LEDGER_TABLES } from './ledger-schema.ts';
import { metaValue, setMeta } from './meta.ts';
import { pagesOf } from './pages.ts';
import type { Sql, SqlValue, Transaction } from './sql.ts';

const ARRIVING = 'arriving';
const MOVED = 'moved';
/** What is said of this very place. */
const OF_THE_PLACE: ReadonlySet<unknown> = new Set([ARRIVING, MOVED, 'fence']);

export function createTransfer(sql: Sql): LedgerTransfer {
  const mark = (key: string, value: string | undefined): Promise<void> =>
    sql.transaction((transaction) => setMeta(transaction, key, value));
  return {
    async whereabouts() {
      return { arriving: await metaValue(sql, ARRIVING), moved: await metaValue(sql, MOVED) };
    },

    async *content() {
      for (const table of Object.keys(LEDGER_TABLES))
        for await (const rows of pagesOf(sql, table))
          yield { table, rows: table === 'meta' ? rows.filter(({ key }) => !OF_THE_PLACE.has(key)) : rows };
    },

    async receive(content, from) {
      await sql.transaction((transaction) => {
        for (const table of Object.keys(LEDGER_TABLES)) if (table !== 'meta') transaction.write(`delete from ${table}`);
        transaction.write(`delete from meta where key <> 'fence'`);
        setMeta(transaction, ARRIVING, from);
      });
      for await (const page of content) await sql.transaction((transaction) => insert(transaction, page));
      await sql.transaction(async (transaction) => {
        for (const [table, { columns }] of Object.entries(LEDGER_TABLES))
          for (const [column, type] of Object.entries(columns))
            if (type === 'sequence') await sql.dialect.continueNumbers(transaction, table, column);
      });
    },

    noteArrived: () => mark(ARRIVING, undefined),
    noteMoved: (to) => mark(MOVED, to),
  };
}

function insert(transaction: Transaction, { table, rows }: TransferredRows): void {
  const columns = Object.keys(LEDGER_TABLES[table]!.columns);
  const names = columns.map((column) => `"${column}"`).join(', ');
  const text = `insert into ${table} (${names}) values (${columns.map(() => '?').join(', ')})`;
  for (const row of rows) transaction.write(text, ...columns.map((column) => row[column] as SqlValue));
}
