/**
 * The sweep: compares complete listings, to find deletions where no feed shows them. Dearer than a
 * cycle, and therefore scheduled and priced apart.
 */
import { SynclineError } from '../model/errors.ts';
import { tombstone } from './detect.ts';
import type { ActiveLink } from './link.ts';

/**
 * Stages a tombstone for each linked record that its end lists no more, now and in an earlier sweep: a
 * listing may miss a record that moved while it was read. Whatever shows a record in between counts.
 *
 * @param run names this sweep; both listings have to be complete, and of different runs
 * @throws SynclineError RECORD_EMPTY_END where an end that held linked records lists none
 */
export async function sweep(link: ActiveLink, run: string): Promise<number> {
  let missing = 0;
  for (const end of link.ends) {
    if (end.onDelete === 'ignore') continue;
    const existing = new Set<string>();
    for await (const ids of end.client.listIds(link.signal)) {
      for (const id of ids) existing.add(id);
      link.onProgress({ stage: 'sweep', end: end.name, done: existing.size });
    }
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
    const gone = await link.ledger.confirmAbsences(end.name, absent, run);
    const known = await link.ledger.agreedByRemoteId(end.name, gone);
    await link.ledger.stage(
      end.name,
      gone.map((id) => tombstone(end, id, known.get(id)?.person, undefined)),
      [],
      undefined,
    );
    missing += gone.length;
  }
  return missing;
}
