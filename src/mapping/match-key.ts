import { domainToASCII } from 'node:url';
import type { FieldValue } from '../model/value.ts';

/** The longest address that mail systems accept (RFC 5321, erratum 1690). */
const MAX_EMAIL_LENGTH = 254;
const BLANK_OR_CONTROL = /[\s\p{Cc}]/u;
/** Characters that would make the domain end early, or mean something else, for a parser of addresses. */
const NO_DOMAIN = /[\s\p{Cc}@/?#:\\[\]%]/u;

export type Normalization = 'email' | 'exact' | 'text' | 'digits';

const NORMALIZATIONS: Readonly<Record<Normalization, (text: string) => string | undefined>> = {
  email: normalizeEmail,
  exact: (text) => text || undefined,
  text: normalizeText,
  digits: (text) => text.normalize('NFKC').replaceAll(/\D/g, '') || undefined,
};

export const NORMALIZATION_NAMES = Object.keys(NORMALIZATIONS);

export function isNormalization(name: string): name is Normalization {
  return NORMALIZATION_NAMES.includes(name);
}

/** The comparable form of a key value; `undefined` where there is none, so that the record matches nobody. */
export function normalizeKey(value: FieldValue | undefined, normalization: Normalization): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? NORMALIZATIONS[normalization](String(value)) : undefined;
  return typeof value === 'string' ? NORMALIZATIONS[normalization](value) : undefined;
}

/**
 * The form in which e-mail addresses are compared: trimmed, Unicode NFC, lower case, the domain in
 * IDNA ASCII. Dots and plus signs stay: they distinguish addresses at most vendors of mail.
 *
 * @returns `undefined` for text that is no address, or one of more than 254 characters
 */
export function normalizeEmail(text: string): string | undefined {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  if (at < 1) return undefined;
  const local = foldCase(trimmed.slice(0, at));
  const domain = trimmed.slice(at + 1).normalize('NFC');
  if (NO_DOMAIN.test(domain) || BLANK_OR_CONTROL.test(local) || local.includes('@')) return undefined;
  const ascii = domainToASCII(domain);
  if (ascii === '') return undefined;
  const address = `${local}@${ascii}`;
  return address.length <= MAX_EMAIL_LENGTH ? address : undefined;
}

/**
 * The form in which names are compared: upper and lower case alike, blanks at the ends left out and
 * those in between counted as one.
 */
function normalizeText(text: string): string | undefined {
  return foldCase(text).trim().replaceAll(/\s+/g, ' ') || undefined;
}

/** Lower case can compose and decompose characters, so the normal form is taken before and after it. */
function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}
