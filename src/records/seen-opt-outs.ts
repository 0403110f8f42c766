/**
 * Opt-outs that a read shows. They are remembered before anything is decided on them, and whoever is linked
 * under their address is decided on anew: an opt-out is that of an address, also where the record that gives
 * it is ambiguous, lost its partner or belongs to somebody else.
 */
import type { CompiledConsent } from '../mapping/mapping.ts';
import type { AgreedRow, StagedRow } from '../storage/ledger.ts';
import type { PersonId } from '../storage/person.ts';
import type { SuppressionEntry } from '../storage/suppression.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import { movedOptOuts, optOutsOf, optOutsSince, wasOptedOut } from './suppression.ts';

const NOBODY: ReadonlyMap<string, PersonId> = new Map();

/**
 * @param rows records of one end as they were read, which are not as they were agreed on
 * @param agreed what is known of them
 * @returns other records of the end whose persons have to be decided on, whatever they hold. They are found by their
 *   match keys: of an address that is none of them nobody else is known
 */
export async function rememberOptOuts(
  link: ActiveLink,
  end: LinkEnd,
  rows: readonly StagedRow[],
  agreed: ReadonlyMap<string, AgreedRow>,
): Promise<ReadonlyMap<string, PersonId>> {
  if (link.mapping.consent.length === 0 || rows.length === 0) return NOBODY;
  const earlier = await link.ledger.stagedByRemoteId(end.name, waitingPerhaps(link, rows, agreed));
  const shown: { readonly row: StagedRow; readonly entries: readonly SuppressionEntry[] }[] = [];
  for (const row of rows) {
    const [before, known] = [earlier.get(row.remoteId), agreed.get(row.remoteId)];
    // Who still waits has been remembered already: what was lifted since is not put back for it.
    if (known === undefined && before?.recordHash.equals(row.recordHash) === true) continue;
    const entries = [
      ...optOutsOf(link, row, known),
      ...(await optOutsSince(link, row, known, before)),
      ...(known === undefined ? await movedOptOuts(link, row, before) : []),
    ];
    if (entries.length > 0) shown.push({ row, entries });
  }
  if (shown.length === 0) return NOBODY;
  await link.ledger.suppress(shown.flatMap(({ entries }) => entries));
  // Whoever takes it back before it is decided on holds what was agreed on, and would count as unchanged.
  await link.ledger.unsettle(
    end.name,
    shown.flatMap(({ row }) => (agreed.has(row.remoteId) ? [row.remoteId] : [])),
  );
  return reopenOthers(
    link,
    end,
    shown.flatMap(({ row }) => [row, ...(agreed.has(row.remoteId) ? [agreed.get(row.remoteId)!] : [])]),
    new Set(rows.map(({ remoteId }) => remoteId)),
  );
}

/** Records of which it matters what an earlier read staged: those that nobody is linked with, and those that are opted out. */
function waitingPerhaps(link: ActiveLink, rows: readonly StagedRow[], agreed: ReadonlyMap<string, AgreedRow>): readonly string[] {
  const concerned = rows.filter((row) => !agreed.has(row.remoteId) || optOutsOf(link, row, agreed.get(row.remoteId)).length > 0);
  return concerned.map(({ remoteId }) => remoteId);
}

/** Unsettles the records of others who are linked under the address of one of these, and are not opted out everywhere. */
async function reopenOthers(
  link: ActiveLink,
  end: LinkEnd,
  optedOut: readonly Pick<AgreedRow, 'matchKeys'>[],
  except: ReadonlySet<string>,
): Promise<ReadonlyMap<string, PersonId>> {
  const ranks = link.mapping.match.flatMap(({ read }, rank) =>
    link.mapping.consent.some(({ addressPath }) => read[end.name]!.length === 1 && read[end.name]![0] === addressPath[end.name])
      ? [rank]
      : [],
  );
  const keys = optedOut.flatMap(({ matchKeys }) => ranks.flatMap((rank) => matchKeys[rank] ?? []));
  const persons = await link.ledger.agreedByPerson(await link.ledger.linkedUnder(keys));
  const others = [...persons].flatMap(([person, known]): [string, PersonId][] => {
    const row = known[end.name];
    if (row === undefined || except.has(row.remoteId)) return [];
    return link.mapping.consent.every((consent) => isOutEverywhere(link, consent, known)) ? [] : [[row.remoteId, person]];
  });
  if (others.length === 0) return NOBODY;
  await link.ledger.unsettle(
    end.name,
    others.map(([remoteId]) => remoteId),
  );
  return new Map(others);
}

function isOutEverywhere(link: ActiveLink, consent: CompiledConsent, known: Readonly<Record<string, AgreedRow>>): boolean {
  return consent.targets.every(
    (name) => consent.path[name] === undefined || wasOptedOut(link, consent, name, known[name]) === true,
  );
}
