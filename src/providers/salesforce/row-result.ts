/** One row of the answer of a collections call, and what it means for the request. */
import type { WriteOutcome } from '../provider.ts';
import { vendorWords } from '../../http/vendor-words.ts';
import { toLongId } from './record-id.ts';
import { isRow, textOr } from './rows.ts';

/** What was asked for, with what is needed to judge the answer. */
export interface RowRequest {
  readonly action: 'insert' | 'upsert' | 'update' | 'delete';
  readonly id: string | undefined;
}

export type RowResult =
  | { readonly kind: 'done'; readonly id: string; readonly created: boolean }
  /** Refused now, and worth sending again: nothing was changed, or sending again changes nothing. */
  | { readonly kind: 'again'; readonly failure: RowFailure }
  | { readonly kind: 'refused'; readonly failure: RowFailure }
  | { readonly kind: 'unknown'; readonly message: string };

type RowFailure = Extract<WriteOutcome, { status: 'failed' }>;

/** Clear by themselves: another transaction held the row (the lock wait is 10 s), or the service paused. */
const PASSING_CODES: ReadonlySet<string> = new Set(['UNABLE_TO_LOCK_ROW', 'SERVER_UNAVAILABLE']);

/**
 * Judges one row. Rows of collections name their code `statusCode`, single answers `errorCode`.
 *
 * @param raw `undefined` where the answer has no such row
 * @param externalId the key of an upsert
 */
export function judgeRow(request: RowRequest, raw: unknown, externalId: string | undefined): RowResult {
  if (!isRow(raw) || typeof raw['success'] !== 'boolean') {
    return { kind: 'unknown', message: 'Salesforce did not answer for this record.' };
  }
  if (raw['success']) {
    const id = typeof raw['id'] === 'string' ? toLongId(raw['id']) : undefined;
    if (id === undefined || (request.id !== undefined && id !== toLongId(request.id))) {
      return { kind: 'unknown', message: 'Salesforce answered for another record than the one written.' };
    }
    return { kind: 'done', id, created: request.action === 'insert' || (request.action === 'upsert' && raw['created'] === true) };
  }

  const errors = Array.isArray(raw['errors']) ? (raw['errors'] as unknown[]).filter(isRow) : [];
  const first = errors[0] ?? {};
  const code = textOr(first['statusCode'] ?? first['errorCode'], 'UNKNOWN_EXCEPTION');
  const message = errors.map((error) => textOr(error['message'], '')).join('; ');
  const fields = errors.flatMap((error) => (Array.isArray(error['fields']) ? (error['fields'] as unknown[]).map(String) : []));

  // Deleting what is gone already is what was asked for.
  if (request.action === 'delete' && code === 'ENTITY_IS_DELETED')
    return { kind: 'done', id: toLongId(request.id!), created: false };

  const failure: RowFailure = {
    status: 'failed',
    code,
    message: vendorWords(message),
    retryable: PASSING_CODES.has(code),
    ...(fields.length === 0 ? {} : { fields }),
    ...(code === 'ENTITY_IS_DELETED' ? { gone: true } : {}),
    ...duplicateOf(code, message, first),
  };
  if (PASSING_CODES.has(code)) return { kind: 'again', failure };
  if (code === 'UNKNOWN_EXCEPTION') {
    // Salesforce itself cannot say whether the change was made.
    return request.action === 'insert'
      ? { kind: 'unknown', message: failure.message }
      : { kind: 'again', failure: { ...failure, retryable: true } };
  }
  // Two upserts of one new key at once: the loser finds the winner's record when it is sent again.
  const racing =
    code === 'DUPLICATE_VALUE' && request.action === 'upsert' && externalId !== undefined && message.includes(`: ${externalId} `);
  return { kind: racing ? 'again' : 'refused', failure };
}

/** The record that holds the key already: named in the text (with a short id), or in the result of a duplicate rule. */
function duplicateOf(code: string, message: string, error: Readonly<Record<string, unknown>>): { duplicateOf?: string } {
  if (code === 'DUPLICATE_VALUE') {
    const id = /record with id: ([A-Za-z0-9]{15,18})\b/.exec(message)?.[1];
    return id === undefined ? {} : { duplicateOf: toLongId(id) };
  }
  if (code === 'DUPLICATES_DETECTED') {
    // The key is misspelled by Salesforce.
    const result = error['duplicateResut'] ?? error['duplicateResult'];
    const match = list(isRow(result) ? result['matchResults'] : undefined)[0];
    const record = list(match?.['matchRecords'])[0]?.['record'];
    const id = isRow(record) ? record['Id'] : undefined;
    return typeof id === 'string' ? { duplicateOf: toLongId(id) } : {};
  }
  return {};
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRow) : [];
}
