/** What becomes agreed of one person whose writes were answered. */
import type { EndName } from '../mapping/mapping.ts';
import type { Settlement } from '../storage/ledger.ts';
import { UNSETTLED } from '../storage/person.ts';
import { agreedKeys } from './agreed-keys.ts';
import { listedBits } from './detect.ts';
import type { ActiveLink } from './link.ts';
import type { Parking } from './parked.ts';
import { isEntered } from './scope.ts';
import { hashesToCome, quarantineSubject, stagedRows, type Side, type WriteWork } from './work.ts';

/**
 * @param sides as they are known to be by now
 * @param unsettled tags of fields for which what was agreed before stays agreed
 * @param open ends whose writes are open or were refused
 */
export function settlementOf(
  link: ActiveLink,
  item: WriteWork,
  sides: Readonly<Record<EndName, Side>>,
  unsettled: ReadonlySet<string>,
  parking: Parking,
  open: ReadonlySet<EndName>,
): Settlement {
  const answered = open.size === 0 && item.held === undefined;
  return {
    person: item.person,
    // What waited as a record waits as a person from now on.
    subject: answered || item.subject.person === undefined ? quarantineSubject(item.subject) : undefined,
    agreed: link.ends.map((end) => {
      const side = sides[end.name]!;
      const fingerprint = link.fingerprints.of(end.name, side.values);
      const fields = open.has(end.name) ? hashesToCome(link, item, end.name, side.values) : fingerprint.fields;
      const row = item.subject.agreed[end.name];
      const before = row?.state === 'unlinked' ? undefined : row;
      return {
        end: end.name,
        integration: end.integration,
        object: end.object,
        remoteId: side.remoteId,
        state: 'linked' as const,
        matchKeys: agreedKeys(link, end, fingerprint.matchKeys, before?.matchKeys, (tag) => open.size > 0 && unsettled.has(tag)),
        recordHash: unsettled.size === 0 ? fingerprint.record : UNSETTLED,
        fields: mergeHashes(fields, before?.fields, unsettled),
        elements: mergeHashes(fingerprint.elements, before?.elements, unsettled),
        values: link.retain === 'values' ? side.values : undefined,
        listed: listedBits(end, side),
        entered: isEntered(end, side.values, row?.entered),
        version: answered && unsettled.size === 0 ? side.version : undefined,
        createdBySyncline: item.createAt === end.name,
      };
    }),
    parked: parking.parked,
    settled: answered ? stagedRows(item.subject).map(({ end, remoteId, recordHash }) => ({ end, remoteId, recordHash })) : [],
  };
}

function mergeHashes<Hash>(
  current: ReadonlyMap<string, Hash>,
  agreed: ReadonlyMap<string, Hash> | undefined,
  unsettled: ReadonlySet<string>,
): ReadonlyMap<string, Hash> {
  const merged = new Map<string, Hash>();
  for (const [tag, hash] of current) {
    const kept = unsettled.has(tag) ? agreed?.get(tag) : hash;
    if (kept !== undefined) merged.set(tag, kept);
  }
  return merged;
}
