/** Refusals of a query: the piece of text before the fault, a caret, the place, and the sentence. */
import { Refusal } from '../api-error.ts';

const SHOWN_BEFORE = 32;
const SHOWN_AFTER = 40;

/** Leaves with an error that points at a place of the query, 0-based. */
export function refuseAt(query: string, position: number, errorCode: string, sentence: string): never {
  const lineStart = query.lastIndexOf('\n', position - 1) + 1;
  const row = query.slice(0, lineStart).split('\n').length;
  const column = position - lineStart;
  const from = Math.max(lineStart, position - SHOWN_BEFORE);
  const lineEnd = query.indexOf('\n', position);
  const to = Math.min(lineEnd < 0 ? query.length : lineEnd, position + SHOWN_AFTER);
  const shown = `\n${query.slice(from, to)}\n${' '.repeat(position - from)}^\nERROR at Row:${row}:Column:${column + 1}\n`;
  throw new Refusal({ status: 400, errorCode, message: `${shown}${sentence}` });
}

/** Leaves with an error that names no place. */
export function refuseQuery(errorCode: string, message: string): never {
  throw new Refusal({ status: 400, errorCode, message });
}

const REFERENCE_HINT = 'Please reference your WSDL or the describe call for the appropriate names.';

export function unknownObject(query: string, name: string): never {
  const from = /\bfrom\s+/i.exec(query);
  const position = from === null ? 0 : from.index + from[0].length;
  const sentence = `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${REFERENCE_HINT}`;
  return refuseAt(query, position, 'INVALID_TYPE', sentence);
}

export function unknownColumn(query: string, path: string, entity: string): never {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const sentence = `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${REFERENCE_HINT}`;
  return refuseAt(query, placeOf(query, path), 'INVALID_FIELD', sentence);
}

export function unknownRelationship(query: string, path: string, name: string): never {
  const sentence = `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${REFERENCE_HINT}`;
  return refuseAt(query, placeOf(query, path), 'INVALID_FIELD', sentence);
}

/** Where a name stands in the query, as a word of its own. */
function placeOf(query: string, name: string): number {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const match = new RegExp(`(?<![\\w.])${escaped}(?!\\w)`, 'i').exec(query);
  return match?.index ?? 0;
}
