/** What differs between the attributes of two versions of an object, down to single nested ones. Pure data, no text. */
import canonicalize from 'canonicalize';
import { diffArrays } from 'diff';
import { joinPath } from './value-text.ts';

export type AttributeDifference =
  | { readonly kind: 'added'; readonly path: string; readonly after: unknown }
  | { readonly kind: 'removed'; readonly path: string; readonly before: unknown }
  | {
      readonly kind: 'changed';
      readonly path: string;
      readonly before: unknown;
      readonly after: unknown;
      /** What an element of a list says besides, so that its number need not be counted. */
      readonly within: Readonly<Record<string, unknown>> | undefined;
    }
  | {
      readonly kind: 'elements';
      readonly path: string;
      readonly elements: readonly { readonly symbol: '+' | '-'; readonly value: unknown }[];
      readonly unchanged: number;
    };

/** More edits than this are shown as a removed and an added list. */
const MOST_EDITS = 2000;

/** Differences at and below `path`. An absent attribute and one that is `null` are the same. */
export function differencesOf(
  before: unknown,
  after: unknown,
  path: string,
  within?: Readonly<Record<string, unknown>>,
): AttributeDifference[] {
  if (identity(before) === identity(after)) return [];
  if (before === null || before === undefined) return [{ kind: 'added', path, after }];
  if (after === null || after === undefined) return [{ kind: 'removed', path, before }];
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) => differencesOf(own(before, name), own(after, name), joinPath(path, name), within));
  }
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path);
  return [{ kind: 'changed', path, before, after, within }];
}

/** The value of an attribute of its own; never one that every object inherits. */
export function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function listDifferences(before: readonly unknown[], after: readonly unknown[], path: string): AttributeDifference[] {
  const parts = diffArrays(before.map(identity), after.map(identity), { maxEditLength: MOST_EDITS });
  if (parts === undefined) return [{ kind: 'changed', path, before, after, within: undefined }];
  if (![...before, ...after].some(isObject)) {
    return [
      {
        kind: 'elements',
        path,
        elements: parts.flatMap((part) =>
          part.added || part.removed
            ? part.value.map((text) => ({
                symbol: part.added ? ('+' as const) : ('-' as const),
                value: JSON.parse(text) as unknown,
              }))
            : [],
        ),
        unchanged: parts.reduce((sum, part) => sum + (part.added || part.removed ? 0 : part.count), 0),
      },
    ];
  }
  const found: AttributeDifference[] = [];
  let [left, right] = [0, 0];
  for (const [index, part] of parts.entries()) {
    if (part.removed) {
      const next = parts[index + 1];
      const removed = before.slice(left, left + part.count);
      const added = next?.added === true ? after.slice(right, right + next.count) : [];
      found.push(...replacedElements(removed, added, left, right, path));
      left += removed.length;
      right += added.length;
    } else if (!part.added) {
      left += part.count;
      right += part.count;
    } else if (parts[index - 1]?.removed !== true) {
      found.push(...replacedElements([], after.slice(right, right + part.count), left, right, path));
      right += part.count;
    }
  }
  return found;
}

/** Pairs each removed element with the added one that most likely is the same in a new version. */
function replacedElements(
  removed: readonly unknown[],
  added: readonly unknown[],
  left: number,
  right: number,
  path: string,
): AttributeDifference[] {
  const unpaired = new Map(added.entries());
  const found: AttributeDifference[] = [];
  for (const [offset, old] of removed.entries()) {
    const pair = [...unpaired].find(([, candidate]) => isVersionOf(old, candidate));
    if (pair === undefined) {
      found.push({ kind: 'removed', path: `${path}[${left + offset}]`, before: old });
      continue;
    }
    unpaired.delete(pair[0]);
    found.push(...differencesOf(old, pair[1], `${path}[${right + pair[0]}]`, shared(old, pair[1])));
  }
  for (const [offset, element] of unpaired) found.push({ kind: 'added', path: `${path}[${right + offset}]`, after: element });
  return found;
}

function isVersionOf(before: unknown, after: unknown): boolean {
  if (!isObject(before) || !isObject(after)) return false;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.keys(shared(before, after)).length * 2 >= names.size;
}

function shared(before: unknown, after: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(before) || !isObject(after)) return {};
  return Object.fromEntries(Object.entries(before).filter(([name, value]) => identity(value) === identity(own(after, name))));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function identity(value: unknown): string {
  return canonicalize(value ?? null)!;
}
