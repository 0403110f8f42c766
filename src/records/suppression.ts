/**
 * The suppression list as the record loop uses it: opt-outs by address, channel and purpose, which
 * outlive records and persons.
 *
 * What a read shows is remembered before anything is decided on it; what is remembered is asked for
 * both ends' addresses, those before a change included, so that an opt-out stays with its address and
 * follows its person. Only the authority's evidence lifts one, once it is settled.
 */
import type { CompiledConsent, EndName } from '../mapping/mapping.ts';
import { ACCOUNT_WIDE } from '../mapping/consent-entries.ts';
import { toInstant } from '../model/time.ts';
import type { FieldValues } from '../model/value.ts';
import type { AgreedRow, StagedRow, Subject } from '../storage/ledger.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import {
  consentField,
  isOptedOut,
  leftByItself,
  mergeSuppressions,
  ownOptOut,
  type Suppressed,
  type Suppression,
} from './consent.ts';
import { endOf, type ActiveLink } from './link.ts';

/** Opt-outs that a record shows, for its address now and before. */
export function optOutsOf(
  link: ActiveLink,
  row: StagedRow,
  agreed: AgreedRow | undefined,
  consents: readonly CompiledConsent[] = link.mapping.consent,
): readonly SuppressionEntry[] {
  if (row.kind === 'deleted') return [];
  return consents.flatMap((consent) => {
    const path = consent.path[row.end];
    const state = consent.state(row.end, row.values);
    if (path === undefined || !isOptedOut(state)) return [];
    const purpose = rememberedPurpose(link, consent, row.end);
    // What flowed here from the source is remembered as the source's; only what this end said itself is its own.
    const agreedOut = wasOptedOut(link, consent, row.end, agreed);
    if (purpose !== consent.purpose && !leftByItself({ state, agreedOut })) return [];
    const at = row.evidence[path] ?? row.modifiedAt ?? toInstant(link.clock.now());
    const values = [row.values, ...formerRecord(link, consent, row, agreed).values];
    return addressesOf(link, consent, row.end, values).map((address) => ({
      address,
      channel: consent.channel,
      purpose,
      state,
      at,
    }));
  });
}

/** Opt-outs that a record shows and did not show when it was last staged: they are newer than whatever is remembered. */
export function optOutsSince(
  link: ActiveLink,
  row: StagedRow,
  agreed: AgreedRow | undefined,
  earlier: StagedRow | undefined,
): Promise<readonly SuppressionEntry[]> {
  if (earlier?.kind !== 'record') return Promise.resolve([]);
  const since = link.mapping.consent.filter((consent) => !isOptedOut(consent.state(row.end, earlier.values)));
  return renewed(link, optOutsOf(link, row, agreed, since));
}

/** Entries of one channel and purpose each that count from their own time on: what is remembered keeps its first one until it is lifted. */
export async function renewed(link: ActiveLink, entries: readonly SuppressionEntry[]): Promise<readonly SuppressionEntry[]> {
  const again: SuppressionEntry[] = [];
  for (const entry of entries) {
    const known = await link.ledger.suppressed([entry.address], entry.channel, entry.purpose);
    const before = known.get(entry.address.toString('hex'));
    if (before !== undefined && (before.state !== 'unsubscribed' || before.at >= entry.at)) continue;
    again.push({ ...entry, state: 'released' }, entry);
  }
  return again;
}

/**
 * What a record that nobody is linked with takes along from its former address, where it is not opted out itself (any
 * more): opt-outs go with the record, as they would with a person. Only the authority's explicit consent leaves them behind.
 * @param earlier the record as it was staged before
 */
