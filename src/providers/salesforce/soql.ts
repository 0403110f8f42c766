/** SOQL text: names that are checked, literals that are escaped, lists cut to what an address line holds. */
import { SynclineError } from '../../model/errors.ts';
import type { FieldDescription } from '../../model/value.ts';
import { API_ROOT } from './client.ts';

/**
 * The longest path and query that are sent. Salesforce refuses more than 16,384 bytes with 414
 * (UNVERIFIED: the figure), host and proxies not counted.
 */
export const MAX_URL_BYTES = 14_000;

export type QueryResource = 'query' | 'queryAll';

/** Checks that a name of an object or a path of a field can stand in a query as it is. */
export function checkName(name: string): string {
  if (!/^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/.test(name)) {
    throw new SynclineError('PROVIDER_REFUSED', `"${name}" is no name of a Salesforce object or field.`);
  }
  return name;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

/** A quoted literal. */
export function quote(text: string): string {
  return `'${text.toWellFormed().replace(/[\\'\n\r\t\b\f]/g, (character) => ESCAPES[character]!)}'`;
}

/** A datetime literal, which stands without quotes; whole seconds, as the stamps have. */
export function instantLiteral(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/**
 * A literal for comparing with a field, or `undefined` where the text cannot be a value of its type
 * (and so matches no record).
 */
export function literalFor(field: Pick<FieldDescription, 'type'>, text: string): string | undefined {
  switch (field.type) {
    case 'integer':
    case 'decimal':
      return /^-?\d+(?:\.\d+)?$/.test(text) ? text : undefined;
    case 'boolean':
      return text === 'true' || text === 'false' ? text : undefined;
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined;
    case 'datetime':
      return Number.isNaN(Date.parse(text)) ? undefined : instantLiteral(Date.parse(text));
    case 'id':
    case 'string':
    case 'text':
    case 'email':
    case 'phone':
    case 'url':
    case 'picklist':
    case 'set':
    case 'consent':
      return quote(text);
  }
}

export function queryPath(resource: QueryResource, soql: string): string {
  return `/${resource}?q=${encodeURIComponent(soql)}`;
}

/** Bytes of the address line that a query takes. */
export function urlBytes(soql: string): number {
  return API_ROOT.length + '/queryAll?q='.length + encodedBytes(soql);
}

/** An address escapes the single quote as well, which `encodeURIComponent` leaves. */
function encodedBytes(text: string): number {
  return encodeURIComponent(text).replaceAll("'", '%27').length;
}

/** Cuts the literals of an `IN (...)` so that each query fits the address line; at least one a chunk. */
export function chunkLiterals(literals: readonly string[], soqlWith: (list: string) => string): string[][] {
  const room = MAX_URL_BYTES - urlBytes(soqlWith(''));
  const chunks: string[][] = [];
  let used = 0;
  for (const literal of literals) {
    const cost = encodedBytes(`,${literal}`);
    const chunk = chunks.at(-1);
    if (chunk === undefined || used + cost > room) {
      chunks.push([literal]);
      used = cost;
    } else {
      chunk.push(literal);
      used += cost;
    }
  }
  return chunks;
}
