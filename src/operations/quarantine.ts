/** What a person does with quarantined records: tries them again at once, or gives them up until somebody edits them. */
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { appliedFlows } from './sync.ts';
import { underLock } from './under-lock.ts';

export interface ReleasedRecords {
  /** How many records, by link; links without any are left out. */
  readonly links: readonly { readonly link: Address; readonly records: number }[];
}

/**
 * Makes quarantined records due for the next cycle.
 * @param key a match key or an id at one of the ends; all of them without it
 * @throws SynclineError QUARANTINE_UNKNOWN_KEY, SYNC_UNKNOWN_ADDRESS
 */
export function retryQuarantine(
  runtime: Runtime,
  stack: StackPlace,
  address: Address | undefined,
  key: string | undefined,
): Promise<ReleasedRecords> {
  return release(runtime, stack, 'quarantine retry', address, key);
}

/**
 * Gives up what waits under a key: it is not tried again until one of its ends is edited.
 * @throws SynclineError QUARANTINE_UNKNOWN_KEY, SYNC_UNKNOWN_ADDRESS
 */
export function dropQuarantine(runtime: Runtime, stack: StackPlace, address: Address, key: string): Promise<ReleasedRecords> {
  return release(runtime, stack, 'quarantine drop', address, key);
}

function release(
  runtime: Runtime,
  stack: StackPlace,
  operation: 'quarantine retry' | 'quarantine drop',
  address: Address | undefined,
  key: string | undefined,
): Promise<ReleasedRecords> {
  return underLock(runtime, stack, operation, async ({ workspace, ledger, writer }) => {
    const links: { link: Address; records: number }[] = [];
    const flows = appliedFlows(workspace.state, address === undefined ? [] : [address]);
    for (const source of [...flows.links, ...flows.imports]) {
      const link = ledger.link(source.address);
      const entries = (await link.quarantined()).filter((entry) => key === undefined || isMeant(entry, key));
      if (entries.length === 0) continue;
      const records = new Set(entries.map((entry) => entry.subject)).size;
      await writer.audit(operation === 'quarantine retry' ? 'quarantine_retried' : 'quarantine_dropped', null, {
        link: source.address,
        records,
      });
      if (operation === 'quarantine retry') await link.retryQuarantined(entries, toInstant(runtime.clock.now()));
      else await link.dropQuarantined(entries);
      links.push({ link: source.address, records });
    }
    if (links.length === 0 && key !== undefined) throw unknownKey(address);
    return { links };
  });
}

/** @param end where an id is meant as one of this end */
export function isMeant(entry: QuarantineEntry, key: string, end?: string): boolean {
  const wanted = key.trim().toLowerCase();
  const id = wanted.replace(/^#/, '');
  const [kind, from, ...read] = entry.subject.split(':');
  return (
    (end === undefined && entry.key.trim().toLowerCase() === wanted) ||
    (entry.remoteId?.toLowerCase() === id && (end ?? entry.end) === entry.end) ||
    (kind === 'record' && read.join(':').toLowerCase() === id && (end ?? from) === from)
  );
}

/** The key itself is not repeated: it may be somebody's address. */
function unknownKey(address: Address | undefined): SynclineError {
  return new SynclineError(
    'QUARANTINE_UNKNOWN_KEY',
    `${address ?? 'No link'} ${address === undefined ? 'holds a record' : 'holds no record'} under this key in quarantine.`,
    { hint: 'List what is there, with the keys in full:\n  syncline quarantine list --show-values' },
  );
}
