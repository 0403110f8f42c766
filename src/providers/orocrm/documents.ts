/** JSON:API documents as OroCRM answers them. */
import { ProviderError } from '../../model/errors.ts';
import type { HttpAnswer } from '../../http/client.ts';

export const JSON_API = 'application/vnd.api+json';

export type Attributes = Readonly<Record<string, unknown>>;

export interface Identifier {
  readonly type: string;
  readonly id: string;
}

/** One resource; ids are text. */
export interface Entity extends Identifier {
  readonly attributes: Attributes;
  /** By name: one identifier, `null`, or several; absent where the answer leaves the relationship out. */
  readonly relationships: Readonly<Record<string, Identifier | null | readonly Identifier[]>>;
  readonly meta: Attributes;
}

export interface Document {
  readonly data: readonly Entity[];
  readonly included: readonly Entity[];
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The installation's present: ms since the epoch. */
  readonly date: number | undefined;
}

/** Parsed JSON; `undefined` for anything else. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @throws ProviderError PROVIDER_UNEXPECTED_ANSWER where an entity has no type or id */
export function documentOf(integration: string, answer: HttpAnswer): Document {
  const body = objectOf(parseBody(answer.text));
  const data = body['data'];
  const rows = Array.isArray(data) ? (data as unknown[]) : data === undefined || data === null ? [] : [data];
  const included = Array.isArray(body['included']) ? (body['included'] as unknown[]) : [];
  return {
    data: rows.map((row) => entityOf(integration, row)),
    included: included.map((row) => entityOf(integration, row)),
    status: answer.status,
    headers: answer.headers,
    date: answer.date,
  };
}

/** Text of a remote answer; of no length where there is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function unexpected(integration: string, what: string): ProviderError {
  return new ProviderError('PROVIDER_UNEXPECTED_ANSWER', `OroCRM answered ${what}.`, { integration });
}

function entityOf(integration: string, row: unknown): Entity {
  const identifier = identifierOf(row);
  if (identifier === undefined) throw unexpected(integration, 'an entity without a type or an id');
  const { attributes, relationships, meta } = objectOf(row);
  const related: Record<string, Identifier | null | readonly Identifier[]> = {};
  for (const [name, value] of Object.entries(objectOf(relationships))) {
    const data = objectOf(value)['data'];
    if (data === null) related[name] = null;
    else if (Array.isArray(data)) related[name] = (data as unknown[]).map(identifierOf).filter((one) => one !== undefined);
    else {
      const one = identifierOf(data);
      if (one !== undefined) related[name] = one;
    }
  }
  return { ...identifier, attributes: objectOf(attributes), relationships: related, meta: objectOf(meta) };
}

function identifierOf(value: unknown): Identifier | undefined {
  const { type, id } = objectOf(value);
  return typeof type === 'string' && (typeof id === 'string' || typeof id === 'number') ? { type, id: String(id) } : undefined;
}

function objectOf(value: unknown): Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Attributes) : {};
}
