/**
 * Sending a batch that the vendor may refuse as a whole: halves of it are sent until the record that
 * is to blame stands alone. Only a refusal of the content is treated so. After one that concerns the
 * account, a limit or an outage, smaller batches would fare no better; and what may have taken effect
 * is never sent again.
 */
import { ProviderError } from '../model/errors.ts';
import type { WriteOutcome } from '../providers/provider.ts';

/** Statuses by which a vendor says that it cannot read or take what was sent: HTTP semantics (RFC 9110), 15.5. */
const CONTENT_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);
const CONTENT_CODES: ReadonlySet<string> = new Set(['PROVIDER_REFUSED', 'PROVIDER_INVALID_VALUE', 'PROVIDER_DUPLICATE_RECORD']);
/** A batch in which nearly all is refused has another fault than its records; so many calls tell. */
const MOST_SPLITS = 48;

export interface BatchResult {
  /** By place of the request; absent where it was not sent, or where no answer came. */
  readonly outcomes: readonly (WriteOutcome | undefined)[];
  /** What ended the sending before its end. */
  readonly failure: ProviderError | undefined;
}

/**
 * @param count how many requests there are
 * @param write sends those from `start` up to `end`, and answers as many outcomes in the same order
 * @throws what `write` throws and is no ProviderError
 */
export async function writeBisecting(
  count: number,
  write: (start: number, end: number) => Promise<readonly WriteOutcome[]>,
): Promise<BatchResult> {
  const outcomes: (WriteOutcome | undefined)[] = Array.from({ length: count });
  let splitsLeft = MOST_SPLITS;

  async function send(start: number, end: number): Promise<ProviderError | undefined> {
    try {
      for (const [index, outcome] of (await write(start, end)).entries()) outcomes[start + index] = outcome;
      return undefined;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (!isContentRefusal(error)) return error;
      if (end - start === 1) {
        outcomes[start] = { status: 'failed', code: error.vendorCode ?? error.code, message: error.message, retryable: false };
        return undefined;
      }
      if (splitsLeft === 0) return error;
      splitsLeft -= 1;
      const middle = start + Math.ceil((end - start) / 2);
      return (await send(start, middle)) ?? (await send(middle, end));
    }
  }

  return { failure: await send(0, count), outcomes };
}

function isContentRefusal({ code, status, retryable, outcomeUnknown }: ProviderError): boolean {
  if (retryable || outcomeUnknown || !CONTENT_CODES.has(code)) return false;
  return status === undefined ? code !== 'PROVIDER_REFUSED' : CONTENT_STATUSES.has(status);
}
