/**
 * The three-way merge of a set, element by element. Pure.
 *
 * What was added at either end is added at the other, what was removed is removed there; what the two
 * ends agreed to hold differently (one of them dropped it) stays as it is. So no two changes of a set
 * contradict each other, and none is lost.
 */

/** One end of a set: its elements now, and whether an element was part of what was last agreed on. */
export interface SetSide {
  readonly elements: readonly string[];
  readonly agreed: (element: string) => boolean;
}

/** What a set becomes at each end: sorted, without duplicates. */
export function mergeSets(
  left: SetSide,
  right: SetSide,
): { readonly left: readonly string[]; readonly right: readonly string[] } {
  return { left: mergedAt(left, right), right: mergedAt(right, left) };
}

function mergedAt(here: SetSide, there: SetSide): readonly string[] {
  const present = new Set(there.elements);
  const kept = here.elements.filter((element) => present.has(element) || !here.agreed(element) || !there.agreed(element));
  const added = there.elements.filter((element) => !there.agreed(element));
  return [...new Set([...kept, ...added])].toSorted();
}
