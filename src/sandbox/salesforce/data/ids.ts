/**
 * Salesforce record ids: 15 case-sensitive characters (three of key prefix, twelve of instance and
 * number), and three more that tell the case of the first fifteen, so that 18 survive systems that
 * fold case.
 */

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const INSTANCE = 'Sb0';

/** The three characters that a 15-character id lacks. */
function checksum(fifteen: string): string {
  let suffix = '';
  for (let part = 0; part < 3; part += 1) {
    let bits = 0;
    for (let place = 0; place < 5; place += 1) {
      const code = fifteen.charCodeAt(part * 5 + place);
      if (code >= 65 && code <= 90) bits |= 1 << place;
    }
    suffix += CHECKSUM[bits];
  }
  return suffix;
}

/** The id number `sequence` of a key prefix, 18 characters. Ids of one prefix sort by their number. */
export function makeId(keyPrefix: string, sequence: number): string {
  let digits = '';
  let rest = sequence;
  do {
    digits = DIGITS.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  const fifteen = keyPrefix + INSTANCE + digits.padStart(9, '0');
  return fifteen + checksum(fifteen);
}

/** Whether a text has the form of an id. */
export function looksLikeId(text: string): boolean {
  return /^[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?$/.test(text);
}

/**
 * The canonical 18 characters of an id given as 15 or 18; `null` where the text is no id.
 * An 18-character id in the wrong case is repaired from its last three characters.
 */
export function canonicalId(text: string): string | null {
  if (!looksLikeId(text)) return null;
  if (text.length === 15) return text + checksum(text);
  const fifteen = text.slice(0, 15);
  if (checksum(fifteen) === text.slice(15)) return text;
  let repaired = '';
  for (let place = 0; place < 15; place += 1) {
    const bits = CHECKSUM.indexOf(text.charAt(15 + Math.floor(place / 5)).toUpperCase());
    if (bits < 0) return null;
    const letter = fifteen.charAt(place);
    repaired += bits & (1 << (place % 5)) ? letter.toUpperCase() : letter.toLowerCase();
  }
  return repaired + checksum(repaired);
}

/** The form that Salesforce uses inside error messages. */
export function shortId(id: string): string {
  return id.slice(0, 15);
}
