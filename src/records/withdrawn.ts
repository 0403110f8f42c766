/**
 * Consents that were withdrawn while a write that granted them was unanswered. A record that shows an opt-out when it is
 * looked up may never have got the grant, or have lost it again: if it was touched since the grant was given, nothing tells
 * which, and the opt-out counts as newer. Consent is never widened by a guess.
 */
import type { FieldValues } from '../model/value.ts';
import type { Intent } from '../storage/intents.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import { isOptedOut } from './consent.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { optOutEntries, renewed } from './suppression.ts';

/**
 * What is to be remembered of a record that was looked up.
 * @param now the record as it is
 * @param modifiedAt when it was last touched, by the clock of its vendor
 */
export async function withdrawnEntries(
  link: ActiveLink,
  end: LinkEnd,
  { values }: Intent,
  now: FieldValues,
  modifiedAt: string | undefined,
): Promise<readonly SuppressionEntry[]> {
  if (modifiedAt === undefined) return [];
  const withdrawn = link.mapping.consent.filter((consent) => {
    const path = consent.path[end.name];
    if (path === undefined || !Object.hasOwn(values, path)) return false;
    return !isOptedOut(consent.state(end.name, values)) && isOptedOut(consent.state(end.name, now));
  });
  const anew = withdrawn.flatMap((consent) =>
    optOutEntries(link, consent, { [end.name]: now }, { state: 'unsubscribed', at: modifiedAt }),
  );
  return renewed(link, anew);
}
