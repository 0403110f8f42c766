/** Finding a person in the ledger by what people know of them: an id at either end, or the match key. */
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { FieldDescription } from '../model/value.ts';
import { compileMapping } from '../mapping/compile.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/scope.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { createFingerprints, type Fingerprints } from '../records/fingerprint.ts';
import type { FoundPerson, Ledger, LinkLedger } from '../storage/ledger.ts';
import { mappingName, type LinkSource } from './active-links.ts';
import type { StackPlace } from './applied-stack.ts';
import { linkScope } from './link-scopes.ts';
import { mappingPaths } from './mapping-paths.ts';
import { knownLinks } from './sync.ts';
import type { Runtime } from './runtime.ts';
import { openPreviewLedger, openWorkspace } from './workspace.ts';

/** How a person is named on the command line. */
export interface NamedPerson {
  /** An id at either end, or the match key. Personal data. */
  readonly key: string;
  /** Where an id is meant as one of this end. */
  readonly end: string | undefined;
}

/** A link as the ledger knows it, without a call to any vendor. */
export interface LedgerLink {
  readonly source: LinkSource;
  readonly ledger: LinkLedger;
  readonly mapping: CompiledMapping;
  readonly fingerprints: Fingerprints;
}

/**
 * The stored mapping, compiled with what is known of fields without asking the accounts. That is
 * enough for ids, keys and hashes; values are not judged by it.
 */
export function ledgerLink(ledger: Ledger, source: LinkSource, keys = ledger.keysOf(source.address)): LedgerLink {
  const specification = source.mapping as unknown as MappingSpecification;
  const paths = mappingPaths(specification);
  const known = Object.fromEntries(
    Object.entries(specification.between).map(([end, type]) => {
      const [provider, object] = type.split('/') as [string, string];
      const described = paths[end]!.map((path) => PROVIDERS[provider]!.catalog.field(object, path));
      const fields = described.filter((field): field is FieldDescription => field !== undefined && field !== 'account');
      return [end, new Map(fields.map((field) => [field.path, field]))];
    }),
  );
  const { mapping } = compileMapping(mappingName(source), specification, known);
  if (mapping === undefined) {
    throw new SynclineError('RECORD_LINK_INVALID', `The stored mapping of ${source.address} cannot be read by this version.`, {
      address: source.address,
      hint: 'Apply the configuration again:\n  syncline apply',
    });
  }
  const scopes = Object.entries(specification.between).flatMap(([end, type]): [string, Scope][] => {
    const [provider, object] = type.split('/') as [string, string];
    const { scope } = linkScope(source.address, source.link.ends[end]!.enter, end, { provider, object }, known[end]!);
    return scope === undefined ? [] : [[end, scope]];
  });
  const fingerprints = createFingerprints(mapping, keys, Object.fromEntries(scopes));
  return { source, ledger: ledger.link(source.address), mapping, fingerprints };
}

/**
 * @throws SynclineError LEDGER_UNKNOWN_PERSON, LEDGER_AMBIGUOUS_KEY
 */
export async function findPerson(link: LedgerLink, named: NamedPerson): Promise<FoundPerson> {
  const found = await personsOf(link, named);
  const { address } = link.source;
  const [first] = found;
  if (first === undefined) {
    throw new SynclineError('LEDGER_UNKNOWN_PERSON', `${address} knows nobody by this key.`, {
      address,
      hint: 'Give the id of a record at either end, or the present value of the match key.',
    });
  }
  if (new Set(found.map(({ person }) => person)).size > 1) {
    const ends = [...new Set(found.map(({ end }) => end))].filter((end) => end !== undefined);
    throw new SynclineError('LEDGER_AMBIGUOUS_KEY', `Several persons of ${address} go by this key.`, {
      address,
      hint:
        ends.length > 1
          ? `It is the id of different people at ${ends.join(' and ')}. Say whose id it is:\n  --end ${ends[0]!}`
          : 'Give the id of one of their records instead, with --end.',
    });
  }
  return first;
}

export async function personsOf(link: LedgerLink, { key, end }: NamedPerson): Promise<readonly FoundPerson[]> {
  if (end !== undefined && !link.mapping.ends.includes(end)) {
    throw new SynclineError('LEDGER_UNKNOWN_PERSON', `${link.source.address} has no end named "${end}".`, {
      hint: `Its ends are ${link.mapping.ends.join(' and ')}.`,
    });
  }
  // The key is shown as `#ID` where a record has no match key, so it may come back like that.
  const remoteId = key.startsWith('#') ? key.slice(1) : key;
  const matchKeys = end === undefined && !key.startsWith('#') ? link.fingerprints.matchKeys(key) : [];
  return link.ledger.findPersons({ remoteId, end, matchKeys });
}

/** Opens the ledger for reading and hands over one applied link; writes nothing, asks no vendor. */
export async function readingLink<Result>(
  runtime: Runtime,
  stack: StackPlace,
  address: Address,
  read: (link: LedgerLink, ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  const workspace = await openWorkspace(runtime, stack);
  const [source] = knownLinks(workspace.state, [address]);
  const { ledger } = await openPreviewLedger(workspace);
  try {
    return await read(ledgerLink(ledger, source!), ledger);
  } finally {
    await ledger.close();
  }
}