export async function movedOptOuts(
  link: ActiveLink,
  row: StagedRow,
  earlier: StagedRow | undefined,
): Promise<readonly SuppressionEntry[]> {
  if (row.kind === 'deleted' || earlier?.kind !== 'record') return [];
  const entries: SuppressionEntry[] = [];
  for (const consent of link.mapping.consent) {
    const { channel, purpose, authority } = consent;
    if (consent.path[row.end] === undefined || rememberedPurpose(link, consent, row.end) !== purpose) continue;
    const state = consent.state(row.end, row.values);
    if (isOptedOut(state) || (authority === row.end && state === 'subscribed')) continue;
    const before = addressesOf(link, consent, row.end, [earlier.values]);
    const now = addressesOf(link, consent, row.end, [row.values]).filter((address) => !before.some((one) => one.equals(address)));
    if (now.length === 0) continue;
    const left = [...(await link.ledger.suppressed(before, channel, purpose)).values()];
    if (left.length === 0 && !isOptedOut(consent.state(row.end, earlier.values))) continue;
    const at = left[0]?.at ?? earlier.modifiedAt ?? toInstant(link.clock.now());
    entries.push(...now.map((address): SuppressionEntry => ({ address, channel, purpose, state: 'unsubscribed', at })));
  }
  return entries;
}

/** Entries that remember an opt-out for every address of a person, as both ends hold it. */
export function optOutEntries(
  link: ActiveLink,
  consent: CompiledConsent,
  records: Readonly<Record<EndName, FieldValues>>,
  suppression: Suppression,
): readonly SuppressionEntry[] {
  return allAddresses(link, consent, records).map((address) => ({
    address,
    channel: consent.channel,
    purpose: consent.purpose,
    ...suppression,
  }));
}

/** Entries that lift what is remembered under a purpose for every address of a person. */
export function releaseEntries(
  link: ActiveLink,
  consent: CompiledConsent,
  records: Readonly<Record<EndName, FieldValues>>,
  end?: EndName,
): readonly SuppressionEntry[] {
  const purpose = end === undefined ? consent.purpose : rememberedPurpose(link, consent, end);
  const at = toInstant(link.clock.now());
  return allAddresses(link, consent, records).map((address) => ({
    address,
    channel: consent.channel,
    purpose,
    state: 'released',
    at,
  }));
}

/** What is remembered of each subject's addresses: by the ledger, and by what is staged of the subject. */
export async function readSuppressions(
  link: ActiveLink,
  subjects: readonly Subject[],
  recordsOf: (subject: Subject) => Readonly<Record<EndName, FieldValues>>,
): Promise<(subject: Subject) => Suppressed> {
  if (link.mapping.consent.length === 0) return () => ({});
  const addresses = new Map<Subject, ReadonlyMap<CompiledConsent, readonly Buffer[]>>();
  const wanted = new Map<string, Buffer>();
  for (const subject of subjects) {
    const own = new Map(
      link.mapping.consent.map((consent) => [consent, subjectAddresses(link, consent, subject, recordsOf(subject))]),
    );
    addresses.set(subject, own);
    for (const list of own.values()) for (const address of list) wanted.set(address.toString('hex'), address);
  }
  const stored = new Map<string, Suppression>();
  const channels = new Set(link.mapping.consent.map(({ channel }) => channel));
  for (const channel of channels) {
    for (const purpose of purposesOf(link)) {
      const found = await link.ledger.suppressed([...wanted.values()], channel, purpose);
      for (const [address, { state, at }] of found)
        if (state !== 'released') stored.set(`${channel}|${purpose}|${address}`, { state, at });
    }
  }

  return (subject) => {
    const found: Record<string, Suppression> = {};
    const add = (purpose: string, suppression: Suppression | undefined): void => {
      const merged = mergeSuppressions(found[purpose], suppression);
      if (merged !== undefined) found[purpose] = merged;
    };
    for (const [consent, list] of addresses.get(subject)!) {
      for (const address of list.map((one) => one.toString('hex'))) {
        add(consent.purpose, stored.get(`${consent.channel}|${consent.purpose}|${address}`));
        add(ACCOUNT_WIDE, stored.get(`${consent.channel}|${ACCOUNT_WIDE}|${address}`));
        for (const end of ownEnds(consent))
          add(
            ownOptOut(consent.purpose, end),
            stored.get(`${consent.channel}|${rememberedPurpose(link, consent, end)}|${address}`),
          );
      }
    }
    return found;
  };
}

