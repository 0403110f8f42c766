/**
 * The sweep: compares complete listings, to find deletions where no feed shows them, and records that the
 * feed never showed. Dearer than a cycle, and therefore scheduled and priced apart.
 */
import { SynclineError } from '../model/errors.ts';
import type { EndName } from '../mapping/mapping.ts';
import type { CycleOptions } from './cycle.ts';
import { stageByIds, tombstone } from './detect.ts';
import { createGuardTally, enforceGuards, judge } from './guard.ts';
import type { ActiveLink } from './link.ts';

/**
 * Stages a tombstone for each linked record that its end lists no more, now and in an earlier sweep: a
 * listing may miss a record that moved while it was read. Whatever shows a record in between counts.
 *
 * @returns how many records are missing for the first time, and wait for a second sweep; what each end listed
 * @param options.run names this sweep; both listings have to be complete, and of different runs
 * @throws SynclineError RECORD_EMPTY_END where an end that held linked records lists none, RECORD_GUARD where it lacks too many
 */
export async function sweep(link: ActiveLink, options: Pick<CycleOptions, 'run' | 'allow' | 'command'>): Promise<SweepResult> {
  let waiting = 0;
  const listed: Record<EndName, ReadonlySet<string>> = {};
  for (const end of link.ends) {
    const existing = new Set<string>();
    for await (const ids of end.client.listIds(link.signal)) {
      for (const id of ids) existing.add(id);
      link.onProgress({ stage: 'sweep', end: end.name, done: existing.size });
    }
    listed[end.name] = existing;
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
    await link.ledger.stage(
      end.name,
      gone.filter((id) => known.has(id)).map((id) => tombstone(end, id, known.get(id)!.person, undefined)),
      // Nobody waits for a partner who is gone, and stands in the way of another with the same key.
      gone.filter((id) => !known.has(id)).map((remoteId) => ({ remoteId })),
      undefined,
    );
    waiting += absent.filter((id) => !known.has(id)).length;
  }
  return { absent: waiting, listed };
}

/**
 * Stages the records that the listings of a sweep showed and that no read of changes ever did.
 *
 * @param listed by end; taken before the changes were read, so that whoever is new since is among these
 * @returns by end, how many there were: each one is a fault of a feed, or of how it is read
 */
export async function stageMissed(
  link: ActiveLink,
  listed: Readonly<Record<EndName, ReadonlySet<string>>>,
): Promise<Readonly<Record<EndName, number>>> {
  const missed: Record<EndName, number> = {};
  for (const end of link.ends) {
    const unknown = await link.ledger.listedButNotKnown(end.name, listed[end.name]!);
    missed[end.name] = unknown.length === 0 ? 0 : await stageByIds(link, end, unknown);
  }
  return missed;
}

export interface SweepResult {
  readonly absent: number;
  /** The ids of all records of an end. */
  readonly listed: Readonly<Record<EndName, ReadonlySet<string>>>;
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
