import { distance } from 'fastest-levenshtein';

/** The candidate that was probably meant, or `undefined` where none is near enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  // Nobody mistypes a word that long, and the distance costs the product of the lengths.
  if (word.length > 100) return undefined;
  const wanted = fold(word);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const steps = isSwapped(wanted, fold(candidate)) ? 1 : distance(wanted, fold(candidate));
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (steps <= allowed && steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}

/** A hint that names the nearest candidate, or all of them where they are few; `undefined` where there is nothing to say. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const list = [...candidates];
  const found = nearest(word, list);
  if (found !== undefined) return `did you mean "${found}"?${lookalike(word, found)}`;
  if (list.length === 0 || list.length > 12) return undefined;
  return list.length === 1
    ? `the only one is "${list[0]}"`
    : `it is one of ${list.map((candidate) => `"${candidate}"`).join(', ')}`;
}

/** Names the character of another alphabet that a person would read as one of the candidate's. */
function lookalike(word: string, candidate: string): string {
  const [foreign] = /[^\p{ASCII}\p{Script=Latin}]/u.exec(word) ?? [];
  return foreign === undefined || candidate.includes(foreign)
    ? ''
    : ` One character is ${codePoint(foreign)}, which only looks like it`;
}

/** How Unicode writes the number of a character: U+00A0. */
export function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Case, dashes and underscores are what people mix up first. */
function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Two letters side by side in the wrong order are one slip, although the distance counts two. */
function isSwapped(word: string, candidate: string): boolean {
  let at = 0;
  while (at < word.length && word[at] === candidate[at]) at += 1;
  if (at === word.length || word.length !== candidate.length) return false;
  return word[at] === candidate[at + 1] && word[at + 1] === candidate[at] && word.slice(at + 2) === candidate.slice(at + 2);
}
