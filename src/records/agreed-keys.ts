/** The match keys of a record as they were last agreed on. */
import type { MatchKeys } from '../storage/person.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/**
 * A key whose field is still open stays as it was agreed on before: until a change of address has come through at both
 * ends, it counts as one. Where the record stands by now, its staged row tells.
 *
 * @param isOpen whether a field, by its tag, is still to be settled
 */
export function agreedKeys(
  link: ActiveLink,
  end: LinkEnd,
  now: MatchKeys,
  before: MatchKeys | undefined,
  isOpen: (tag: string) => boolean,
): MatchKeys {
  if (before === undefined) return now;
  return link.mapping.match.map(({ read }, rank) => {
    const paths = read[end.name]!;
    const carried = link.mapping.fields.filter(
      ({ read: own }) => own[end.name]!.length === 1 && paths.includes(own[end.name]![0]!),
    );
    return carried.some(({ id }) => isOpen(link.fingerprints.tag(id))) ? before[rank] : now[rank];
  });
}
