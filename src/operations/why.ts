/** Why the records of a person hold what they hold: the agreed values, and the rule and evidence behind each. Writes nothing. */
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { FieldValue } from '../model/value.ts';
import { ACCOUNT_WIDE } from '../mapping/consent-entries.ts';
import type { CompiledConsent, CompiledField } from '../mapping/mapping.ts';
import type { HistoryEntry } from '../storage/journal.ts';
import type { AgreedRow } from '../storage/ledger.ts';
import type { QuarantineEntry } from '../storage/quarantine.ts';
import type { StackPlace } from './applied-stack.ts';
import { findPerson, personsOf, readingLink, type LedgerLink, type NamedPerson } from './known-person.ts';
import { isMeant } from './quarantine.ts';
import type { Runtime } from './runtime.ts';

export interface Explanation {
  readonly link: Address;
  /** As it was asked for. Personal data: masked when printed, like all values. */
  readonly key: string;
  readonly generation: number;
  readonly records: readonly { readonly end: string; readonly remoteId: string; readonly state: AgreedRow['state'] }[];
  /** What keeps the person from being written, as far as anything does. */
  readonly waits: readonly {
    readonly end: string;
    readonly status: string;
    readonly reason: string;
    readonly since: string | undefined;
  }[];
  readonly fields: readonly FieldExplanation[];
}

export interface FieldExplanation {
  readonly field: string;
  /** By end: where it stands, and the value last agreed on; no value where hashes alone are kept. */
  readonly values: Readonly<Record<string, { readonly path: string; readonly value: FieldValue | undefined }>>;
  /** `both`, `to-END`, `create-only` or `off`. */
  readonly flow: string;
  /** Who wins where both ends change it. */
  readonly policy: string;
  /** The newest write of this field; `undefined` where both ends held it when they first agreed. */
  readonly last:
    | (Pick<HistoryEntry, 'at' | 'run' | 'command' | 'end' | 'generation'> & {
        readonly reason: string;
        readonly origin: string | undefined;
      })
    | undefined;
  /** Opt-outs that the suppression list remembers for the addresses: what for, which, since when. */
  readonly suppressions: readonly { readonly purpose: string; readonly state: string; readonly at: string }[];
}

/** @throws SynclineError SYNC_UNKNOWN_ADDRESS, LEDGER_UNKNOWN_PERSON, LEDGER_AMBIGUOUS_KEY, LEDGER_UNKNOWN_FIELD */
export async function why(
  runtime: Runtime,
  stack: StackPlace,
  address: Address,
  named: NamedPerson,
  field: string | undefined,
): Promise<Explanation> {
  return readingLink(runtime, stack, address, async (link) => {
    const asked = { link: address, key: named.key, generation: link.source.generation };
    if ((await personsOf(link, named)).length === 0) {
      const refused = (await link.ledger.quarantined()).filter((entry) => isMeant(entry, named.key, named.end));
      if (refused.length > 0) return { ...asked, records: [], waits: refused.map(quarantineOf), fields: [] };
    }
    const { person } = await findPerson(link, named);
    const agreed = await agreedRows(link, person);
    const history = await link.ledger.history(person);
    const fields = [
      ...link.mapping.fields.map((each) => explainField(link, each, agreed, history)),
      ...(await Promise.all(link.mapping.consent.map((each) => explainConsent(link, each, agreed, history)))),
    ].filter((each) => field === undefined || isNamed(each, field));
    if (fields.length === 0) {
      throw new SynclineError('LEDGER_UNKNOWN_FIELD', `${address} maps no field of this name.`, {
        address,
        hint: `Leave the field out to see all of them:\n  syncline why ${address} KEY`,
      });
    }
    return {
      ...asked,
      records: agreed.map(({ end, remoteId, state }) => ({ end, remoteId, state })),
      waits: await waitsOf(link, person),
      fields,
    };
  });
}

