/**
 * Records that a create found to exist already, where it was to make a new one, and wrote to. One that belongs to somebody
 * gets back what it held (`overwritten.ts`). One that nobody is linked with is the same person as the new record, since a
 * key of theirs says so at this very moment: the two are linked at once, as either may have another key by the next cycle.
 */
import type { WriteOutcome } from '../providers/provider.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { Settlement } from '../storage/ledger.ts';
import { UNSETTLED } from '../storage/person.ts';
import { consentField } from './consent.ts';
import { listedBits } from './detect.ts';
import { toldApart } from './elsewhere.ts';
import { erasedAmong, holdAsErased } from './erasure.ts';
import { pickPresent } from './journal-entry.ts';
import type { landedWrite } from './landed-write.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { overwrittenEntry, restoringSettlements } from './overwritten.ts';
import { quarantineSubject, stagedRows, type WriteWork } from './work.ts';

/** A create whose answer names a record that was there before. */
export interface Met {
  readonly end: LinkEnd;
  readonly item: WriteWork;
  readonly outcome: Extract<WriteOutcome, { status: 'applied' }>;
  readonly intent: number;
  readonly landed: ReturnType<typeof landedWrite>;
}

/** Settles what such creates wrote, after everybody else of their round. The records are still to be read and decided on. */
export async function settleMet(link: ActiveLink, run: string, met: readonly Met[]): Promise<void> {
  if (met.length === 0) return;
  const overwritten = met.map(({ end, item, outcome: { id, record } }) => {
    const writes = item.decision.writes[end.name]!;
    return { end, remoteId: id, values: { ...writes, ...pickPresent(record.values, Object.keys(writes)) } };
  });
  const erased = await metOfErased(link, met);
  const free = met.filter((one) => !erased.includes(one));
  const linking = await linkingSettlements(link, free);
  await link.ledger.settle(
    run,
    [...(await restoringSettlements(link, overwritten)), ...linking.values()],
    await journalOf(link, met, linking),
    met.map(({ intent }) => intent),
  );
  await holdAsErased(
    link,
    erased.flatMap(({ item }) => stagedRows(item.subject)),
  );
}

/** Those that met somebody who was forgotten, and whom nobody is linked with. */
async function metOfErased(link: ActiveLink, met: readonly Met[]): Promise<readonly Met[]> {
  const found: Met[] = [];
  for (const [end, group] of Map.groupBy(met, (one) => one.end)) {
    const records = group.map(({ outcome }) => ({ id: outcome.id, values: outcome.record.values }));
    const erased = await erasedAmong(link, end, records);
    const agreed = await link.ledger.agreedByRemoteId(end.name, [...erased]);
    found.push(...group.filter(({ outcome: { id } }) => erased.has(id) && !agreed.has(id)));
  }
  return found;
}

/** Who is linked at once; whoever may be meant besides, or another link tells to be another, is left to matching. */
async function linkingSettlements(link: ActiveLink, met: readonly Met[]): Promise<ReadonlyMap<Met, Settlement>> {
  const settlements = new Map<Met, Settlement>();
  for (const [end, group] of Map.groupBy(met, (one) => one.end)) {
    const ids = group.map(({ outcome }) => outcome.id);
    const agreed = await link.ledger.agreedByRemoteId(end.name, ids);
    const staged = await link.ledger.stagedByRemoteId(end.name, ids);
    const source = otherEnd(link, end.name);
    const pairs = group.map((one) => ({ one, remoteId: one.outcome.id, partner: one.item.sides[source.name]!.remoteId }));
    const apart = await toldApart(link.ledger, [end, source], pairs);
    for (const pair of pairs) {
      const { one, remoteId: id } = pair;
      const waiting = staged.get(id);
      // What is still to be decided in this cycle may find another partner.
      const isFree = waiting === undefined || waiting.status === 'held';
      const isNew = Object.keys(one.item.subject.agreed).length === 0 && ids.filter((other) => other === id).length === 1;
      if (agreed.has(id) || apart.has(pair) || !isFree || !isNew) continue;
      const read = waiting === undefined ? [] : [{ end: end.name, remoteId: id, recordHash: waiting.recordHash }];
      settlements.set(one, { ...linkedBy(link, one), settled: read });
    }
  }
  return settlements;
}

/** What was written, in the history of whose record it is. Whose record nobody knows to be whose has no history. */
async function journalOf(
  link: ActiveLink,
  met: readonly Met[],
  linking: ReadonlyMap<Met, Settlement>,
): Promise<readonly JournalEntry[]> {
  const journal: JournalEntry[] = [];
  for (const [end, group] of Map.groupBy(met, (one) => one.end)) {
    const agreed = await link.ledger.agreedByRemoteId(
      end.name,
      group.map(({ outcome }) => outcome.id),
    );
    for (const one of group) {
      const row = agreed.get(one.outcome.id);
      const person = row?.person ?? linking.get(one)?.person;
      if (person !== undefined) journal.push(overwrittenEntry(link, end, { ...one.landed.entry, person }, row));
    }
  }
  return journal;
}

/** Both linked, agreed in the fields that were written, and still to be decided on in all others. */
function linkedBy(link: ActiveLink, { end, item, landed }: Met): Omit<Settlement, 'settled'> {
  const source = otherEnd(link, end.name);
  const consents = new Set(link.mapping.consent.map((consent) => consentField(consent).id));
  const tags = new Set(
    Object.values(item.decision.reasons[end.name]!).flatMap(({ fieldId }) =>
      consents.has(fieldId) ? [] : [link.fingerprints.tag(fieldId)],
    ),
  );
  const sides = { [source.name]: item.sides[source.name]!, [end.name]: landed.side };
  return {
    person: item.person,
    subject: quarantineSubject(item.subject),
    agreed: [end, source].map((at) => {
      const { remoteId, values } = sides[at.name]!;
      const now = link.fingerprints.of(at.name, values);
      return {
        end: at.name,
        integration: at.integration,
        object: at.object,
        remoteId,
        state: 'linked',
        matchKeys: now.matchKeys,
        recordHash: UNSETTLED,
        fields: new Map([...now.fields].filter(([tag]) => tags.has(tag))),
        elements: new Map([...now.elements].filter(([tag]) => tags.has(tag))),
        // What else the met record holds has to be read.
        values: at === end || link.retain === 'hashes' ? undefined : values,
        listed: listedBits(at, { values }),
        // Only who entered is created at the other end.
        entered: at !== end,
        version: undefined,
        createdBySyncline: false,
      };
    }),
    parked: undefined,
  };
}
