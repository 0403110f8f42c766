/**
 * When two values say the same, by the meaning of their type. Blank is `null`, the empty string and
 * the empty set alike; a boolean that was never set is `false`, since vendors store either.
 */
import type { FieldType, FieldValue, FieldValues } from '../model/value.ts';

/** The value at a path; a path that was not read is `undefined`. */
export function valueAt(values: FieldValues, path: string): FieldValue | undefined {
  return Object.hasOwn(values, path) ? values[path] : undefined;
}

export function isBlank(value: FieldValue | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Sorted by code unit, without duplicates: the one form in which a set is compared and stored. */
export function sortedSet(elements: readonly string[]): readonly string[] {
  return [...new Set(elements)].toSorted();
}

/** Symmetric and reflexive for every value. Values of different kinds are never equal, except blanks. */
export function sameValue(left: FieldValue | undefined, right: FieldValue | undefined, type: FieldType | undefined): boolean {
  if (left === right) return true;
  if (isBlank(left) && isBlank(right)) return true;
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    return (isBlank(left) ? false : left) === (isBlank(right) ? false : right);
  }
  if (typeof left === 'number' && typeof right === 'number') return Number.isNaN(left) && Number.isNaN(right);
  if (Array.isArray(left) && Array.isArray(right)) return sameElements(left, right);
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  if (type === 'email') return left.toLowerCase() === right.toLowerCase();
  if (type === 'datetime') return Date.parse(left) === Date.parse(right);
  return false;
}

function sameElements(left: readonly string[], right: readonly string[]): boolean {
  const [first, second] = [new Set(left), new Set(right)];
  return first.size === second.size && [...first].every((element) => second.has(element));
}
