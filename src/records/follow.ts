/**
 * Follows records that were merged into others, before anybody is matched: who took the place of a
 * linked record is that person from now on, with what was agreed on before.
 *
 * Where both were linked, the one that was kept keeps its agreements; what is left of the other person
 * is unlinked when the tombstone is dealt with, and never deleted.
 */
import { toInstant } from '../model/time.ts';
import type { AgreedRow, StagedRow } from '../storage/ledger.ts';
import { consentField } from './consent.ts';
import { stagedRow } from './detect.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { recordsById } from './records-by-id.ts';
import { optOutEntries } from './suppression.ts';

/** Decides about every tombstone of a merge that is staged. */
export async function followMerges(link: ActiveLink): Promise<void> {
  for (const end of link.ends) {
    const merged = (await link.ledger.tombstones(end.name)).filter((row) => row.moved?.how === 'merged');
    if (merged.length === 0) continue;
    const next = new Map(merged.map((row) => [row.remoteId, row.moved!.id]));
    const known = merged.filter((row) => row.person !== undefined);
    const survivors = new Map(known.map((row) => [row.remoteId, survivorOf(row.remoteId, next)]));
    const agreed = await link.ledger.agreedByRemoteId(end.name, [...survivors.values()]);
    const claimed = new Set([...agreed.values()].filter((row) => row.state === 'linked').map((row) => row.remoteId));
    for (const row of known) {
      const survivor = survivors.get(row.remoteId)!;
      if (claimed.has(survivor)) {
        const kept = agreed.get(survivor);
        if (kept !== undefined) await inheritOptOuts(link, end, row, kept);
        continue;
      }
      claimed.add(survivor);
      const heir = await readHeir(link, end, survivor, row.person!);
      if (heir !== undefined) await link.ledger.succeed(end, row.remoteId, heir);
    }
    const passed = merged.filter((row) => row.person === undefined).map(({ remoteId }) => ({ remoteId }));
    await link.ledger.stage(end.name, [], passed, undefined);
  }
}

/** Who took over somebody's record takes over what that person refused: it is remembered for the survivor's address. */
async function inheritOptOuts(link: ActiveLink, end: LinkEnd, lost: StagedRow, kept: AgreedRow): Promise<void> {
  const before = (await link.ledger.agreedByRemoteId(end.name, [lost.remoteId])).get(lost.remoteId);
  const refused = link.mapping.consent.filter((consent) => {
    const { id } = consentField(consent);
    return before?.fields.get(link.fingerprints.tag(id))?.equals(link.keys.hash('field', end.name, id, 'out')) === true;
  });
  if (refused.length === 0) return;
  const heir = await readHeir(link, end, kept.remoteId, kept.person);
  if (heir === undefined) return;
  const at = lost.modifiedAt ?? toInstant(link.clock.now());
  await link.ledger.suppress(
    refused.flatMap((consent) => optOutEntries(link, consent, { [end.name]: heir.values }, { state: 'unsubscribed', at })),
  );
  await link.ledger.stage(end.name, [heir], [], undefined);
}

/** Follows a chain of merges to the record that exists. A circle, which no vendor makes, ends where it closes. */
function survivorOf(remoteId: string, next: ReadonlyMap<string, string>): string {
  const seen = new Set<string>();
  let current = remoteId;
  for (;;) {
    const following = next.get(current);
    if (following === undefined || seen.has(current)) return current;
    seen.add(current);
    current = following;
  }
}

/** The surviving record as it is now, as a change of the person; `undefined` where it does not exist either. */
async function readHeir(
  link: ActiveLink,
  end: LinkEnd,
  remoteId: string,
  person: string,
): Promise<(StagedRow & { readonly person: string }) | undefined> {
  const [record] = (await recordsById(link, end, [remoteId])).values();
  return record === undefined ? undefined : { ...stagedRow(link, end, record, person), person };
}
