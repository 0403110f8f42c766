import { parseAddress } from '../model/address.ts';
import type { DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { didYouMean } from './suggestion.ts';

/** Rules of what moves, goes and is imported: that it leads somewhere, and that no two documents say different things. */
export function checkLifecycle(configuration: DraftConfiguration, findings: Findings): void {
  const declared = declaredAddresses(configuration);
  const moves = [...configuration.moved.values()];
  const removals = [...configuration.removed.values()];
  const gone = new Set([...moves.map(({ spec }) => spec.from), ...removals.map(({ spec }) => spec.address)]);
  refuseTwice([...moves.map(at('from')), ...removals.map(at('address'))], findings);
  refuseTwice([...moves.map(at('to')), ...[...configuration.imports.values()].map(at('to'))], findings);
  for (const move of moves) {
    refuseDeclared(move, 'from', declared, findings);
    if (!isSameKind(move)) {
      const detail = `${move.spec.from} cannot become ${move.spec.to}: that is something of another kind.`;
      findings.atValue(move, ['spec', 'to'], 'CONFIG_LIFECYCLE_CONFLICT', detail);
    } else if (isCircular(move, moves)) {
      const detail = `${move.spec.to} moves back to ${move.spec.from}.`;
      findings.atValue(move, ['spec', 'to'], 'CONFIG_CIRCULAR_DEPENDENCY', detail, 'remove one of the moves');
    } else if (!gone.has(move.spec.to)) refuseUnknown(move, declared, configuration, findings);
  }
  for (const removal of removals) refuseDeclared(removal, 'address', declared, findings);
  for (const document of configuration.imports.values()) {
    refuseUnknown(document, declared, configuration, findings);
    const resource = configuration.resources.get(document.spec.to?.split('/')[1] ?? '');
    if (resource?.spec.mode !== 'expected') continue;
    const detail = `${resource.address} is only expected: Syncline looks for it by its name, and manages nothing.`;
    findings.atValue(document, ['spec', 'to'], 'CONFIG_LIFECYCLE_CONFLICT', detail, 'take the import out, or "mode: expected"');
  }
}

type Moved = DraftDeclaration<'Moved'>;
type Lifecycle = Moved | DraftDeclaration<'Removed'> | DraftDeclaration<'Import'>;

interface Place {
  readonly document: Lifecycle;
  readonly setting: string;
  readonly address: string | undefined;
}

function at(setting: 'from' | 'to' | 'address') {
  return (document: Lifecycle): Place => ({
    document,
    setting,
    address: (document.spec as Readonly<Record<string, string | undefined>>)[setting],
  });
}

function declaredAddresses(configuration: DraftConfiguration): ReadonlySet<string> {
  const { resources, mappings, links, addressBookLinks, campaignImports } = configuration;
  const documents = [resources, mappings, links, addressBookLinks, campaignImports].flatMap(
    (kind: ReadonlyMap<string, DraftDeclaration>) => [...kind.values()],
  );
  return new Set(documents.map(({ address }) => address));
}

function refuseTwice(places: readonly Place[], findings: Findings): void {
  const first = new Map<string, Lifecycle>();
  for (const { document, setting, address } of places) {
    if (address === undefined) continue;
    const other = first.get(address);
    if (other === undefined) first.set(address, document);
    else {
      const detail = `${other.address} says already what becomes of ${address}.`;
      findings.atValue(document, ['spec', setting], 'CONFIG_LIFECYCLE_CONFLICT', detail, 'keep one of the two documents');
    }
  }
}

function refuseDeclared(
  document: Lifecycle,
  setting: 'from' | 'address',
  declared: ReadonlySet<string>,
  findings: Findings,
): void {
  const { address } = at(setting)(document);
  if (address === undefined || !declared.has(address)) return;
  const detail = `${address} is still in the configuration.`;
  findings.atValue(document, ['spec', setting], 'CONFIG_STILL_DECLARED', detail, 'take its document out, or this one');
}

function refuseUnknown(
  document: Moved | DraftDeclaration<'Import'>,
  declared: ReadonlySet<string>,
  configuration: DraftConfiguration,
  findings: Findings,
): void {
  const { to } = document.spec;
  if (to === undefined || declared.has(to) || configuration.incomplete) return;
  const kind = to.split('/')[0];
  const hint = didYouMean(
    to,
    [...declared].filter((address) => address.startsWith(`${kind}/`)),
  );
  findings.atValue(document, ['spec', 'to'], 'CONFIG_UNKNOWN_REFERENCE', `There is no ${to}.`, hint);
}

function isSameKind({ spec: { from, to } }: Moved): boolean {
  return from === undefined || to === undefined || parseAddress(from)?.kind === parseAddress(to)?.kind;
}

/** Whether following the moves from here leads back; each is followed once at most. */
function isCircular(start: Moved, moves: readonly Moved[]): boolean {
  const next = new Map(moves.map(({ spec }) => [spec.from, spec.to]));
  const seen = new Set<string>();
  for (let address = start.spec.to; address !== undefined && !seen.has(address); address = next.get(address)) {
    if (address === start.spec.from) return true;
    seen.add(address);
  }
  return false;
}
