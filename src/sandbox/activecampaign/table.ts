/** Rows of one kind, ascending by id, with indexes over keys that never change while a row lives. */

export interface Row {
  readonly id: number;
}

/** How many rows one removal may splice out singly before rebuilding the array is cheaper. */
const SPLICE_LIMIT = 16;

function positionAfter(rows: readonly Row[], id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function take(rows: Row[], gone: readonly Row[]): void {
  if (gone.length <= SPLICE_LIMIT) {
    for (const row of gone) {
      const position = positionAfter(rows, row.id) - 1;
      if (rows[position] === row) rows.splice(position, 1);
    }
    return;
  }
  const dead = new Set(gone);
  let kept = 0;
  for (const row of rows) {
    if (!dead.has(row)) rows[kept++] = row;
  }
  rows.length = kept;
}

/** Rows of a table that share one key, ascending by id. */
export class TableIndex<T extends Row> {
  readonly #rowsOf = new Map<number, T[]>();
  readonly #keyOf: (row: T) => number;

  constructor(keyOf: (row: T) => number) {
    this.#keyOf = keyOf;
  }

  get(key: number): readonly T[] {
    return this.#rowsOf.get(key) ?? [];
  }

  insert(row: T): void {
    const key = this.#keyOf(row);
    const rows = this.#rowsOf.get(key);
    if (rows === undefined) this.#rowsOf.set(key, [row]);
    else rows.push(row);
  }

  remove(gone: readonly T[]): void {
    const goneOf = new Map<number, T[]>();
    for (const row of gone) {
      const key = this.#keyOf(row);
      const sameKey = goneOf.get(key);
      if (sameKey === undefined) goneOf.set(key, [row]);
      else sameKey.push(row);
    }
    for (const [key, sameKey] of goneOf) {
      const rows = this.#rowsOf.get(key);
      if (rows === undefined) continue;
      if (rows.length === sameKey.length) this.#rowsOf.delete(key);
      else take(rows, sameKey);
    }
  }
}

/** A table whose ids count upwards and are never used twice. */
export class Table<T extends Row> {
  readonly #rows: T[] = [];
  readonly #indexes: TableIndex<T>[] = [];
  #lastId = 0;

  /** All rows, ascending by id. */
  get rows(): readonly T[] {
    return this.#rows;
  }

  /** Declares an index; only before the first row. */
  index(keyOf: (row: T) => number): TableIndex<T> {
    const index = new TableIndex<T>(keyOf);
    this.#indexes.push(index);
    return index;
  }

  nextId(): number {
    return this.#lastId + 1;
  }

  /** Adds a row whose id is `nextId()`. */
  insert(row: T): T {
    this.#lastId = row.id;
    this.#rows.push(row);
    for (const index of this.#indexes) index.insert(row);
    return row;
  }

  get(id: number): T | undefined {
    const guess = this.#rows[id - 1];
    if (guess !== undefined && guess.id === id) return guess;
    const row = this.#rows[positionAfter(this.#rows, id) - 1];
    return row?.id === id ? row : undefined;
  }

  remove(gone: readonly T[]): void {
    // Copied first: the caller may hand over an index's own array.
    const rows = [...gone];
    take(this.#rows, rows);
    for (const index of this.#indexes) index.remove(rows);
  }
}

/** Rows with an id greater than `id` of an array that ascends by id: where they begin. */
export function firstAfter(rows: readonly Row[], id: number): number {
  return positionAfter(rows, id);
}
