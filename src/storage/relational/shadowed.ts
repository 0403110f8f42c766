import type { Sql } from './sql.ts';

/** The same database, which hides these tables behind copies of a link's rows before it is asked for the first time. */
export function shadowedOnUse(sql: Sql, tables: readonly string[], link: string): Sql {
  let shadowed: Promise<void> | undefined;
  const once = (): Promise<void> => (shadowed ??= sql.shadow(tables, link));
  return {
    ...sql,
    all: (text, ...parameters) => once().then(() => sql.all(text, ...parameters)),
    get: (text, ...parameters) => once().then(() => sql.get(text, ...parameters)),
    run: (text, ...parameters) => once().then(() => sql.run(text, ...parameters)),
    transaction: (work) => once().then(() => sql.transaction(work)),
  };
}
