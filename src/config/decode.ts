import { isUtf8 } from 'node:buffer';
import { codePoint } from './suggestion.ts';

export type Decoded =
  | { readonly text: string }
  | { readonly problem: string; readonly hint: string; readonly line: number; readonly column: number; readonly rough: string };

const UTF16_LITTLE = [0xff, 0xfe];
const UTF16_BIG = [0xfe, 0xff];

/**
 * Decodes UTF-8 strictly, a byte order mark at the start tolerated. What cannot be decoded comes
 * back with the place of the first offending byte and a rough text that serves only to tell what
 * kind of file this is.
 */
export function decode(bytes: Uint8Array): Decoded {
  if (isUtf16(bytes)) {
    return {
      problem: 'The file is encoded in UTF-16.',
      hint: 'save it as UTF-8',
      line: 1,
      column: 1,
      rough: roughText(bytes).replaceAll('\0', ''),
    };
  }
  if (!isUtf8(bytes)) {
    const { offset, line, column } = firstInvalidByte(bytes);
    const byte = bytes[offset]!.toString(16).padStart(2, '0').toUpperCase();
    return {
      problem: `The file is not UTF-8: byte ${offset} (0x${byte}) begins no character.`,
      hint: 'save it as UTF-8',
      line,
      column,
      rough: roughText(bytes),
    };
  }
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  // YAML ends a line at a lone carriage return too, which the parser does not: a comment would swallow what follows.
  // oxlint-disable-next-line no-control-regex
  const control = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]|\r(?!\n)/.exec(text);
  if (control === null) return { text };
  const before = text.slice(0, control.index).split('\n');
  const place = { line: before.length, column: before.at(-1)!.length + 1, rough: text };
  if (control[0] === '\r')
    return { problem: 'A line ends in a carriage return alone.', hint: 'save it with line feeds', ...place };
  return {
    problem: `The file holds a control character (${codePoint(control[0])}), which YAML does not allow.`,
    hint: 'remove it, or write it as an escape in double quotes',
    ...place,
  };
}

/** By its byte order mark, or as YAML tells it: its first character is ASCII, so one of the first two bytes is zero. */
function isUtf16(bytes: Uint8Array): boolean {
  if (startsWith(bytes, UTF16_LITTLE) || startsWith(bytes, UTF16_BIG)) return true;
  return bytes.length >= 2 && (bytes[0] === 0) !== (bytes[1] === 0);
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

function roughText(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

function firstInvalidByte(bytes: Uint8Array): { offset: number; line: number; column: number } {
  let offset = 0;
  let line = 1;
  let column = 1;
  while (offset < bytes.length) {
    const lead = bytes[offset]!;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (!isUtf8(bytes.subarray(offset, offset + length))) break;
    offset += length;
    column += length === 4 ? 2 : 1;
    if (lead === 0x0a) {
      line += 1;
      column = 1;
    }
  }
  return { offset, line, column };
}
