/** The driver for SQLite. Statements run at once, inside of asynchronous methods. */
import type Database from 'better-sqlite3';
import { LEDGER_TABLES, type Column, type Table } from '../relational/ledger-schema.ts';
import { createTurns } from '../relational/turns.ts';
import type { Dialect, Queries, Sql, SqlParameters, Transaction } from '../relational/sql.ts';

const DIALECT: Dialect = {
  texts: (parameter) => `(select value from json_each(${parameter}))`,
  numbers: (parameter) => `(select value from json_each(${parameter}))`,
  byteStrings: (parameter) => `(select unhex(value) from json_each(${parameter}))`,
  bytesOf: (text) => `cast(${text} as blob)`,
  textOf: (bytes) => `cast(${bytes} as text)`,
  continueNumbers: async () => {},
  objectOf: (key, value) => `json_group_object(${key}, ${value})`,
};

export interface SqliteSql extends Sql {
  /** Keeps every other use of the connection waiting. */
  exclusively<Result>(work: () => Result | Promise<Result>): Promise<Result>;
}

export function createSqliteSql(database: Database.Database): SqliteSql {
  // To prepare a statement costs more than to run it, and a cycle runs the same hundred again and again.
  const statements = new Map<string, Database.Statement>();
  function prepared(text: string): Database.Statement {
    const known = statements.get(text) ?? database.prepare(text);
    statements.set(text, known);
    return known;
  }

  const exclusively = createTurns();

  const queries: Queries = {
    all: async <Row>(text: string, ...parameters: SqlParameters) => prepared(text).all(...parameters) as Row[],
    get: async <Row>(text: string, ...parameters: SqlParameters) => prepared(text).get(...parameters) as Row | undefined,
  };

  async function undoneOnError<Result>(
    [begin, commit, undo]: readonly [string, string, string],
    work: () => Result | Promise<Result>,
  ): Promise<Result> {
    database.exec(begin);
    try {
      const result = await work();
      database.exec(commit);
      return result;
    } catch (error) {
      // A full disk has ended it already.
      if (database.inTransaction) database.exec(undo);
      throw error;
    }
  }

  const transaction: Transaction = {
    ...queries,
    write: (text, ...parameters) => void prepared(text).run(...parameters),
    async each<Row>(text: string, rows: readonly SqlParameters[]) {
      const statement = prepared(text);
      return rows.map((parameters) => statement.all(...parameters) as Row[]);
    },
    savepoint: (work) => undoneOnError(['savepoint part', 'release part', 'rollback to part; release part'], work),
  };

  return {
    dialect: DIALECT,
    exclusively,
    all: (text, ...parameters) => exclusively(() => queries.all(text, ...parameters)),
    get: (text, ...parameters) => exclusively(() => queries.get(text, ...parameters)),
    run: (text, ...parameters) => exclusively(() => transaction.write(text, ...parameters)),
    transaction: (work) => exclusively(() => undoneOnError(['begin', 'commit', 'rollback'], () => work(transaction))),
    shadow: (tables, link) => exclusively(() => shadowTables(database, tables, link)),
    close: () => exclusively(() => void database.close()),
  };
}

/** Hides tables behind temporary ones with the same rows, those of one link where it is given. */
export function shadowTables(database: Database.Database, tables: readonly string[], link?: string): void {
  const condition = link === undefined ? '' : ' where link = ?';
  const parameters = link === undefined ? [] : [link];
  for (const table of tables) {
    database.exec(printTables({ [table]: LEDGER_TABLES[table]! }, 'temp'));
    database.prepare(`delete from temp.${table}${condition}`).run(...parameters);
    database.prepare(`insert into temp.${table} select * from main.${table}${condition}`).run(...parameters);
  }
}

/** Statements that make what is missing of these tables. */
export function printTables(tables: Readonly<Record<string, Table>>, schema: 'main' | 'temp'): string {
  return Object.entries(tables)
    .map(([name, table]) => printTable(name, table, schema))
    .join('\n');
}

const TYPES: Readonly<Record<Column, string>> = {
  text: 'text not null',
  'text?': 'text',
  bytes: 'blob not null',
  'bytes?': 'blob',
  integer: 'integer not null',
  'integer?': 'integer',
  sequence: 'integer primary key',
};

function printTable(name: string, table: Table, schema: 'main' | 'temp'): string {
  const isNumbered = Object.values(table.columns).includes('sequence');
  const parent = table.parent === undefined ? undefined : { ...table.parent, columns: quoted(table.parent.columns) };
  const lines = [
    ...Object.entries(table.columns).map(([column, type]) => `"${column}" ${TYPES[type]}`),
    ...(isNumbered ? [] : [`primary key (${quoted(table.key)})`]),
    ...(parent === undefined
      ? []
      : [`foreign key (${parent.columns}) references ${parent.table} (${parent.columns}) on delete cascade on update cascade`]),
  ];
  const indexes = Object.entries(table.indexes ?? {}).map(
    ([index, { columns, unique, where }]) =>
      `create ${unique === true ? 'unique ' : ''}index if not exists ${schema}.${index} on ${name} (${quoted(columns)})${where === undefined ? '' : ` where ${where}`};`,
  );
  return [
    `create table if not exists ${schema}.${name} (\n  ${lines.join(',\n  ')}\n)${isNumbered ? '' : ' without rowid'};`,
    ...indexes,
  ].join('\n');
}

function quoted(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}
