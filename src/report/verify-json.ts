/** What `verify --json` prints. Personal data is masked by the caller. */
import type { LinkVerification } from '../operations/verify.ts';

/** The value to print with JSON.stringify. */
export function verifyJson(verifications: readonly LinkVerification[]) {
  return {
    links: verifications.map(({ address, persons, agreeing, differing, only, held }) => ({
      address,
      persons,
      agreeing,
      differing: differing.map(({ key, field, values }) => ({ key, field, values })),
      only,
      held: held.map(({ key, reason }) => ({ key, reason })),
    })),
  };
}
