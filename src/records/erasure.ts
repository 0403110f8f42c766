/**
 * People who were forgotten. What is kept of them is a keyed hash of each address and of each record
 * that was theirs, so that records which still exist at the ends are known for what they are: they are
 * held without their values, and no cycle links, writes or copies them again.
 */
import { ACCOUNT_WIDE } from '../mapping/consent-entries.ts';
import type { CompiledMapping, EndName } from '../mapping/mapping.ts';
import type { FieldValues, RemoteRecord } from '../model/value.ts';
import type { KeyRing } from '../storage/keys.ts';
import type { StagedRow } from '../storage/ledger.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/** Where erasures stand in the suppression list: above every purpose. */
const CHANNEL = 'email';

/** The suppression list's names for the addresses of a record: those of its consents, and its match keys. */
export function addressNames(mapping: CompiledMapping, keys: KeyRing, end: EndName, values: FieldValues): readonly Buffer[] {
  const texts = [
    ...mapping.consent.map((consent) => consent.address(end, values)),
    // A key of several fields, such as a name and a town, may be that of somebody else as well.
    ...mapping.match.filter(({ read }) => read[end]!.length === 1).map((match) => match.key(end, values)),
  ];
  return [...new Set(texts)].flatMap((text) => (text === undefined ? [] : [keys.keyHash('suppression', text)]));
}

/** The suppression list's name for a record, whatever address it comes to have. */
export function recordName(
  keys: KeyRing,
  place: { readonly integration: string; readonly object: string },
  remoteId: string,
): Buffer {
  return keys.keyHash('erased-record', place.integration, place.object, remoteId);
}

export function erasureEntry(name: Buffer, at: string): SuppressionEntry {
  return { address: name, channel: CHANNEL, purpose: ACCOUNT_WIDE, state: 'erased', at };
}

/** Rows as they may be staged: those of people who were forgotten without their values, and held. */
export async function withoutErased(link: ActiveLink, end: LinkEnd, rows: readonly StagedRow[]): Promise<readonly StagedRow[]> {
  const isOpen = (row: StagedRow): boolean => row.kind === 'record' && row.person === undefined;
  const erased = await erasedAmong(
    link,
    end,
    rows.filter(isOpen).map(({ remoteId: id, values }) => ({ id, values })),
  );
  return rows.map((row) => (isOpen(row) && erased.has(row.remoteId) ? heldAsErased(row) : row));
}

/** Ids of those of these records that are of people who were forgotten, by themselves or by an address. */
export async function erasedAmong(
  link: ActiveLink,
  end: LinkEnd,
  records: readonly Pick<RemoteRecord, 'id' | 'values'>[],
): Promise<ReadonlySet<string>> {
  if (records.length === 0 || !(await link.ledger.hasErased())) return new Set();
  const names = new Map(
    records.map(({ id, values }) => [
      id,
      [recordName(link.keys, end, id), ...addressNames(link.mapping, link.keys, end.name, values)],
    ]),
  );
  const found = await link.ledger.suppressed([...names.values()].flat(), CHANNEL, ACCOUNT_WIDE);
  const isErased = (name: Buffer): boolean => found.get(name.toString('hex'))?.state === 'erased';
  return new Set([...names].flatMap(([id, own]) => (own.some(isErased) ? [id] : [])));
}

/** Holds records whose create met one of a person who was forgotten: they go by an address of that person. */
export function holdAsErased(
  link: ActiveLink,
  rows: readonly { readonly end: string; readonly remoteId: string }[],
): Promise<void> {
  return link.ledger.hold(rows.map(({ end, remoteId }) => ({ end, remoteId, status: 'held', reason: 'erased' })));
}

function heldAsErased(row: StagedRow): StagedRow {
  return { ...row, matchKeys: [], values: {}, evidence: {}, status: 'held', reason: 'erased' };
}
