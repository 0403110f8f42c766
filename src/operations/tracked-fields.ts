/** Which fields of an end count by themselves when they change, and which are only carried along. */
import type { FieldDescription } from '../model/value.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/scope.ts';
import type { LinkSpecification } from './active-links.ts';

/**
 * Paths by end that are not tracked: those that the link leaves out of `track`, or without it those that their vendor
 * computes. Keys, consent and what says who enters always count.
 */
export function untrackedPaths(
  link: Pick<LinkSpecification, 'refresh' | 'track'>,
  mapping: CompiledMapping,
  scopes: Readonly<Record<string, Scope>>,
  known: Readonly<Record<string, ReadonlyMap<string, FieldDescription>>>,
): Readonly<Record<string, ReadonlySet<string>>> {
  if (link.refresh === undefined) return {};
  const { end } = link.refresh;
  const always = new Set([
    ...mapping.match.flatMap((match) => match.read[end] ?? []),
    ...mapping.consent.flatMap((consent) => [consent.path[end], consent.addressPath[end]]),
    ...(scopes[end]?.paths ?? []),
  ]);
  const isTracked = (path: string): boolean => link.track?.includes(path) ?? !isVirtual(known[end]?.get(path));
  const paths = mapping.paths[end]!.filter((path) => !always.has(path) && !isTracked(path));
  return paths.length === 0 ? {} : { [end]: new Set(paths) };
}

/** A value that nobody stores: its vendor makes it of something else. */
function isVirtual(field: FieldDescription | undefined): boolean {
  if (field === undefined || field.parent !== undefined) return false;
  return field.computed !== undefined || (!field.createable && !field.updateable);
}
