/** Compares an answer with a recorded one: keys, types, formats and the words of errors, never the data. */
import { isDeepStrictEqual } from 'node:util';
import type { Recording } from './recordings.ts';

export interface ShapeOptions {
  readonly match: Recording['match'];
  /** Inside bodies that refuse, texts are compared word for word, but for numbers and quoted names. */
  readonly error: boolean;
  /** Keys of objects whose own keys are data: fields of one account. */
  readonly open?: ReadonlySet<string>;
  /** Keys that may be null although the recorded account had a value there, or the other way round. */
  readonly nullable?: ReadonlySet<string>;
  /** Keys that answers have had only since the recording was made. */
  readonly newer?: ReadonlySet<string>;
  /** Keys whose texts may be of another format. */
  readonly loose?: ReadonlySet<string>;
}

const FORMATS: readonly (readonly [string, RegExp])[] = [
  ['uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  // The recordings themselves write moments of one interface in four ways.
  ['moment', /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/],
  ['date', /^\d{4}-\d{2}-\d{2}$/],
  ['number as text', /^-?\d+(\.\d+)?$/],
  ['address', /^https?:\/\//],
];

const WORDED: ReadonlySet<string> = new Set(['message', 'title', 'detail', 'errorCode', 'pointer', 'parameter', 'error', 'hint']);

type Fields = Readonly<Record<string, unknown>>;

/** Every difference, as `pointer: what differs`. */
export function differences(actual: unknown, recorded: unknown, options: ShapeOptions, pointer = ''): string[] {
  if (options.match === 'exact')
    return isDeepStrictEqual(actual, recorded) ? [] : [`${JSON.stringify(actual)}, recorded ${JSON.stringify(recorded)}`];
  const key = pointer.slice(pointer.lastIndexOf('/') + 1);
  const [has, had] = [typeOf(actual), typeOf(recorded)];
  if (has !== had) {
    const mayDiffer = (has === 'null' || had === 'null') && options.nullable?.has(key) === true;
    return mayDiffer ? [] : [`${pointer}: ${has}, recorded ${had}`];
  }
  if (Array.isArray(recorded)) return ofElements(actual as unknown[], recorded, options, pointer);
  if (had === 'object')
    return options.open?.has(key) === true ? [] : ofMembers(actual as Fields, recorded as Fields, options, pointer);
  return typeof recorded === 'string' ? ofTexts(String(actual), recorded, options, key, pointer) : [];
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function ofMembers(actual: Fields, recorded: Fields, options: ShapeOptions, pointer: string): string[] {
  const found = Object.keys(recorded).flatMap((key) =>
    key in actual ? differences(actual[key], recorded[key], options, `${pointer}/${key}`) : [`${pointer}/${key}: missing`],
  );
  if (options.match === 'subset') return found;
  const invented = Object.keys(actual).filter((key) => !(key in recorded) && options.newer?.has(key) !== true);
  return [...found, ...invented.map((key) => `${pointer}/${key}: invented`)];
}

/** Each element has to look like one of the recorded ones; an answer may not be empty where the recording is not. */
function ofElements(actual: unknown[], recorded: unknown[], options: ShapeOptions, pointer: string): string[] {
  if (recorded.length === 0) return [];
  if (actual.length === 0) return [`${pointer}: empty, recorded ${recorded.length}`];
  return actual.flatMap((element, index) => {
    const attempts = recorded.map((like) => differences(element, like, options, `${pointer}/${index}`));
    return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best));
  });
}

function ofTexts(actual: string, recorded: string, { error, loose }: ShapeOptions, key: string, pointer: string): string[] {
  if (error && WORDED.has(key)) {
    return wording(actual) === wording(recorded)
      ? []
      : [`${pointer}: ${JSON.stringify(actual)}, recorded ${JSON.stringify(recorded)}`];
  }
  const [has, had] = [formatOf(actual), formatOf(recorded)];
  // What is plain text in one account may look like a number in another; ids and moments may not become plain text.
  return had === 'text' || has === had || loose?.has(key) === true
    ? []
    : [`${pointer}: ${has} ${JSON.stringify(actual)}, recorded ${had}`];
}

function formatOf(text: string): string {
  return FORMATS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'text';
}

function wording(text: string): string {
  return text
    .replace(/"[^"]*"/g, '"…"')
    .replace(/'[^']*'/g, "'…'")
    .replace(/\d+/g, 'N');
}
