import { isObject, textOf } from './json.ts';
import type { ImportOutcome } from './import-effects.ts';

const TIMEOUT_MS = 5000;
const GONE = 410;

/** A stand-in's people are made up, yet nothing of them leaves the machine. */
function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * Posts once, without waiting and without a second try, as the vendor does; other hosts than this machine get nothing.
 * `onGone` is called where the receiver answers 410.
 */
export function post(url: string, body: string, headers: Readonly<Record<string, string>>, onGone: () => void): void {
  if (!isLoopback(url)) return;
  fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    .then(async (response) => {
      if (response.status === GONE) onGone();
      await response.body?.cancel();
    })
    .catch(() => undefined);
}

/**
 * Tells the `callback` of an import how it went.
 *
 * UNVERIFIED: the body's keys; the vendor shows counts of both kinds and messages for the failed ones.
 */
export function deliverCallback(callback: unknown, batchId: string, outcome: ImportOutcome): void {
  if (!isObject(callback)) return;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const { key, value } of pairs(callback['headers'])) headers[key] = value;
  const body: Record<string, unknown> = { success: outcome.written, failure: outcome.failed.length, batchId };
  if (textOf(callback['detailed_results']) === 'true' || callback['detailed_results'] === true) {
    body['errors'] = outcome.failed.map((email) => `${email} could not be imported`);
  }
  for (const { key, value } of pairs(callback['params'])) body[key] = value;
  post(textOf(callback['url']), JSON.stringify(body), headers, () => undefined);
}

function pairs(value: unknown): { key: string; value: string }[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isObject)
    .map((pair) => ({ key: textOf(pair['key']), value: textOf(pair['value']) }))
    .filter(({ key }) => key !== '');
}
