/**
 * What the ledger asks of a database. SQLite and PostgreSQL each have a driver of their own; statements
 * are written once, in the SQL that both speak, and ask the `Dialect` for the little that they spell
 * differently. `"end"` is quoted since PostgreSQL reserves the word.
 */
export type SqlValue = string | number | Buffer | null;

/** In the order of the question marks, or one object with what the names after colons stand for. */
export type SqlParameters = readonly SqlValue[] | readonly [Readonly<Record<string, SqlValue>>];

export interface Queries {
  all<Row>(text: string, ...parameters: SqlParameters): Promise<readonly Row[]>;
  /** The first row, if any. */
  get<Row>(text: string, ...parameters: SqlParameters): Promise<Row | undefined>;
}

export interface Transaction extends Queries {
  /**
   * Takes effect before whatever the transaction reads next, and before it commits: so a page of writes
   * takes one round trip. Where it fails, the transaction does.
   */
  write(text: string, ...parameters: SqlParameters): void;
  /** Runs a statement once for each row of parameters, in order and in one round trip. */
  each<Row>(text: string, rows: readonly SqlParameters[]): Promise<readonly (readonly Row[])[]>;
  /** Undoes what `work` wrote where it throws, and nothing else of the transaction. */
  savepoint<Result>(work: () => Promise<Result>): Promise<Result>;
}

export interface Sql extends Queries {
  readonly dialect: Dialect;
  /** One statement that writes, as a transaction. */
  run(text: string, ...parameters: SqlParameters): Promise<void>;
  /**
   * Commits when `work` has ended, and undoes everything where it throws. What else is asked of this
   * connection waits meanwhile, so `work` uses nothing but the transaction.
   */
  transaction<Result>(work: (transaction: Transaction) => Result | Promise<Result>): Promise<Result>;
  /** Hides tables behind temporary copies of their rows (those of one link, where it is given), which end with the connection. */
  shadow(tables: readonly string[], link?: string): Promise<void>;
  close(): Promise<void>;
}

/** Spellings. A parameter that holds several values is a JSON array of texts. */
export interface Dialect {
  /** A subquery for the texts of a JSON array, in one column `value`. */
  texts(parameter: string): string;
  /** The same for whole numbers. */
  numbers(parameter: string): string;
  /** The same for byte strings, which the array holds as hexadecimal digits. */
  byteStrings(parameter: string): string;
  /** The UTF-8 bytes of a text, and back. */
  bytesOf(text: string): string;
  textOf(bytes: string): string;
  /** Lets the numbers of a sequence go on after those that were written into it. */
  continueNumbers(transaction: Queries, table: string, column: string): Promise<void>;
  /** An aggregate: a JSON object, as text. */
  objectOf(key: string, value: string): string;
}

/** What a `Dialect` parameter takes byte strings as. */
export function hexadecimal(hashes: readonly Buffer[]): string {
  return JSON.stringify(hashes.map((hash) => hash.toString('hex')));
}
