/** Documents and errors of JSON:API as OroCRM writes them. @source JSON:API 1.0; oroinc/documentation, backend API */
import type { SandboxResponse } from '../vendor.ts';

export const JSON_API = 'application/vnd.api+json';

export type Answer = Omit<SandboxResponse, 'writes'>;
export type JsonObject = Record<string, unknown>;

export interface Reference {
  readonly type: string;
  readonly id: string;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One error of a document. The status is a text here, and a number in errors of asynchronous operations. */
export interface Fault {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly pointer?: string;
  readonly parameter?: string;
}

export function refusal(...faults: readonly Fault[]): Answer {
  const errors = faults.map(({ status, title, detail, pointer, parameter }) => ({
    status: String(status),
    title,
    detail,
    ...(pointer === undefined ? {} : { source: { pointer } }),
    ...(parameter === undefined ? {} : { source: { parameter } }),
  }));
  return { status: faults[0]!.status, headers: { 'Content-Type': JSON_API }, body: { errors } };
}

export function notFound(): Answer {
  return refusal({
    status: 404,
    title: 'not found http exception',
    detail: 'An entity with the requested identifier does not exist.',
  });
}

export function notAllowed(methods: readonly string[]): Answer {
  const refused = refusal({
    status: 405,
    title: 'method not allowed http exception',
    detail: 'The method is not allowed.',
  });
  return { ...refused, headers: { ...refused.headers, Allow: ['OPTIONS', ...methods].join(', ') } };
}

export function parameterFault(title: string, parameter: string, detail: string): Fault {
  return { status: 400, title, detail, parameter };
}

export function pointerFault(title: string, pointer: string, detail: string): Fault {
  return { status: 400, title, detail, pointer };
}
