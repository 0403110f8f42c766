/** Compares an answer with a recorded one: keys, types and string formats, never the data. */

export interface Tolerance {
  /** Keys that answers have had only since the recording was made. */
  readonly newer?: readonly string[];
  /** Keys that the recording has and answers do not have any more. */
  readonly older?: readonly string[];
  /** Keys that may be null although the recorded account had a value there. */
  readonly nullable?: readonly string[];
}

const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ['time with offset', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/],
  ['time without offset', /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/],
  ['32 hexadecimal digits', /^[0-9a-f]{32}$/],
  ['8 hexadecimal digits', /^(?=.*[a-f])[0-9a-f]{8}$/],
  ['number as text', /^-?\d+$/],
  ['uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
];

/** Texts of errors are compared word for word, but for numbers and quoted names. */
const WORDED = new Set(['message', 'title', 'detail', 'code', 'pointer', 'failureReason', 'errors']);

function formatOf(text: string): string {
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'text';
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function wording(text: string): string {
  return text.replace(/"[^"]*"/g, '"…"').replace(/\d+/g, 'N');
}

function linkPath(text: string): string {
  return text
    .replace(/^https?:\/\/:?[^/]+/, '')
    .replace('/api/:version/', '/api/3/')
    .replace(/\/\d+(?=\/|$)/g, '/N')
    .replace(/limit=\d+/, 'limit=N');
}

/** Every difference, as `pointer: what differs`. `error` holds inside bodies that refuse. */
export function differences(
  actual: unknown,
  recorded: unknown,
  tolerance: Tolerance = {},
  error = false,
  pointer = '',
): string[] {
  const key = pointer.slice(pointer.lastIndexOf('/') + 1);
  if (recorded === null) {
    return actual === null || typeof actual === 'string' || typeof actual === 'number'
      ? []
      : [`${pointer}: ${typeOf(actual)}, recorded null`];
  }
  if (actual === null && tolerance.nullable?.includes(key)) return [];
  if (typeOf(actual) !== typeOf(recorded)) return [`${pointer}: ${typeOf(actual)}, recorded ${typeOf(recorded)}`];
  if (Array.isArray(recorded)) return elementDifferences(actual as unknown[], recorded, tolerance, error, pointer);
  if (typeof recorded === 'object') return objectDifferences(actual as Fields, recorded as Fields, tolerance, error, pointer);
  return typeof recorded === 'string' ? textDifferences(String(actual), recorded, key, error, pointer) : [];
}

type Fields = Record<string, unknown>;

function objectDifferences(actual: Fields, recorded: Fields, tolerance: Tolerance, error: boolean, pointer: string): string[] {
  const found: string[] = [];
  for (const key of Object.keys(recorded)) {
    if (!(key in actual)) {
      if (tolerance.older?.includes(key) !== true) found.push(`${pointer}/${key}: missing`);
    } else found.push(...differences(actual[key], recorded[key], tolerance, error, `${pointer}/${key}`));
  }
  for (const key of Object.keys(actual)) {
    if (!(key in recorded) && tolerance.newer?.includes(key) !== true) found.push(`${pointer}/${key}: invented`);
  }
  return found;
}

/** Each element has to look like one of the recorded ones; an empty list on either side says nothing. */
function elementDifferences(
  actual: unknown[],
  recorded: unknown[],
  tolerance: Tolerance,
  error: boolean,
  pointer: string,
): string[] {
  if (recorded.length === 0) return [];
  return actual.flatMap((element, index) => {
    const attempts = recorded.map((like) => differences(element, like, tolerance, error, `${pointer}/${index}`));
    return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best));
  });
}

function textDifferences(actual: string, recorded: string, key: string, error: boolean, pointer: string): string[] {
  if (recorded.startsWith('http') && recorded.includes('/api/')) {
    // Links of 2018 had no query yet.
    const link = recorded.includes('?') ? actual : actual.replace(/\?.*$/, '');
    return linkPath(link) === linkPath(recorded) ? [] : [`${pointer}: ${linkPath(actual)}, recorded ${linkPath(recorded)}`];
  }
  if (error && WORDED.has(key)) {
    return wording(actual) === wording(recorded)
      ? []
      : [`${pointer}: ${JSON.stringify(actual)}, recorded ${JSON.stringify(recorded)}`];
  }
  const [has, had] = [formatOf(actual), formatOf(recorded)];
  // What is plain text in one account may look like a number in another; ids, times and hashes may not become plain text.
  return had === 'text' || has === had ? [] : [`${pointer}: ${has} ${JSON.stringify(actual)}, recorded ${had}`];
}
