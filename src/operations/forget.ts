/**
 * Forgetting a person: everything that the ledger holds of them goes, but for keyed hashes of their
 * addresses and records on the suppression list, by which no cycle links, creates or subscribes them
 * again. What the vendors hold is not touched.
 */
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import { normalizeKey } from '../mapping/match-key.ts';
import type { FieldValues } from '../model/value.ts';
import { addressNames, erasureEntry, recordName } from '../records/erasure.ts';
import type { KeyRing } from '../storage/keys.ts';
import type { FoundPerson, Ledger, PersonRecord } from '../storage/ledger.ts';
import type { StackPlace } from './applied-stack.ts';
import { ledgerLink, personsOf, type LedgerLink, type NamedPerson } from './known-person.ts';
import { matchEnds } from './match-decision.ts';
import type { Runtime } from './runtime.ts';
import { createStateWriter } from './state-writer.ts';
import { appliedFlows } from './sync.ts';
import { lockWorkspace, openLedger, openWorkspace } from './workspace.ts';

export interface ForgetPlan {
  /** As it was asked for. Personal data: masked when printed. */
  readonly key: string;
  /** Records that are known to the ledger. They stay where they are. */
  readonly records: readonly { readonly link: Address; readonly end: string; readonly remoteId: string }[];
  readonly journalEntries: number;
  /** What campaign imports keep of them: how many rows. */
  readonly imported: number;
  /** Addresses that go onto the suppression list: how many. */
  readonly addresses: number;
}

export interface ForgetOptions extends NamedPerson {
  readonly approve: (plan: ForgetPlan) => Promise<boolean>;
}

export interface ForgetResult {
  readonly plan: ForgetPlan;
  readonly outcome: 'forgotten' | 'declined';
}

/** @throws SynclineError LEDGER_UNKNOWN_PERSON, LEDGER_AMBIGUOUS_KEY */
export async function forget(runtime: Runtime, stack: StackPlace, options: ForgetOptions): Promise<ForgetResult> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, 'forget');
  try {
    const workspace = await openWorkspace(runtime, stack);
    const { ledger, keys } = await openLedger(workspace, lock);
    try {
      const links = appliedFlows(workspace.state, []).links.map((source) => ledgerLink(ledger, source));
      const person = await gather(links, ledger, keys, options);
      if (!(await options.approve(person.plan))) return { plan: person.plan, outcome: 'declined' };
      const at = toInstant(runtime.clock.now());
      await createStateWriter(runtime, workspace, lock).audit('forget', null, {
        records: person.plan.records.length,
        journal_entries: person.plan.journalEntries,
        imported: person.plan.imported,
        addresses: person.plan.addresses,
      });
      for (const link of links) await dropDecisions(link, person.plan);
      await ledger.erase({
        persons: person.persons,
        records: person.plan.records,
        suppressions: person.names.map((name) => erasureEntry(name, at)),
      });
      return { plan: person.plan, outcome: 'forgotten' };
    } finally {
      await ledger.close();
    }
  } finally {
    await lock.release();
  }
}

/** Lets go of who was decided to be whose partner, and was not linked yet. */
async function dropDecisions(link: LedgerLink, { records }: ForgetPlan): Promise<void> {
  for (const end of matchEnds(link)) {
    const ofEnd = records.filter((record) => record.link === link.source.address && record.end === end.name);
    await link.ledger.unidentify(
      end,
      ofEnd.map(({ remoteId }) => remoteId),
    );
  }
}

interface Gathered {
  readonly persons: readonly string[];
  readonly names: readonly Buffer[];
  readonly plan: ForgetPlan;
}

