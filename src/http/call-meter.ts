import { ProviderError } from '../model/errors.ts';

/** Counts the calls that a connection sends, whatever becomes of them, and refuses those beyond its budget. */
export interface CallMeter {
  readonly calls: number;
  /**
   * Counts one call that is about to be sent.
   * @throws ProviderError PROVIDER_DAILY_LIMIT when the budget is used up; then nothing may be sent
   */
  count(): void;
}

/** @param budget the most calls that may be sent; absent where there is no limit */
export function createCallMeter(integration: string, budget?: number): CallMeter {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    count() {
      if (budget !== undefined && calls >= budget) {
        throw new ProviderError(
          'PROVIDER_DAILY_LIMIT',
          `The call budget of integration "${integration}" (${budget}) is used up.`,
          {
            integration,
            fault: 'user',
            hint: 'Raise the call budget of the integration, or run again when the budget starts anew; the run continues.',
          },
        );
      }
      calls += 1;
    },
  };
}
