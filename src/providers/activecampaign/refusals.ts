/**
 * How ActiveCampaign says no. Three shapes of body are known: `errors` as a list (title, detail,
 * code), `errors` as a sentence, and `message`.
 * @source the vendor's OpenAPI text, error examples; recorded exchanges
 */
import type { HttpAnswer, HttpRequest, Refusal } from '../../http/client.ts';

/** The bulk importer's own limit is 100 requests a minute and is answered with a 400 instead of a 429. */
const IMPORT_LIMIT_WAIT_MS = 60_000;
/** Public clients report a 403 now and then for tokens that work before and after: a few more attempts, no more. */
const INTERMITTENT_403_ATTEMPTS = 3;

/**
 * Makes the reading of answers for one connection. It remembers whether the token has ever worked:
 * until then a 403 means that it is wrong, afterwards a bare 403 is taken for a passing one.
 */
export function createRefusalReader(): (answer: HttpAnswer, request: HttpRequest) => Refusal | undefined {
  let tokenHasWorked = false;
  return (answer) => {
    const words = wordsOf(answer.json);
    if (answer.status >= 200 && answer.status < 300) {
      tokenHasWorked = true;
      // Some calls answer 200 and say in the body that they did nothing.
      return hasErrors(answer.json) ? { code: 'PROVIDER_REFUSED', ...words } : undefined;
    }
    switch (answer.status) {
      case 403:
        return forbidden(answer.json, words, tokenHasWorked);
      case 404:
        return { ...words, code: 'PROVIDER_RECORD_MISSING' };
      case 422:
        return { ...words, code: words.vendorCode === 'duplicate' ? 'PROVIDER_DUPLICATE_RECORD' : 'PROVIDER_INVALID_VALUE' };
      case 400:
        return /rate limit/i.test(words.words ?? '')
          ? {
              ...words,
              code: 'PROVIDER_RATE_LIMITED',
              retryable: true,
              nothingHappened: true,
              retryAfterMs: IMPORT_LIMIT_WAIT_MS,
            }
          : words;
      default:
        return words;
    }
  };
}

function forbidden(json: unknown, words: Refusal, tokenHasWorked: boolean): Refusal {
  if (/^No Result found/i.test(words.words ?? '')) return { ...words, code: 'PROVIDER_RECORD_MISSING' };
  if (!tokenHasWorked) return { ...words, code: 'PROVIDER_AUTHENTICATION_FAILED' };
  if (hasErrors(json)) return { ...words, code: 'PROVIDER_PERMISSION_DENIED' };
  return {
    ...words,
    code: 'PROVIDER_PERMISSION_DENIED',
    retryable: true,
    nothingHappened: true,
    attempts: INTERMITTENT_403_ATTEMPTS,
  };
}

function hasErrors(json: unknown): boolean {
  const errors = member(json, 'errors');
  return (Array.isArray(errors) && errors.length > 0) || (typeof errors === 'string' && errors !== '');
}

function wordsOf(json: unknown): Refusal {
  const errors = member(json, 'errors');
  if (typeof errors === 'string') return { words: errors };
  if (Array.isArray(errors) && errors.length > 0) {
    const sentences = errors.slice(0, 3).map((error) => {
      const title = textOf(member(error, 'title'));
      const detail = textOf(member(error, 'detail'));
      return [title, detail === title ? '' : detail].filter((part) => part !== '').join(': ');
    });
    const code = member(errors[0], 'code');
    const vendorCode = typeof code === 'string' || typeof code === 'number' ? { vendorCode: String(code) } : {};
    return { words: withoutValue(sentences.filter((sentence) => sentence !== '').join('; ')), ...vendorCode };
  }
  const message = textOf(member(json, 'message'));
  return message === '' ? {} : { words: withoutValue(message) };
}

/** A refused custom field value is quoted by the vendor; it is a person's and stays out of messages. */
function withoutValue(sentence: string): string {
  return sentence.replace(/(custom field value) `[^`]*`/g, '$1');
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
