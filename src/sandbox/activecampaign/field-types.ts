const DATE = /^\d{4}-\d{2}-\d{2}/;

function isDate(text: string): boolean {
  return DATE.test(text) && !Number.isNaN(Date.parse(text.replace(' ', 'T')));
}

/**
 * A value as the field keeps it; `undefined` where it cannot. The empty text clears a field of any type.
 *
 * UNVERIFIED for contacts: the vendor documents the refusal of a wrong type without saying for which objects. Only
 * dates and numbers are refused; options are not checked against the field's list.
 */
export function normalizeFieldValue(type: string, text: string): string | undefined {
  if (text === '') return '';
  switch (type) {
    case 'date':
      return isDate(text) ? text.slice(0, 10) : undefined;
    case 'datetime':
      return isDate(text) ? text : undefined;
    case 'number':
    case 'currency':
      return Number.isFinite(Number(text)) ? text : undefined;
    default:
      return text;
  }
}
