/** Reads the rows of one link, as they are stored. */
import type { AgreedRecord, StagedRecord } from './ledger-rows.ts';
import type { Queries, Sql, SqlValue } from './sql.ts';

export const STAGED_COLUMNS = '"end", remote_id, kind, person, match_keys, record_hash, content, listed, status, reason';
const AGREED_COLUMNS =
  '"end", person, remote_id, state, match_keys, record_hash, fields, elements, content, listed, entered, version';

export type LinkRows = ReturnType<typeof createLinkRows>;

export function createLinkRows(sql: Sql, link: string) {
  function agreedIn(queries: Queries, where: string, ...parameters: readonly SqlValue[]): Promise<readonly AgreedRecord[]> {
    return queries.all(`select ${AGREED_COLUMNS} from agreed where link = ? and ${where}`, link, ...parameters);
  }

  return {
    /** @param where the rest of the condition, with `?` for each parameter */
    staged(where: string, ...parameters: readonly SqlValue[]): Promise<readonly StagedRecord[]> {
      return sql.all(`select ${STAGED_COLUMNS} from staged where link = ? and ${where}`, link, ...parameters);
    },
    agreed(where: string, ...parameters: readonly SqlValue[]): Promise<readonly AgreedRecord[]> {
      return agreedIn(sql, where, ...parameters);
    },
    agreedIn,
  };
}