/** Whether the address that a consent is about is another one than when the record was last agreed on. */
export function addressChanged(link: ActiveLink, subject: Subject): boolean {
  return Object.values(subject.staged).some((row) => {
    return link.mapping.consent.some((consent) => formerRecord(link, consent, row, subject.agreed[row.end]).changed);
  });
}

/** An end's own opt-outs are remembered under its system's name where consent flows to it only. */
function rememberedPurpose(link: ActiveLink, consent: CompiledConsent, end: EndName): string {
  return ownEnds(consent).includes(end) ? ownOptOut(consent.purpose, endOf(link, end).integration) : consent.purpose;
}

function ownEnds(consent: CompiledConsent): readonly EndName[] {
  return consent.targets.length === 1 ? consent.targets : [];
}

function purposesOf(link: ActiveLink): ReadonlySet<string> {
  return new Set([
    ACCOUNT_WIDE,
    ...link.mapping.consent.flatMap((consent) => [
      consent.purpose,
      ...ownEnds(consent).map((end) => rememberedPurpose(link, consent, end)),
    ]),
  ]);
}

function subjectAddresses(
  link: ActiveLink,
  consent: CompiledConsent,
  subject: Subject,
  records: Readonly<Record<EndName, FieldValues>>,
): readonly Buffer[] {
  const former = Object.values(subject.staged).flatMap((row) =>
    addressesOf(link, consent, row.end, formerRecord(link, consent, row, subject.agreed[row.end]).values),
  );
  return distinct([...allAddresses(link, consent, records), ...former]);
}

/**
 * A record as it was before its address changed.
 *
 * @returns whether it changed, and the record where the link keeps values; without them a change of
 *   any key counts as one, and the address before is remembered by the opt-outs that it had
 */
function formerRecord(
  link: ActiveLink,
  consent: CompiledConsent,
  row: Pick<StagedRow, 'end' | 'kind' | 'values' | 'matchKeys'>,
  agreed: AgreedRow | undefined,
): { readonly changed: boolean; readonly values: readonly FieldValues[] } {
  const same = { changed: false, values: [] };
  if (agreed === undefined || agreed.state === 'unlinked' || row.kind === 'deleted') return same;
  const address = consent.address(row.end, row.values);
  // Most often the address is a match key: then its hash tells, and nothing has to be deciphered.
  const rank = link.mapping.match.findIndex((match) => address !== undefined && match.key(row.end, row.values) === address);
  const [before, now] = [agreed.matchKeys[rank], row.matchKeys[rank]];
  if (before !== undefined && now?.equals(before) === true) return same;
  if (agreed.values === undefined) return { changed: true, values: [] };
  if (before !== undefined) return { changed: true, values: [agreed.values] };
  return consent.address(row.end, agreed.values) === address ? same : { changed: true, values: [agreed.values] };
}

function allAddresses(
  link: ActiveLink,
  consent: CompiledConsent,
  records: Readonly<Record<EndName, FieldValues>>,
): readonly Buffer[] {
  return distinct(Object.entries(records).flatMap(([end, values]) => addressesOf(link, consent, end, [values])));
}

function addressesOf(
  link: ActiveLink,
  consent: CompiledConsent,
  end: EndName,
  records: readonly (FieldValues | undefined)[],
): readonly Buffer[] {
  return distinct(
    records.flatMap((values) => {
      const address = values === undefined ? undefined : link.fingerprints.address(consent, end, values);
      return address === undefined ? [] : [address];
    }),
  );
}

function distinct(addresses: readonly Buffer[]): readonly Buffer[] {
  return [...new Map(addresses.map((address) => [address.toString('hex'), address])).values()];
}

/** Whether an end was opted out when a record was last agreed on; `undefined` where it never was. */
export function wasOptedOut(
  link: ActiveLink,
  consent: CompiledConsent,
  end: EndName,
  agreed: AgreedRow | undefined,
): boolean | undefined {
  if (agreed === undefined) return undefined;
  const { id } = consentField(consent);
  return agreed.fields.get(link.fingerprints.tag(id))?.equals(link.keys.hash('field', end, id, 'out'));
}
