/** The vendor's rows as this provider reads them, and complaints about those that are none. */
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { Api } from './api.ts';

export type Row = Readonly<Record<string, unknown>>;

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER where the answer is no list of objects */
export function rowsOf(api: Api, json: unknown, what: string): Row[] {
  if (!Array.isArray(json) || !json.every(isRow)) throw unexpected(api, `an answer that is no list of ${what}`);
  return json;
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER where the answer is no object */
export function rowOf(api: Api, json: unknown, what: string): Row {
  if (!isRow(json)) throw unexpected(api, `an answer without ${what}`);
  return json;
}

/** Ids are whole numbers; the vendor never uses 0 for an object. */
export function idOf(api: Api, value: unknown, what: string): string {
  const id = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^[1-9]\d{0,14}$/.test(id)) throw unexpected(api, `${what} without an id`);
  return id;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** An instant in any of the spellings of the vendor's documents; one without a zone is UTC. */
export function instantOf(value: unknown): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
    text(value).trim(),
  );
  if (match === null) return undefined;
  const [, day, time = '00:00:00', fraction = '', zone = 'Z'] = match;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const ms = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(ms) ? undefined : toInstant(ms);
}

/** An instant as the vendor takes it in filters and paths: whole seconds, UTC. */
export function vendorInstant(ms: number): string {
  return `${toInstant(Math.floor(ms / 1000) * 1000).slice(0, 19)}Z`;
}

export function unexpected(api: Api, what: string): ProviderError {
  return new ProviderError('PROVIDER_UNEXPECTED_ANSWER', `Dotdigital gave ${what}.`, { integration: api.integration });
}
