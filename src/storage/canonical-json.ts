import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

/**
 * What JSON makes of a value, with keys sorted at every level: `undefined` is gone, `toJSON` was
 * asked (so a Secret is its mask), and text is well-formed Unicode.
 */
export function normalizeJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? null : sortKeys(JSON.parse(text));
}

/** The canonical JSON of RFC 8785, which any other tool can make and compare. */
export function canonicalJson(value: unknown): string {
  return printCanonical(normalizeJson(value));
}

/** SHA-256 over the canonical JSON, as 64 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return digestOfNormal(normalizeJson(value));
}

/** `digestOf` for what `normalizeJson` returned. */
export function digestOfNormal(normal: unknown): string {
  return createHash('sha256').update(printCanonical(normal)).digest('hex');
}

function printCanonical(normal: unknown): string {
  // JSON.stringify makes the same text several times faster, except for keys such as "10", which
  // every JavaScript object lists first and by their number.
  return hasIndexKey(normal) ? canonicalize(normal)! : JSON.stringify(normal);
}

const INDEX_KEY = /^(?:0|[1-9][0-9]{0,9})$/;

function hasIndexKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  if (Array.isArray(value)) {
    return value.some(hasIndexKey);
  }
  // Index keys come first, so that one look tells whether there are any.
  const [first] = Object.keys(value);
  return first !== undefined && (INDEX_KEY.test(first) || Object.values(value).some(hasIndexKey));
}

function sortKeys(value: unknown): unknown {
  if (typeof value === 'string') {
    // Half a surrogate pair from a remote system has no canonical form, nor any in UTF-8.
    return value.toWellFormed();
  }
  if (Array.isArray(value)) {
    return value.map(sortKeys);
  }
  if (typeof value === 'object' && value !== null) {
    // fromEntries defines properties, where assignment would run the setter of `__proto__`.
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, entry]): [string, unknown] => [key.toWellFormed(), sortKeys(entry)])
        .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
    );
  }
  return value;
}
