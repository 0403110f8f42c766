/** Salesforce record ids: 15 case-sensitive characters, or 18 with a checksum that makes case not matter. */
const ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;
const CHECKSUM_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

export function isRecordId(text: string): boolean {
  return ID.test(text);
}

/**
 * The 18-character form. One checksum character for each five: its bits say which of them are capitals.
 * Text that is no 15-character id is returned as it is.
 */
export function toLongId(id: string): string {
  if (id.length !== 15 || !ID.test(id)) return id;
  let checksum = '';
  for (let block = 0; block < 15; block += 5) {
    let bits = 0;
    for (let place = 0; place < 5; place += 1) {
      const character = id[block + place]!;
      if (character >= 'A' && character <= 'Z') bits |= 1 << place;
    }
    checksum += CHECKSUM_ALPHABET[bits]!;
  }
  return id + checksum;
}
