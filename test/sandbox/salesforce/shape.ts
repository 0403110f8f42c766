/** Compares answers by shape: keys, types, and the form of texts. */

type Shape = Record<string, unknown>;

const FORMS: readonly (readonly [string, RegExp])[] = [
  ['datetime', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.000\+0000$/],
  ['date', /^\d{4}-\d{2}-\d{2}$/],
  ['record path', /^\/services\/data\/v\d+\.0\/sobjects\/\w+\/[0-9A-Za-z]{18}$/],
  ['data path', /^\/services\/data\/v\d+\.0\//],
  ['batches path', /^services\/data\/v\d+\.0\/jobs\/ingest\/[0-9A-Za-z]{18}\/batches$/],
  ['id', /^(?=\w*\d)[0-9A-Za-z]{15}[A-Z0-5]{3}$/],
];

function formOf(text: string): string {
  return FORMS.find(([, form]) => form.test(text))?.[0] ?? 'text';
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}

export interface ShapeRules {
  /** Keys at any level that one side may lack. */
  readonly optional?: readonly string[];
  /** Keys whose content is data and not compared. */
  readonly data?: readonly string[];
}

/** What differs between a recorded and an answered value; empty where nothing does. A null says nothing of its type. */
export function differences(recorded: unknown, answered: unknown, rules: ShapeRules = {}, at = ''): string[] {
  const [one, other] = [typeOf(recorded), typeOf(answered)];
  if (one === 'null' || other === 'null') return [];
  if (one !== other) return [`${at}: recorded ${one}, answered ${other}`];
  if (typeof recorded === 'string' && typeof answered === 'string') {
    const [recordedForm, answeredForm] = [formOf(recorded), formOf(answered)];
    return recordedForm === answeredForm
      ? []
      : [`${at}: recorded ${recordedForm}, answered ${answeredForm} ${JSON.stringify(answered)}`];
  }
  if (Array.isArray(recorded) && Array.isArray(answered)) {
    if (recorded.length === 0 || answered.length === 0) return [];
    return answered.flatMap((item, index) => differences(recorded[index] ?? recorded[0], item, rules, `${at}/${index}`));
  }
  if (one !== 'object') return [];
  return keyDifferences(recorded as Shape, answered as Shape, rules, at);
}

function keyDifferences(recorded: Shape, answered: Shape, rules: ShapeRules, at: string): string[] {
  const found: string[] = [];
  const optional = new Set(rules.optional);
  for (const key of Object.keys(recorded)) if (!(key in answered) && !optional.has(key)) found.push(`${at}/${key}: missing`);
  for (const key of Object.keys(answered)) if (!(key in recorded) && !optional.has(key)) found.push(`${at}/${key}: invented`);
  for (const key of Object.keys(recorded)) {
    if (key in answered && !(rules.data ?? []).includes(key))
      found.push(...differences(recorded[key], answered[key], rules, `${at}/${key}`));
  }
  return found;
}

/** Keys at every level, in order: for error bodies, where the order was recorded too. */
export function orderOfKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => orderOfKeys(one));
  if (typeof value !== 'object' || value === null) return null;
  return Object.entries(value).map(([key, one]) => [key, orderOfKeys(one)]);
}
