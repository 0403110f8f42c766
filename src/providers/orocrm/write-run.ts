/** What one `write` has sent and learned so far, and how refusals of whole calls are told. */
import { ProviderError } from '../../model/errors.ts';
import type { WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import type { Operation } from './operations.ts';
import { wordsOf, type VendorError } from './refusals.ts';
import type { PlannedWrite } from './write-plan.ts';

/** Refusals that a batch is answered with as a whole, and that may concern single records of it. */
export const REFUSAL_STATUSES = [400, 403, 404, 409, 422];
export interface Run {
  readonly outcomes: Map<number, WriteOutcome>;
  readonly operations: Operation[];
  readonly plans: Map<number, PlannedWrite>;
  readonly onJob: () => Promise<void>;
  /** The failure that ended the sending. */
  stopped: ProviderError | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Nobody knows what became of these. */
export function markUnknown(run: Run, plans: readonly PlannedWrite[], error: ProviderError): void {
  for (const { index } of plans) run.outcomes.set(index, { status: 'unknown', message: error.message });
}

export function refusedAsAWhole(api: Api, status: number, errors: readonly VendorError[]): ProviderError {
  const words = errors.map(wordsOf).join('; ');
  return new ProviderError(
    status === 403 ? 'PROVIDER_PERMISSION_DENIED' : 'PROVIDER_REFUSED',
    `OroCRM answered ${String(status)} to a batch${words === '' ? '.' : `: ${words}`}`,
    { integration: api.integration, status },
  );
}
