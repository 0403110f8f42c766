/**
 * The custom field values of a whole account in little memory: about 22 bytes a value besides its
 * text, outside of the garbage collector's heap. 100,000 contacts with 8 fields take some 30 MB
 * where a Map of arrays takes four times as much.
 *
 * `/fieldValues` cannot be asked for a window of contacts, so a full read takes in all values first
 * and then pages through the contacts. Values may be added in any order; a later one replaces an
 * earlier one of the same contact and field.
 */

/** The most values that one spool holds: entry numbers use 24 of a double's 53 bits, contact ids 29. */
export const MAX_SPOOLED_VALUES = 2 ** 24 - 1;
const MAX_CONTACT = 2 ** 29 - 1;
const CHUNK_BYTES = 4 * 1024 * 1024;
const FIRST_CAPACITY = 4_096;

export interface ValueSpool {
  /** @returns false where the value cannot be held any more: the caller reads contact by contact instead */
  add(contact: number, field: string, value: string): boolean;
  /** Ends adding. */
  seal(): void;
  /** The stored values of one contact by field id. Only after `seal`. */
  valuesOf(contact: number): ReadonlyMap<string, string>;
}

export function createValueSpool(): ValueSpool {
  const fieldIds: string[] = [];
  const slots = new Map<string, number>();
  const chunks: Buffer[] = [];
  let filled = CHUNK_BYTES;
  let count = 0;
  let offsets = new Float64Array(FIRST_CAPACITY);
  let fields = new Uint16Array(FIRST_CAPACITY);
  /** Contact x 2^24 + entry, sorted when sealed: all entries of a contact side by side, in the order they came. */
  let keys = new Float64Array(FIRST_CAPACITY);

  function grow(): void {
    const capacity = Math.min(MAX_SPOOLED_VALUES + 1, offsets.length * 2);
    offsets = enlarged(offsets, new Float64Array(capacity));
    fields = enlarged(fields, new Uint16Array(capacity));
    keys = enlarged(keys, new Float64Array(capacity));
  }

  function store(value: string): number {
    const bytes = Buffer.byteLength(value, 'utf8');
    const needed = bytes + 4;
    if (filled + needed > CHUNK_BYTES) {
      chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed)));
      filled = 0;
    }
    const chunk = chunks.at(-1)!;
    chunk.writeUInt32LE(bytes, filled);
    chunk.write(value, filled + 4, 'utf8');
    const offset = (chunks.length - 1) * CHUNK_BYTES + filled;
    filled += needed;
    return offset;
  }

  function load(offset: number): string {
    const chunk = chunks[Math.floor(offset / CHUNK_BYTES)]!;
    const start = offset % CHUNK_BYTES;
    return chunk.toString('utf8', start + 4, start + 4 + chunk.readUInt32LE(start));
  }

  return {
    add(contact, field, value) {
      if (count >= MAX_SPOOLED_VALUES || contact > MAX_CONTACT) return false;
      let slot = slots.get(field);
      if (slot === undefined) {
        slot = fieldIds.push(field) - 1;
        slots.set(field, slot);
      }
      if (count === offsets.length) grow();
      offsets[count] = store(value);
      fields[count] = slot;
      keys[count] = contact * 2 ** 24 + count;
      count += 1;
      return true;
    },
    seal() {
      keys = keys.slice(0, count).toSorted();
    },
    valuesOf(contact) {
      const values = new Map<string, string>();
      for (let at = lowerBound(keys, contact * 2 ** 24); at < keys.length; at += 1) {
        const key = keys[at]!;
        if (key >= (contact + 1) * 2 ** 24) break;
        const entry = key % 2 ** 24;
        values.set(fieldIds[fields[entry]!]!, load(offsets[entry]!));
      }
      return values;
    },
  };
}

function enlarged<T extends Float64Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function lowerBound(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
