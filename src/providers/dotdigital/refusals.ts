/**
 * How Dotdigital says no. Version 2 puts its codes into prose (`{"message":"... ERROR_X"}`), version 3
 * answers `{errorCode, description, details[]}`; a 404 may have any body.
 * @source marketing.developer.dotdigital.com/docs/error-response-types, /docs/call-rate-limits
 */
import type { DiagnosticCode } from '../../model/diagnostics/codes.ts';
import type { HttpAnswer, Refusal } from '../../http/client.ts';

/** Codes of both versions, in lower case and without the version's own prefix, and what they mean here. */
const CODES: Readonly<Record<string, DiagnosticCode>> = {
  invalid_login: 'PROVIDER_AUTHENTICATION_FAILED',
  apiuser_invalid: 'PROVIDER_AUTHENTICATION_FAILED',
  featurenotactive: 'PROVIDER_PERMISSION_DENIED',
  addressbook_not_found: 'PROVIDER_RECORD_MISSING',
  contact_not_found: 'PROVIDER_RECORD_MISSING',
  contactnotfound: 'PROVIDER_RECORD_MISSING',
  contact_suppressed: 'PROVIDER_ADDRESS_SUPPRESSED',
  contact_suppressedforaddressbook: 'PROVIDER_ADDRESS_SUPPRESSED',
  // UNVERIFIED: the word of an import, should a single call refuse an address for the same reason.
  globallysuppressed: 'PROVIDER_ADDRESS_SUPPRESSED',
  addressbook_duplicate: 'PROVIDER_DUPLICATE_RECORD',
  non_unique_datafield: 'PROVIDER_DUPLICATE_RECORD',
  // Two clients saw the second where the specification prints the first.
  idalreadyexists: 'PROVIDER_DUPLICATE_RECORD',
  identifierconflict: 'PROVIDER_DUPLICATE_RECORD',
  invalid_email: 'PROVIDER_INVALID_VALUE',
  email_banned: 'PROVIDER_INVALID_VALUE',
  datafield_notfound: 'PROVIDER_INVALID_VALUE',
  datafield_invalid: 'PROVIDER_INVALID_VALUE',
  datafield_value_overflow: 'PROVIDER_INVALID_VALUE',
  parameter_invalid: 'PROVIDER_INVALID_VALUE',
};

/** Refusals that pass by themselves, and how long to wait for that, in ms. */
const PASSING: Readonly<Record<string, number>> = {
  addressbook_in_use: 15_000,
  system_servicetemporarilyunavailable: 60_000,
  import_toomanyactiveimports: 60_000,
  toomanyactiveimports: 60_000,
  toomanybulkdeletejobs: 60_000,
};

/**
 * The flat limit counts a rolling hour of which nobody is told when it frees calls: five waits of a
 * call's six attempts span it.
 */
const FLAT_LIMIT_WAIT_MS = 12 * 60_000;

export function readRefusal(answer: HttpAnswer, nowMs: number): Refusal | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const { code, words } = wordsOf(answer.json);
  const said: Refusal = {
    ...(words === undefined ? {} : { words }),
    ...(code === undefined ? {} : { vendorCode: code }),
  };
  const short = shortCode(code);
  if (short === 'apiusage_exceeded' || /excess API activity/i.test(words ?? '')) {
    return { ...said, code: 'PROVIDER_RATE_LIMITED', ...PASSES, retryAfterMs: FLAT_LIMIT_WAIT_MS };
  }
  const wait = PASSING[short];
  if (wait !== undefined) return { ...said, ...PASSES, retryAfterMs: wait };
  if (answer.status === 429) {
    const waitMs = untilReset(answer, nowMs);
    return { ...said, code: 'PROVIDER_RATE_LIMITED', ...PASSES, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  const known = CODES[short] ?? (answer.status === 404 ? 'PROVIDER_RECORD_MISSING' : undefined);
  return known === undefined ? said : { ...said, code: known };
}

const PASSES = { retryable: true, nothingHappened: true } as const;

/** Milliseconds until the window of the call's tier starts anew, as the answer says. */
export function untilReset(answer: HttpAnswer, nowMs: number): number | undefined {
  const reset = Number(answer.headers['x-ratelimit-reset'] ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(0, reset * 1000 - (answer.date ?? nowMs)) : undefined;
}

/** A vendor's code without `ERROR_` or `contacts:`, in lower case; empty where there is none. */
export function shortCode(code: string | undefined): string {
  return (code ?? '').replace(/^(?:ERROR_|[a-z]+:)/i, '').toLowerCase();
}

function wordsOf(json: unknown): { readonly code: string | undefined; readonly words: string | undefined } {
  const errorCode = member(json, 'errorCode');
  if (typeof errorCode === 'string') {
    const details = member(json, 'details');
    const sentences = (Array.isArray(details) ? details.slice(0, 3) : [])
      // The specification has `description`, the guide `error`.
      .map((detail) => member(detail, 'description') ?? member(detail, 'error'))
      .filter((sentence) => typeof sentence === 'string');
    const description = member(json, 'description');
    return { code: errorCode, words: [typeof description === 'string' ? description : errorCode, ...sentences].join('; ') };
  }
  const message = member(json, 'message');
  if (typeof message !== 'string') return { code: undefined, words: undefined };
  return { code: /ERROR_[A-Z_]+/.exec(message)?.[0], words: message };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
