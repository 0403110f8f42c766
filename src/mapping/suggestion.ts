import { distance } from 'fastest-levenshtein';

/** "did you mean" hint for a misspelt word, or `undefined` where no candidate is near enough to be meant. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of [...candidates].toSorted()) {
    if (candidate === word) continue;
    const changes = distance(wanted, candidate.toLowerCase());
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best === undefined ? undefined : `did you mean "${best}"?`;
}
