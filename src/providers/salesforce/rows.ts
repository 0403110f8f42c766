/** Rows as queries and retrieve calls return them, and the records made of them. */
import type { FieldDescription, FieldValue, RemoteRecord } from '../../model/value.ts';
import { readInstant, readValue } from './record-values.ts';
import { toLongId } from './record-id.ts';

export type Row = Readonly<Record<string, unknown>>;

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of a remote answer, or what stands for it where there is none. */
export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** The id of a row, which every query here selects. */
export function rowId(row: Row): string {
  return toLongId(String(row['Id']));
}

/** Makes a record of a row: every field given, `null` where there is no value; parents are nested objects or `null`. */
export function toRecord(row: Row, fields: readonly FieldDescription[]): RemoteRecord {
  const values: [string, FieldValue][] = fields.map((field) => [field.path, readValue(field, valueAt(row, field.path))]);
  const stamp = row['SystemModstamp'];
  return {
    id: rowId(row),
    values: Object.fromEntries(values),
    ...(typeof stamp === 'string' ? { modifiedAt: readInstant(stamp) } : {}),
  };
}

function valueAt(row: Row, path: string): unknown {
  let current: unknown = row;
  for (const step of path.split('.')) current = isRow(current) ? current[step] : null;
  return current;
}