async function gather(links: readonly LedgerLink[], ledger: Ledger, keys: KeyRing, named: NamedPerson): Promise<Gathered> {
  const concerned = links.filter(({ mapping }) => named.end === undefined || mapping.ends.includes(named.end));
  const found = await Promise.all(concerned.map(async (link) => ({ link, persons: await personsOf(link, named) })));
  refuseAmbiguous(found, named);
  const persons = [...new Set(found.flatMap((each) => each.persons.map(({ person }) => person)))];
  const names = new Map<string, Buffer>();
  const addresses = new Set<string>();
  const records: ForgetPlan['records'][number][] = [];
  let journalEntries = 0;
  const addAddresses = (link: LedgerLink, end: string, values: FieldValues): void => {
    for (const name of addressNames(link.mapping, keys, end, values)) {
      names.set(name.toString('hex'), name);
      addresses.add(name.toString('hex'));
    }
  };
  for (const link of links) {
    const known = await recordsOf(link, persons, named, concerned.includes(link));
    for (const { end, remoteId, values } of known) {
      const name = recordName(keys, link.source.link.ends[end]!, remoteId);
      names.set(name.toString('hex'), name);
      if (values !== undefined) addAddresses(link, end, values);
      if (!records.some((record) => record.link === link.source.address && record.end === end && record.remoteId === remoteId))
        records.push({ link: link.source.address, end, remoteId });
    }
    for (const person of persons) {
      for (const entry of await link.ledger.history(person)) {
        journalEntries += 1;
        // Former addresses are theirs as well.
        for (const values of [entry.before, entry.after]) if (values !== undefined) addAddresses(link, entry.end, values);
      }
    }
    // A link that keeps hashes only has no address to tell: then it is the one that was asked for.
    if (known.length > 0 && isMatchKey(named))
      for (const end of link.mapping.ends)
        for (const { read } of link.mapping.match)
          if (read[end]!.length === 1) addAddresses(link, end, { [read[end]![0]!]: named.key });
  }
  // Campaign imports know people whom no link does.
  const email = isMatchKey(named) && named.key.includes('@') ? normalizeKey(named.key, 'email') : undefined;
  const asked = email === undefined ? [] : [keys.keyHash('suppression', email)];
  const imported = await ledger.importedRows([...names.values(), ...asked]);
  if (imported > 0) {
    for (const name of asked) {
      names.set(name.toString('hex'), name);
      addresses.add(name.toString('hex'));
    }
  }
  if (persons.length === 0 && records.length === 0 && imported === 0) {
    throw new SynclineError('LEDGER_UNKNOWN_PERSON', 'No link and no campaign import knows anybody by this key.', {
      hint: 'Give the id of a record at either end, or the present value of the match key.',
    });
  }
  return {
    persons,
    names: [...names.values()],
    plan: { key: named.key, records, journalEntries, imported, addresses: addresses.size },
  };
}

async function recordsOf(
  link: LedgerLink,
  persons: readonly string[],
  { key, end }: NamedPerson,
  concerned: boolean,
): Promise<readonly PersonRecord[]> {
  const nobody = { remoteId: '', end: undefined, matchKeys: [] };
  const remoteId = key.startsWith('#') ? key.slice(1) : key;
  const matchKeys = isMatchKey({ key, end }) ? link.fingerprints.matchKeys(key) : [];
  return link.ledger.recordsOfPersons(persons, concerned ? { remoteId, end, matchKeys } : nobody);
}

function isMatchKey({ key, end }: NamedPerson): boolean {
  return end === undefined && !key.startsWith('#');
}

/** One id may be that of different people at two vendors; an address is one person's everywhere. */
function refuseAmbiguous(
  found: readonly { readonly link: LedgerLink; readonly persons: readonly FoundPerson[] }[],
  named: NamedPerson,
): void {
  const places = new Map<string, { readonly end: string; readonly persons: Set<string> }>();
  for (const { link, persons } of found) {
    for (const { person, end } of persons) {
      if (end === undefined) continue;
      const { integration, object } = link.source.link.ends[end]!;
      const place = places.get(`${integration}/${object}`) ?? { end, persons: new Set<string>() };
      place.persons.add(person);
      places.set(`${integration}/${object}`, place);
    }
  }
  const different = new Set([...places.values()].flatMap((place) => [...place.persons]));
  if (places.size < 2 || different.size < 2) return;
  const ends = [...new Set([...places.values()].map(({ end }) => end))];
  throw new SynclineError('LEDGER_AMBIGUOUS_KEY', 'Several persons go by this key.', {
    hint:
      named.end === undefined && ends.length > 1
        ? `It is the id of different people at ${ends.join(' and ')}. Say whose id it is:\n  --end ${ends[0]!}`
        : 'Give the match key of the person instead.',
  });
}
