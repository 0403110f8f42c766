/**
 * The decisions about consent: whether a person may be written to, per channel and purpose.
 *
 * Pure, like `reconcile.ts`, which asks for them.
 */
import type { CompiledConsent, EndName } from '../mapping/mapping.ts';
import type { ConsentState } from '../model/value.ts';
import type { ReconcileInput, ReconcileSide, WriteReason } from './reconcile.ts';

export function isOptedOut(state: ConsentState): boolean {
  return state !== 'subscribed' && state !== 'unknown';
}

/** Consent is reconciled by rules of its own, under an id of its own. */
export function consentField(consent: { readonly purpose: string; readonly channel: string }): { readonly id: string } {
  return { id: `consent:${consent.channel}:${consent.purpose}` };
}

export function decideConsent(
  consent: CompiledConsent,
  input: ReconcileInput,
):
  | { readonly writes: readonly { end: EndName; state: ConsentState; reason: WriteReason }[]; readonly optIn: boolean }
  | undefined {
  const { mapping, sides } = input;
  const [left, right] = mapping.ends;
  const { id } = consentField(consent);
  const states = { [left]: consent.state(left, sides[left]!.values), [right]: consent.state(right, sides[right]!.values) };
  const outs = mapping.ends.filter((end) => isOptedOut(states[end]!));
  if (outs.length === 2) return undefined;

  const agreedOut = sides[left]!.agreedOptedOut(id) ?? sides[right]!.agreedOptedOut(id);
  const suppressedAt = input.suppressed[consent.purpose];
  if (outs.length === 1) {
    const out = outs[0]!;
    const open = out === left ? right : left;
    if (agreedOut && open === consent.authority && explicitOptIn(consent, open, sides[open]!, states[open]!, suppressedAt)) {
      return { writes: [{ end: out, state: 'subscribed', reason: 'opt-in' }], optIn: true };
    }
    return { writes: [{ end: open, state: 'unsubscribed', reason: agreedOut ? 'opt-out-put-back' : 'opt-out' }], optIn: false };
  }
  if (suppressedAt === undefined) return undefined;
  // Both ends are open, yet the address is suppressed: it was opted out under another record, or taken back at both ends at once.
  const authority = sides[consent.authority]!;
  if (agreedOut && explicitOptIn(consent, consent.authority, authority, states[consent.authority]!, suppressedAt)) {
    return { writes: [], optIn: true };
  }
  return {
    writes: mapping.ends.map((end) => ({ end, state: 'unsubscribed' as const, reason: 'opt-out-put-back' as const })),
    optIn: false,
  };
}

function explicitOptIn(
  consent: CompiledConsent,
  end: EndName,
  side: ReconcileSide,
  state: ConsentState,
  suppressedAt: string | undefined,
): boolean {
  const path = consent.path[end]!;
  if (state !== 'subscribed' && !side.booleanConsent.has(path)) return false;
  const evidence = side.evidence[path];
  // Evidence that is older than the opt-out is no evidence; where the end keeps no time, the change itself is.
  return evidence === undefined || suppressedAt === undefined || evidence > suppressedAt;
}
