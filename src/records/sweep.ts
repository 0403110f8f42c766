/**
 * The sweep: reads both ends in full, to find deletions where no feed shows them, and records and values that the
 * feed never showed. Dearer than a cycle, and therefore scheduled apart.
 */
import { SynclineError } from '../model/errors.ts';
import type { EndName } from '../mapping/mapping.ts';
import type { CycleOptions } from './cycle.ts';
import { movedAmong, stageMoved, tombstone, type Moved } from './detect.ts';
import { isUnwatched } from './following.ts';
import { createGuardTally, enforceGuards, judge } from './guard.ts';
import type { ActiveLink } from './link.ts';

/**
 * Stages what is not as it was last read, page by page: a command that ends early has lost nothing of what it has read. Also
 * stages a tombstone for each linked record that its end lists no more, now and in an earlier sweep: a
 * listing may miss a record that moved while it was read. Whatever shows a record in between counts.
 *
 * @param options.run names this sweep; both listings have to be complete, and of different runs
 * @throws SynclineError RECORD_EMPTY_END where an end that held linked records lists none, RECORD_GUARD where it lacks too many
 */
export async function sweep(link: ActiveLink, options: Pick<CycleOptions, 'run' | 'allow' | 'command'>): Promise<SweepResult> {
  let waiting = 0;
  const moved: Record<EndName, Map<string, Pick<Moved, 'listed'>>> = {};
  for (const end of link.ends) {
    const existing = new Set<string>();
    moved[end.name] = new Map();
    for await (const { records } of end.client.read(undefined, link.signal)) {
      for (const { id } of records) existing.add(id);
      const news = await movedAmong(link, end, records);
      for (const one of news) if (!one.isOpen) moved[end.name]!.set(one.read.id, { listed: one.listed });
      await stageMoved(link, end, news);
      link.onProgress({ stage: 'sweep', end: end.name, done: existing.size });
    }
    if (end.onDelete === 'ignore') continue;
    const absent = await link.ledger.linkedButNotListed(end.name, existing);
    if (existing.size === 0 && absent.length > 0) {
      throw new SynclineError(
        'RECORD_EMPTY_END',
        `${end.integration} lists no ${end.object} at all, although ${absent.length} are linked.`,
        {
          address: link.address,
          hint: 'Check the account and the permissions of the integration:\n  syncline check',
        },
      );
    }
    await guardMissing(link, end.name, absent, options);
    const alone = (await link.ledger.waiting()).filter((row) => row.end === end.name && row.person === undefined);
    const vanished = alone.map((row) => row.remoteId).filter((id) => !existing.has(id));
    const gone = await link.ledger.confirmAbsences(end.name, [...absent, ...vanished], options.run);
    const known = await link.ledger.agreedByRemoteId(end.name, gone);
    const unknown = gone.filter((id) => !known.has(id));
    if (unknown.length > 0) await link.ledger.unidentify(end, unknown);
    await link.ledger.stage(
      end.name,
      gone.filter((id) => known.has(id)).map((id) => tombstone(end, id, known.get(id)!.person, undefined)),
      // Nobody waits for a partner who is gone, and stands in the way of another with the same key.
      unknown.map((remoteId) => ({ remoteId })),
      undefined,
    );
    waiting += absent.filter((id) => !known.has(id)).length;
  }
  return { absent: waiting, moved };
}

/**
 * @param moved what a sweep found, by end, without those that the changes read since have shown
 * @returns by end, how many of them its feed should have shown: each one is a fault of it, or of how it is read
 */
export function countMissed(link: ActiveLink, moved: SweepResult['moved']): Readonly<Record<EndName, number>> {
  return Object.fromEntries(
    link.ends.map((end) => {
      const left = [...moved[end.name]!.values()];
      // What a feed does not claim to show, it has not missed.
      return [end.name, left.filter(({ listed }) => listed === undefined || !isUnwatched(end)).length];
    }),
  );
}

export interface SweepResult {
  /** How many records are missing for the first time, and wait for a second sweep. */
  readonly absent: number;
  /**
   * Records by end and id that are not as they were last read, and are staged. The sweep comes before the changes are read, so
   * that whatever people did until then is among these.
   */
  readonly moved: Readonly<Record<EndName, Map<string, Pick<Moved, 'listed'>>>>;
}

/** A listing that lacks so much is more often a filter or a permission than people who left. */
async function guardMissing(
  link: ActiveLink,
  end: EndName,
  absent: readonly string[],
  { allow, command }: Pick<CycleOptions, 'allow' | 'command'>,
): Promise<void> {
  const tally = createGuardTally(link.address, await link.ledger.guardPasses());
  for (const id of absent.toSorted()) tally.add('missing', `${end} ${id}`);
  const base = { linked: await link.ledger.countLinked(), running: true };
  const findings = judge(tally.counts(), link.guards, base);
  enforceGuards(link.address, findings, { command: allow, declared: link.allow }, `${command ?? 'sync'} --sweep`);
}