async function agreedRows(link: LedgerLink, person: string): Promise<readonly AgreedRow[]> {
  const records = await link.ledger.recordsOfPersons([person], { remoteId: '', end: undefined, matchKeys: [] });
  const rows = await Promise.all(
    link.mapping.ends.map(async (end) => {
      const ids = new Set(records.filter((record) => record.end === end).map(({ remoteId }) => remoteId));
      return [...(await link.ledger.agreedByRemoteId(end, [...ids])).values()];
    }),
  );
  return rows.flat();
}

async function waitsOf(link: LedgerLink, person: string): Promise<Explanation['waits']> {
  const staged = (await link.ledger.waiting()).filter((row) => row.person === person);
  const quarantined = (await link.ledger.quarantined()).filter((entry) => entry.person === person);
  const parked = (await link.ledger.parked()).filter((conflict) => conflict.person === person);
  return [
    ...staged
      .filter(({ status }) => status === 'held')
      .map(({ end, status, reason }) => ({ end, status, reason: reason ?? status, since: undefined })),
    ...quarantined.map(quarantineOf),
    ...parked.map(({ name, since }) => ({
      end: link.mapping.ends.join(' and '),
      status: 'conflict',
      reason: name,
      since,
    })),
  ];
}

function quarantineOf({ end, code, message, since }: QuarantineEntry): Explanation['waits'][number] {
  return { end, status: 'quarantined', reason: `${code}: ${message}`, since };
}

function explainField(
  link: LedgerLink,
  field: CompiledField,
  agreed: readonly AgreedRow[],
  history: readonly HistoryEntry[],
): FieldExplanation {
  const paths = Object.fromEntries(
    link.mapping.ends.flatMap((end) => {
      const path = field.write[end] ?? field.read[end]![0];
      return path === undefined ? [] : [[end, path]];
    }),
  );
  const { prefer } = link.source.link.conflicts;
  const [target] = field.targets;
  const oneWay = field.targets.length === 1;
  return {
    field: field.name,
    values: valuesAt(paths, agreed),
    flow: field.createOnly ? 'create-only' : target === undefined ? 'off' : oneWay ? `to-${target}` : 'both',
    policy: oneWay ? 'its source rules' : field.owner === undefined ? `prefer ${String(prefer)}` : `owned by ${field.owner}`,
    last: lastWrite(field.write, history),
    suppressions: [],
  };
}

async function explainConsent(
  link: LedgerLink,
  consent: CompiledConsent,
  agreed: readonly AgreedRow[],
  history: readonly HistoryEntry[],
): Promise<FieldExplanation> {
  const addresses = agreed.flatMap(({ end, values }) =>
    values === undefined ? [] : (link.fingerprints.address(consent, end, values) ?? []),
  );
  const suppressions: FieldExplanation['suppressions'][number][] = [];
  for (const purpose of new Set([consent.purpose, ACCOUNT_WIDE])) {
    const found = await link.ledger.suppressed(addresses, consent.channel, purpose);
    for (const { state, at } of found.values()) suppressions.push({ purpose, state, at });
  }
  return {
    field: `consent ${consent.purpose}`,
    values: valuesAt(consent.path, agreed),
    flow: consent.targets.length === 1 ? `to-${consent.targets[0]!}` : 'both',
    policy: `an opt-out wins; only ${consent.authority} opts in again`,
    last: lastWrite(consent.path, history),
    suppressions,
  };
}

function valuesAt(paths: Readonly<Record<string, string>>, agreed: readonly AgreedRow[]): FieldExplanation['values'] {
  return Object.fromEntries(
    Object.entries(paths).map(([end, path]) => {
      const values = agreed.find((row) => row.end === end)?.values;
      return [end, { path, value: values === undefined ? undefined : (values[path] ?? null) }];
    }),
  );
}

function lastWrite(
  paths: Readonly<Record<string, string | undefined>>,
  history: readonly HistoryEntry[],
): FieldExplanation['last'] {
  for (const { at, run, command, end, generation, fields } of history) {
    const path = paths[end];
    const written = path === undefined ? undefined : fields[path];
    if (written !== undefined) return { at, run, command, end, generation, reason: written.reason, origin: written.origin };
  }
  return undefined;
}

function isNamed({ field, values }: FieldExplanation, name: string): boolean {
  return field === name || Object.values(values).some(({ path }) => path === name);
}
