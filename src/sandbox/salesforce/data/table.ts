/**
 * The rows of one object, a column a field: a scan touches the columns that its condition names and
 * nothing else, and a field that nobody fills costs nothing.
 *
 * Rows are numbered from 0 and never move. A row that is absent was rolled back or purged.
 */
import type { Field, ReadField, StoredValue } from '../schema/field.ts';
import type { ObjectSchema } from '../schema/object.ts';

/** Takes back what a transaction did, newest first. */
type Journal = (() => void)[];

export interface Transaction {
  journal: Journal | null;
}

type Index = Map<string, number | number[]>;

export class Table {
  readonly schema: ObjectSchema;
  readonly ids: string[] = [];
  readonly present: boolean[] = [];
  /** Rows deleted for good, which only the log of deletions still knows. */
  readonly purged = new Set<number>();
  /** While a scan sees an older state, indexes would answer for the newer one. */
  indexesSuspended = false;
  readonly #transaction: Transaction;
  readonly #columns = new Map<string, StoredValue[]>();
  readonly #rows = new Map<string, number>();
  readonly #indexes = new Map<string, Index>();

  constructor(schema: ObjectSchema, transaction: Transaction) {
    this.schema = schema;
    this.#transaction = transaction;
  }

  get length(): number {
    return this.ids.length;
  }

  /** The row of an 18-character id; `undefined` where there is none or it is absent. */
  rowOf(id: string): number | undefined {
    const row = this.#rows.get(id);
    return row !== undefined && this.present[row] === true ? row : undefined;
  }

  /** Values by row; shorter than the table where the rest is null. */
  column(name: string): StoredValue[] {
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = [];
      this.#columns.set(name, column);
    }
    return column;
  }

  get(row: number, name: string): StoredValue {
    return this.#columns.get(name)?.[row] ?? null;
  }

  /** Adds a row without values. */
  insert(id: string): number {
    const row = this.ids.length;
    this.ids.push(id);
    this.present.push(true);
    this.#rows.set(id, row);
    this.#transaction.journal?.push(() => this.setPresent(row, false));
    return row;
  }

  setPresent(row: number, present: boolean): void {
    this.present[row] = present;
  }

  /** Takes a row away for good. */
  remove(row: number): void {
    this.setPresent(row, false);
    this.#transaction.journal?.push(() => this.setPresent(row, true));
  }

  set(row: number, name: string, value: StoredValue): void {
    const column = this.column(name);
    const before = column[row] ?? null;
    if (before === value) return;
    while (column.length < row) column.push(null);
    column[row] = value;
    if (!this.indexesSuspended) this.#reindex(name, row, before, value);
    this.#transaction.journal?.push(() => this.set(row, name, before));
  }

  /** Forgets a field's values. */
  drop(name: string): void {
    this.#columns.delete(name);
    this.#indexes.delete(name);
  }

  /** A reader of one row that also knows the fields made from others. */
  reader(row: number): ReadField {
    const read: ReadField = (name) => {
      if (name === 'Id') return this.ids[row] ?? null;
      return this.#columns.get(name)?.[row] ?? null;
    };
    return read;
  }

  /** Whether the row lies in the recycle bin. */
  isDeleted(row: number): boolean {
    return this.#columns.get('IsDeleted')?.[row] === true;
  }

  /** Present rows whose field has a value, deleted ones included, by an index that is built at first use. */
  lookup(field: Field, value: string): readonly number[] {
    if (field.name === 'Id') {
      const row = this.rowOf(value);
      return row === undefined ? [] : [row];
    }
    const key = field.caseSensitive || field.type === 'reference' ? value : value.toLowerCase();
    if (this.indexesSuspended) return this.#scan(field, key);
    const hit = this.#indexOf(field).get(key);
    if (hit === undefined) return [];
    const rows = typeof hit === 'number' ? [hit] : hit;
    return rows.filter((row) => this.present[row] === true);
  }

  #scan(field: Field, key: string): number[] {
    const column = this.column(field.name);
    const rows: number[] = [];
    for (let row = 0; row < column.length; row += 1) {
      if (this.present[row] === true && this.#key(field, column[row] ?? null) === key) rows.push(row);
    }
    return rows;
  }

  #key(field: Field, value: StoredValue): string | null {
    if (value === null) return null;
    return field.caseSensitive || field.type === 'reference' ? String(value) : String(value).toLowerCase();
  }

  #indexOf(field: Field): Index {
    let index = this.#indexes.get(field.name);
    if (index === undefined) {
      index = new Map();
      this.#indexes.set(field.name, index);
      const column = this.column(field.name);
      for (let row = 0; row < column.length; row += 1) {
        const key = this.#key(field, column[row] ?? null);
        if (key !== null) addTo(index, key, row);
      }
    }
    return index;
  }

  #reindex(name: string, row: number, before: StoredValue, after: StoredValue): void {
    const index = this.#indexes.get(name);
    const field = this.schema.fields.get(name);
    if (index === undefined || field === undefined) return;
    const oldKey = this.#key(field, before);
    const newKey = this.#key(field, after);
    if (oldKey === newKey) return;
    if (oldKey !== null) takeFrom(index, oldKey, row);
    if (newKey !== null) addTo(index, newKey, row);
  }
}

function addTo(index: Index, key: string, row: number): void {
  const hit = index.get(key);
  if (hit === undefined) index.set(key, row);
  else if (typeof hit === 'number') index.set(key, hit < row ? [hit, row] : [row, hit]);
  else hit.push(row);
}

function takeFrom(index: Index, key: string, row: number): void {
  const hit = index.get(key);
  if (typeof hit === 'object') {
    const place = hit.indexOf(row);
    if (place >= 0) hit.splice(place, 1);
  } else if (hit === row) {
    index.delete(key);
  }
}
