/** Every change that Syncline made to the records of one person, as the journal has it. Writes nothing. */
import type { Address } from '../model/address.ts';
import type { HistoryEntry } from '../storage/journal.ts';
import type { StackPlace } from './applied-stack.ts';
import { findPerson, readingLink, type NamedPerson } from './known-person.ts';
import type { Runtime } from './runtime.ts';

export interface PersonHistory {
  readonly link: Address;
  /** As it was asked for. Personal data: masked when printed. */
  readonly key: string;
  /** The newest first. */
  readonly entries: readonly HistoryEntry[];
}

/** @throws SynclineError SYNC_UNKNOWN_ADDRESS, LEDGER_UNKNOWN_PERSON, LEDGER_AMBIGUOUS_KEY */
export async function history(runtime: Runtime, stack: StackPlace, address: Address, named: NamedPerson): Promise<PersonHistory> {
  return readingLink(runtime, stack, address, async (link) => {
    const { person } = await findPerson(link, named);
    return { link: address, key: named.key, entries: await link.ledger.history(person) };
  });
}
