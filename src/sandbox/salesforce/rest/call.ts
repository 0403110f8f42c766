/** One call of the REST API after its path was taken apart; sub-requests of a composite are calls, too. */
import { refuseWith } from '../api-error.ts';
import type { Jobs } from '../bulk/jobs.ts';
import type { Cursors } from '../soql/cursors.ts';
import type { Organization } from '../data/organization.ts';
import type { Locate } from '../data/values.ts';
import type { ApiUsage } from './limits.ts';

export interface Call {
  readonly method: string;
  /** Decoded names after the version, without empty ones: `['sobjects', 'Contact', '003…']`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as sent; sub-requests have theirs written again. */
  readonly text: string;
  /** `62.0`. */
  readonly version: string;
  /** `/services/data/v62.0/`. */
  readonly base: string;
  readonly origin: string;
  /** Every second record is to fail with a lock. */
  readonly partial: boolean;
  /** Set by a composite that is all or none, whatever a collection in it asks for. */
  readonly allOrNone?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What resources work on. */
export interface Workspace {
  readonly org: Organization;
  readonly cursors: Cursors;
  readonly usage: ApiUsage;
  readonly jobs: Jobs;
}

/** Routes one call; composite resources send their sub-requests through it. */
export type Dispatch = (workspace: Workspace, call: Call) => Answer;

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body as a JSON object. @throws Refusal JSON_PARSER_ERROR with the place of the fault */
export function jsonBody(call: Call): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(call.text === '' ? '{}' : call.text);
  } catch (error) {
    return refuseJson(call.text, error);
  }
  if (isObject(body)) return body;
  return refuseWith(
    400,
    'JSON_PARSER_ERROR',
    'The HTTP entity body is required to be a JSON object, but was not. at [line:1, column:1]',
  );
}

function refuseJson(text: string, error: unknown): never {
  const message = error instanceof Error ? error.message : '';
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  const { line, column } = placeIn(text, at);
  const letter = text.charAt(at);
  const sentence =
    letter === ''
      ? 'Unexpected end-of-input: expected close marker for OBJECT'
      : `Unexpected character ('${letter}' (code ${letter.charCodeAt(0)})): was expecting a colon to separate field name and value`;
  return refuseWith(400, 'JSON_PARSER_ERROR', `${sentence} at [line:${line}, column:${column}]`);
}

function placeIn(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

/** Finds the value of a field in a JSON body. */
export function locateIn(text: string): Locate {
  return (name) => {
    const match = new RegExp(`"${name}"\\s*:\\s*`, 'i').exec(text);
    return match === null ? { line: 1, column: 1 } : placeIn(text, match.index + match[0].length);
  };
}

/** Whether the caller saves in spite of duplicate rules that only warn. */
export function allowsDuplicates(call: Call): boolean {
  return /allowSave\s*=\s*true/i.test(call.headers['sforce-duplicate-rule-header'] ?? '');
}
