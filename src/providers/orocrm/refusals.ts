/**
 * How OroCRM says no: JSON:API errors, each with a title that names the rule and a pointer or
 * parameter that names the place. The token endpoint has words of its own.
 */
import type { HttpAnswer, HttpRequest, Refusal } from '../../http/client.ts';
import type { DiagnosticCode } from '../../model/diagnostics/codes.ts';
import { JSON_API, parseBody, textOf } from './documents.ts';

export interface VendorError {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** `/data/3/attributes/firstName`; empty where the error names no place. */
  readonly pointer: string;
}

/** The errors of an answer; a single answer gives their status as text, an asynchronous operation as a number. */
export function errorsOf(body: unknown): readonly VendorError[] {
  const errors = member(body, 'errors');
  return (Array.isArray(errors) ? (errors as unknown[]) : []).map(toVendorError);
}

export function toVendorError(error: unknown): VendorError {
  return {
    status: Number(member(error, 'status') ?? Number.NaN),
    title: textOf(member(error, 'title')),
    detail: textOf(member(error, 'detail')),
    pointer: textOf(member(member(error, 'source'), 'pointer')),
  };
}

/** What an error is called here, by the status that the vendor gives it. */
export function codeOf(error: Pick<VendorError, 'status' | 'title'>): DiagnosticCode {
  if (error.status === 404) return 'PROVIDER_RECORD_MISSING';
  if (error.status === 403) return 'PROVIDER_PERMISSION_DENIED';
  if (error.status === 409 || error.title === 'unique entity constraint') return 'PROVIDER_DUPLICATE_RECORD';
  return 'PROVIDER_INVALID_VALUE';
}

/** `not blank constraint: This value should not be blank.` A refused value is a person's, and is left out. */
export function wordsOf({ title, detail }: Pick<VendorError, 'title' | 'detail'>): string {
  const told = detail.replace(/Given "[^"]*"/g, 'Given another');
  return [title, told === title ? '' : told].filter((part) => part !== '').join(': ');
}

/**
 * Reads an answer of the API. A body that is no JSON:API is an error, also where the status says that
 * all is well: whoever asks with another media type, or at another path, is answered in another format
 * rather than refused.
 */
export function refusalOf(answer: HttpAnswer, request: HttpRequest): Refusal | undefined {
  const success = answer.status >= 200 && answer.status < 300;
  if (success) {
    if (answer.text.trim() === '') return undefined;
    if (!isJsonApi(answer)) return { ...wrongType(answer), nothingHappened: request.method === 'GET' };
    if (parseBody(answer.text) !== undefined) return undefined;
    return {
      code: 'PROVIDER_UNEXPECTED_ANSWER',
      words: 'the answer is no complete JSON.',
      retryable: true,
      nothingHappened: request.method === 'GET',
    };
  }
  const errors = errorsOf(parseBody(answer.text));
  const [first] = errors;
  if (first !== undefined) {
    const vendorCode = first.title === '' ? {} : { vendorCode: first.title };
    const words = errors.slice(0, 3).map(wordsOf).join('; ');
    return { words, ...vendorCode, ...(answer.status === 404 ? { code: 'PROVIDER_RECORD_MISSING' } : {}) };
  }
  return answer.status === 404 && !isJsonApi(answer) ? wrongType(answer) : undefined;
}

/** @throws never: an answer of the token endpoint in its own words */
export function tokenRefusalOf(answer: HttpAnswer): Refusal | undefined {
  if (answer.status < 400 || answer.status >= 500 || answer.status === 404 || answer.status === 429) return undefined;
  const text = ['error_description', 'hint'].map((name) => textOf(member(answer.json, name))).filter((part) => part !== '');
  const error = textOf(member(answer.json, 'error'));
  return {
    // Wrong credentials are answered with 400 or 401, by which part of them is wrong.
    code: 'PROVIDER_AUTHENTICATION_FAILED',
    ...(text.length === 0 ? {} : { words: text.join(' ') }),
    ...(error === '' ? {} : { vendorCode: error }),
  };
}

function isJsonApi(answer: HttpAnswer): boolean {
  return (answer.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase() === JSON_API;
}

function wrongType(answer: HttpAnswer): Refusal {
  const type = (answer.headers['content-type'] ?? '').split(';')[0]!.trim();
  return {
    code: 'PROVIDER_UNEXPECTED_ANSWER',
    words: `${type === '' ? 'an answer without a media type' : `an answer of type ${type}`} instead of ${JSON_API}. Check the path of the endpoint (the back office may lie under one, such as https://crm.example.com/admin), and that no login page or proxy answers in its place.`,
    retryable: false,
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
