/** What a person decides about an ambiguous match: which record of the other end is the same person. */
import type { MappingSpecification } from '../mapping/specification.ts';
import { toldApart } from '../records/elsewhere.ts';
import type { StagedRow } from '../storage/ledger.ts';
import type { MatchEnd } from '../storage/matching.ts';
import type { LedgerLink } from './known-person.ts';

export interface RecordPlace {
  readonly end: string;
  readonly remoteId: string;
}

/** Two records, one of each end, that are one person. */
export interface ChosenMatch {
  readonly link: LedgerLink;
  readonly records: readonly [StagedRow, StagedRow];
}

export function isAmbiguous({ status, reason }: StagedRow): boolean {
  return status === 'held' && reason === 'ambiguous';
}

/** @param key an id at either end, or the match key in any spelling */
export function goesBy(link: LedgerLink, row: StagedRow, key: string): boolean {
  if (row.remoteId === key.replace(/^#/, '')) return true;
  return link.fingerprints.matchKeys(key).some((hash) => row.matchKeys.some((own) => own?.equals(hash)));
}

/**
 * @param named whose candidates are meant, and the id of the one that is chosen
 * @param chosen what was decided before, in the same run of the command
 */
export async function chooseMatch(
  link: LedgerLink,
  named: { readonly key: string; readonly partner: string },
  chosen: readonly ChosenMatch[],
): Promise<ChosenMatch | { readonly detail: string; readonly hint: string }> {
  const list = `See who they are:\n  syncline conflicts list ${link.source.address}`;
  const waiting = (await link.ledger.waiting()).filter(isAmbiguous);
  const partners = waiting.filter(({ remoteId }) => remoteId === named.partner.replace(/^#/, ''));
  const found = waiting
    .filter((row) => goesBy(link, row, named.key))
    .flatMap((row) => partners.map((partner): ChosenMatch['records'] => [row, partner]))
    .filter(([row, partner]) => row.end !== partner.end && shareKey(row, partner));
  const [records, another] = found;
  if (records === undefined) {
    const detail = 'No ambiguous record of this id shares a key with one of the other end that goes by this key.';
    return { detail, hint: `Choose among unlinked candidates. ${list}` };
  }
  if (another !== undefined)
    return { detail: 'Several records go by this key.', hint: `Name the one that is meant by its id. ${list}` };
  const [row, partner] = records;
  const ends = matchEnds(link);
  const places = row.end === ends[0].name ? ends : ([ends[1], ends[0]] as const);
  const apart = await toldApart(link.ledger, places, [{ remoteId: row.remoteId, partner: partner.remoteId }]);
  const isTaken = chosen.some(
    (other) => other.link === link && other.records.some((one) => isSame(one, row) || isSame(one, partner)),
  );
  if (apart.size > 0 || isTaken) {
    const detail = 'Another link or an earlier decision tells one of the two to be the same person as somebody else.';
    return { detail, hint: list };
  }
  return { link, records };
}

/** Of ambiguous records, the one that each was decided to belong to. */
export async function decidedPartners(
  link: LedgerLink,
  ambiguous: readonly StagedRow[],
): Promise<ReadonlyMap<StagedRow, RecordPlace>> {
  const decided = new Map<StagedRow, RecordPlace>();
  const [left, right] = matchEnds(link);
  for (const [end, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const rows = ambiguous.filter((row) => row.end === end.name);
    const known = await link.ledger.knownElsewhere(
      end,
      rows.map(({ remoteId }) => remoteId),
      other.integration,
    );
    for (const row of rows) {
      const there = (known.get(row.remoteId) ?? []).find(({ object }) => object === other.object);
      if (there !== undefined) decided.set(row, { end: other.name, remoteId: there.remoteId });
    }
  }
  return decided;
}

/** Records as the references of persons name them. */
export function placesOf(
  link: LedgerLink,
  records: readonly RecordPlace[],
): readonly (MatchEnd & { readonly remoteId: string })[] {
  const ends = matchEnds(link);
  return records.map(({ end, remoteId }) => ({ ...ends.find(({ name }) => name === end)!, remoteId }));
}

export function matchEnds({ source, mapping }: LedgerLink): readonly [MatchEnd, MatchEnd] {
  const { between } = source.mapping as unknown as MappingSpecification;
  const [left, right] = mapping.ends.map((name) => ({
    name,
    integration: source.link.ends[name]!.integration,
    object: between[name]!.split('/')[1]!,
  }));
  return [left!, right!];
}

function shareKey(one: StagedRow, other: StagedRow): boolean {
  return one.matchKeys.some((key, rank) => key !== undefined && other.matchKeys[rank]?.equals(key) === true);
}

function isSame(one: RecordPlace, other: RecordPlace): boolean {
  return one.end === other.end && one.remoteId === other.remoteId;
}
