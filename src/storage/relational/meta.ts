/** What the ledger remembers of itself and of each link: texts by name. */
import type { Queries, Transaction } from './sql.ts';

export async function metaValue(queries: Queries, key: string): Promise<string | undefined> {
  return (await queries.get<{ value: string }>(`select value from meta where key = ?`, key))?.value;
}

/** Part of the caller's transaction. */
export function setMeta(transaction: Transaction, key: string, value: string | undefined): void {
  if (value === undefined) transaction.write(`delete from meta where key = ?`, key);
  else
    transaction.write(
      `insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value`,
      key,
      value,
    );
}
