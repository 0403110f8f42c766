/** Values of attributes as they are written, kept and compared. */
import type { Attribute } from './resource-type.ts';
import { isObject } from './json-api.ts';

export type Fitted = { readonly value: unknown } | { readonly title: string; readonly detail: string };

function invalid(detail: string): Fitted {
  return { title: 'form constraint', detail };
}

/** A value of a request as the entity keeps it, or why it does not fit. */
export function fitValue(attribute: Attribute, given: unknown): Fitted {
  if (given === null || given === undefined) return { value: isSet(attribute) ? [] : null };
  switch (attribute.kind) {
    case 'string':
    case 'text': {
      if (typeof given !== 'string' && typeof given !== 'number') return invalid('This value is not valid.');
      const text = String(given).trim();
      if (attribute.maxLength !== undefined && Array.from(text).length > attribute.maxLength) {
        return {
          title: 'length constraint',
          detail: `This value is too long. It should have ${attribute.maxLength} characters or less.`,
        };
      }
      if (attribute.minLength !== undefined && text !== '' && Array.from(text).length < attribute.minLength) {
        return {
          title: 'length constraint',
          detail: `This value is too short. It should have ${attribute.minLength} characters or more.`,
        };
      }
      if (attribute.isCode === true && !/^[a-zA-Z0-9_-]*$/.test(text)) {
        const detail = 'This value should contain only alphabetic symbols, underscore, hyphen and numbers.';
        return { title: 'regex constraint', detail };
      }
      return { value: text === '' ? null : text };
    }
    case 'integer':
      return Number.isSafeInteger(Number(given)) ? { value: Number(given) } : invalid('Please enter an integer.');
    case 'money':
      return Number.isFinite(Number(given)) ? { value: Number(given).toFixed(4) } : invalid('Please enter a number.');
    case 'percent':
      if (!Number.isFinite(Number(given))) return invalid('Please enter a percentage value.');
      return Number(given) >= 0 && Number(given) <= 1
        ? { value: Number(given) }
        : {
            title: 'range constraint',
            detail: 'This value should be between 0% and 100%.',
          };
    case 'boolean':
      return typeof given === 'boolean' ? { value: given } : invalid('This value is not valid.');
    case 'date':
      return typeof given === 'string' && isDate(given) ? { value: given } : invalid('Please enter a valid date.');
    case 'datetime': {
      const at = typeof given === 'string' ? Date.parse(given) : Number.NaN;
      return Number.isNaN(at) ? invalid('Please enter a valid date and time.') : { value: moment(at) };
    }
    case 'emails':
      return fitSet(given, 'email', isEmail, 'This value is not a valid email address.');
    case 'phones':
      return fitSet(given, 'phone', (text) => text !== '', 'This value should not be blank.');
  }
}

export function isSet({ kind }: Attribute): boolean {
  return kind === 'emails' || kind === 'phones';
}

/** Whole seconds: that is all that is kept. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

export function isEmail(text: string): boolean {
  return /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+\.[^\s@<>,;:"()[\]\\.]+$/.test(text);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}

function fitSet(given: unknown, member: string, isValid: (text: string) => boolean, detail: string): Fitted {
  if (!Array.isArray(given)) return invalid('This value is not valid.');
  const texts = given.map((item) => (isObject(item) && typeof item[member] === 'string' ? item[member].trim() : undefined));
  if (texts.some((text) => text === undefined || !isValid(text)))
    return {
      title: member === 'email' ? 'email constraint' : 'not blank constraint',
      detail,
    };
  return { value: [...new Set(texts)].map((text) => ({ [member]: text })) };
}
