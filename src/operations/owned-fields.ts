/** Ownership between links: a field that one link owns is left alone by every other link that maps it, but for new records. */
import type { Address } from '../model/address.ts';
import type { Attributes } from '../model/plan.ts';
import { flowTargets, pathAt } from '../config/configuration.ts';

interface OwningLink {
  readonly ends: Readonly<Record<string, { readonly integration: string; readonly object: string }>>;
  readonly owns?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The mapping of a link without the targets that other links own: there a field is given to new records
 * only, which nobody else has written yet.
 *
 * @param links every link by address, the one in question included
 */
export function withoutOwnedElsewhere(
  address: Address,
  links: ReadonlyMap<Address, OwningLink>,
  mapping: Attributes,
): Attributes {
  const owned = new Set(
    [...links]
      .filter(([other]) => other !== address)
      .flatMap(([, link]) =>
        Object.entries(link.owns ?? {}).flatMap(([end, paths]) => paths.map((path) => placeOf(link, end, path))),
      ),
  );
  if (owned.size === 0) return mapping;
  const link = links.get(address)!;
  const ends = Object.keys(link.ends);
  const fields = (mapping['fields'] as readonly { readonly flow: string; readonly owner?: string }[]).map((field) => {
    const targets = flowTargets(field.flow, ends);
    const kept = targets.filter((end) => !owned.has(placeOf(link, end, pathAt(field, end) ?? '')));
    if (kept.length === targets.length) return field;
    const { owner: _needless, ...rest } = field;
    return { ...rest, createOnly: kept.length === 0 ? true : targets.find((end) => !kept.includes(end))! };
  });
  return { ...mapping, fields };
}

function placeOf(link: OwningLink, end: string, path: string): string {
  const { integration, object } = link.ends[end]!;
  return JSON.stringify([integration, object, path]);
}
