/** The text of a JSON scalar; `fallback` for null, lists and objects, which have none. */
export function plainText(value: unknown, fallback = ''): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : fallback;
}
