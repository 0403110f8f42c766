/**
 * The vendor's rows as this provider reads them: ids as decimal strings, flags as text, timestamps
 * with the account's offset, and three spellings of "no date".
 */
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { ConsentState } from '../../model/value.ts';
import type { HttpAnswer } from '../../http/client.ts';
import type { Api } from './api.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface ContactRow {
  readonly id: string;
  readonly number: number;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string;
  readonly createdAt: string | undefined;
  /** `udate`, or `cdate` where it was never changed. */
  readonly modifiedAt: string | undefined;
  /** Whether mail came back for good. */
  readonly bounced: boolean;
}

/** One row of `/fieldValues`, or one embedded in a contact. */
export interface FieldValueRow {
  readonly id: number;
  readonly contact: number;
  readonly field: string;
  readonly value: string | undefined;
}

export interface ListStatus {
  readonly list: string;
  readonly state: ConsentState;
  /** When the vendor recorded it. */
  readonly at: string | undefined;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER where there is no list of objects under the key */
export function rowsOf(api: Api, answer: HttpAnswer, key: string): Row[] {
  const rows = isRow(answer.json) ? answer.json[key] : undefined;
  if (!Array.isArray(rows) || !rows.every(isRow)) throw unexpected(api, `an answer without a list of ${key}`);
  return rows;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER where there is no object under the key */
export function rowOf(api: Api, answer: HttpAnswer, key: string): Row {
  const row = isRow(answer.json) ? answer.json[key] : undefined;
  if (!isRow(row)) throw unexpected(api, `an answer without ${key}`);
  return row;
}

/** Rows that come beside others (`fieldValues` beside a contact); none where the key is absent. */
export function embeddedRows(answer: HttpAnswer, key: string): Row[] {
  const rows = isRow(answer.json) ? answer.json[key] : undefined;
  return Array.isArray(rows) ? rows.filter(isRow) : [];
}

/** `meta.total`, a string on some endpoints and a number on others. */
export function totalOf(answer: HttpAnswer): number | undefined {
  const meta = isRow(answer.json) ? answer.json['meta'] : undefined;
  const total = isRow(meta) ? Number(meta['total'] ?? Number.NaN) : Number.NaN;
  return Number.isSafeInteger(total) && total >= 0 ? total : undefined;
}

/** What the vendor says that it understood of a contact query (`meta.page_input`), where it says so. */
export function understoodOf(answer: HttpAnswer, name: string): number | undefined {
  const meta = isRow(answer.json) ? answer.json['meta'] : undefined;
  const input = isRow(meta) ? meta['page_input'] : undefined;
  const value = isRow(input) ? input[name] : undefined;
  return value === undefined || value === null ? undefined : Number(value);
}

export function idOf(api: Api, row: Row): string {
  return idIn(api, row, 'id');
}

/** A reference to another row; `0` and blanks are no reference and therefore unexpected. */
export function idIn(api: Api, row: Row, key: string): string {
  const value = row[key];
  const id = typeof value === 'number' ? String(value) : value;
  if (typeof id !== 'string' || !/^[1-9]\d{0,14}$/.test(id)) throw unexpected(api, `a row whose ${key} is no id`);
  return id;
}

export function contactOf(api: Api, row: Row): ContactRow {
  const id = idOf(api, row);
  const createdAt = instantOf(row['cdate']);
  return {
    id,
    number: Number(id),
    email: text(row['email']),
    firstName: text(row['firstName']),
    lastName: text(row['lastName']),
    phone: text(row['phone']),
    createdAt,
    modifiedAt: instantOf(row['udate']) ?? createdAt,
    bounced: Number(row['bounced_hard'] ?? 0) > 0,
  };
}

export function isDeleted(row: Row): boolean {
  return row['deleted'] === '1' || row['deleted'] === 1;
}

export function fieldValueOf(api: Api, row: Row): FieldValueRow {
  return {
    id: Number(idOf(api, row)),
    contact: Number(idIn(api, row, 'contact')),
    field: idIn(api, row, 'field'),
    value: rawValue(row['value']),
  };
}

/**
 * The subscription of a contact to one list. Only 1 and 2 are a person's word; unconfirmed (0),
 * bounced (3) and removed by an old call (91) say nothing about permission.
 */
export function listStatusOf(api: Api, row: Row): ListStatus {
  const status = Number(row['status']);
  const subscribedAt = instantOf(row['sdate']);
  if (status === 1) return { list: idIn(api, row, 'list'), state: 'subscribed', at: subscribedAt };
  const state = status === 2 ? 'unsubscribed' : 'unknown';
  return {
    list: idIn(api, row, 'list'),
    state,
    at: instantOf(row['udate']) ?? instantLike(row['updated_timestamp'], row['sdate']) ?? subscribedAt,
  };
}

/** A custom field's stored value: text, sometimes a number, `null` where blank. */
function rawValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})$/;

/**
 * Reads a timestamp that carries its offset. `null`, `0000-00-00`, `0000-00-00 00:00:00` and
 * timestamps without an offset (the vendor's `*_utc_timestamp` are not UTC) are `undefined`.
 */
export function instantOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.startsWith('0000')) return undefined;
  const match = TIMESTAMP.exec(value.trim());
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2]}${match[3]!.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(ms) ? undefined : toInstant(ms);
}

/** A wall clock reading without offset, in the zone of another timestamp of the same row. */
function instantLike(wallClock: unknown, zoned: unknown): string | undefined {
  const offset = typeof zoned === 'string' ? TIMESTAMP.exec(zoned.trim())?.[3] : undefined;
  return typeof wallClock === 'string' && offset !== undefined ? instantOf(`${wallClock}${offset}`) : undefined;
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

export function unexpected(api: Api, what: string): ProviderError {
  return new ProviderError('PROVIDER_UNEXPECTED_ANSWER', `ActiveCampaign gave ${what}.`, { integration: api.integration });
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
