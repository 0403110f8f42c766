import { createHmac, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SynclineError } from '../../src/model/errors.ts';
import {
  CIPHERTEXT_OVERHEAD_BYTES,
  createKeyRing,
  exportKey,
  generateKey,
  parseKey,
  parseKeys,
  type HashPart,
} from '../../src/storage/keys.ts';

const OLD_TEXT = Buffer.alloc(32, 7).toString('base64');
const NEW_TEXT = Buffer.alloc(32, 8).toString('base64');
const oldKey = parseKey(OLD_TEXT, 'test');
const newKey = parseKey(NEW_TEXT, 'test');
const ring = createKeyRing([oldKey]);
const rotated = createKeyRing([newKey, oldKey]);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(SynclineError);
    return (error as SynclineError).code;
  }
  return 'nothing was thrown';
}

describe('keyed hashes', () => {
  it('are HMAC-SHA-256 under a key derived for their purpose, cut to 8 bytes', () => {
    const subKey = Buffer.from(hkdfSync('sha256', Buffer.alloc(32, 7), '', 'syncline/hash/field', 32));
    const encoded = Buffer.from('\u0001\0\0\0\u0002ab\0\0\0\0\0\u0002\0\0\0\u0001c', 'latin1');
    const expected = createHmac('sha256', subKey).update(encoded).digest();

    expect(ring.hash('field', 'ab', null, Buffer.from('c'))).toEqual(expected.subarray(0, 8));
    expect(ring.keyHash('field', 'ab', null, Buffer.from('c'))).toEqual(expected);
  });

  it('are the same in every process that has the key', () => {
    expect(createKeyRing([parseKey(OLD_TEXT, 'test')]).hash('field', 'a')).toEqual(ring.hash('field', 'a'));
  });

  it('differ between purposes, keys, and places of the boundary between parts', () => {
    const hashes = [
      ring.hash('field', 'ab', 'c'),
      ring.hash('field', 'a', 'bc'),
      ring.hash('field', 'abc'),
      ring.hash('field', 'abc', ''),
      ring.hash('field', 'abc', null),
      ring.hash('field', Buffer.from('abc')),
      ring.hash('element', 'abc'),
      rotated.hash('field', 'abc'),
      ring.hash('field'),
    ].map((hash) => hash.toString('hex'));

    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('differ wherever the parts differ', () => {
    const part: fc.Arbitrary<HashPart> = fc.oneof(
      fc.string(),
      fc.constant(null),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const tagged = (parts: readonly HashPart[]) =>
      JSON.stringify(parts.map((entry) => (Buffer.isBuffer(entry) ? ['bytes', entry.toString('hex')] : entry)));
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (left, right) => {
        expect(ring.hash('field', ...left).equals(ring.hash('field', ...right))).toBe(tagged(left) === tagged(right));
      }),
    );
  });

  it('of an older key can still be made, to compare with what is stored', () => {
    expect(rotated.using(oldKey.id).hash('field', 'a')).toEqual(ring.hash('field', 'a'));
    expect(rotated.using(oldKey.id).currentId).toBe(oldKey.id);
    expect(codeOf(() => ring.using(newKey.id))).toBe('STORAGE_KEY_MISSING');
  });
});

describe('encryption', () => {
  it('gives back every text and all bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()), fc.string(), (content, place) => {
        const plaintext = typeof content === 'string' ? content : Buffer.from(content);
        const sealed = ring.encrypt(plaintext, place);

        expect(ring.decrypt(sealed, Buffer.from(place))).toEqual(Buffer.from(plaintext as string));
        expect(sealed.length).toBe(Buffer.byteLength(plaintext) + CIPHERTEXT_OVERHEAD_BYTES);
      }),
    );
  });

  it('never makes the same ciphertext twice', () => {
    const sealed = Array.from({ length: 3_000 }, () => ring.encrypt('a', 'place').toString('hex'));

    expect(new Set(sealed).size).toBe(3_000);
  });

  it('names its version and its key', () => {
    const sealed = ring.encrypt('a', 'place');

    expect(sealed[0]).toBe(1);
    expect(sealed.toString('hex', 1, 5)).toBe(ring.currentId);
    expect(ring.currentId).toMatch(/^[0-9a-f]{8}$/);
  });

  it('refuses what any one bit of was changed, or what was cut off', () => {
    const sealed = ring.encrypt('anna@example.com', 'place');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const inKeyId = bit >= 8 && bit < 40;
      expect(codeOf(() => ring.decrypt(changed, 'place'))).toBe(inKeyId ? 'STORAGE_KEY_MISSING' : 'STORAGE_DECRYPTION_FAILED');
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(codeOf(() => ring.decrypt(sealed.subarray(0, length), 'place'))).toBe('STORAGE_DECRYPTION_FAILED');
    }
  });

  it('refuses a ciphertext that was moved to another place', () => {
    const sealed = ring.encrypt('anna@example.com', 'agreed|sf|1');

    expect(codeOf(() => ring.decrypt(sealed, 'agreed|sf|2'))).toBe('STORAGE_DECRYPTION_FAILED');
  });

  it('refuses a ciphertext relabelled as of another key', () => {
    const sealed = ring.encrypt('a', 'place');
    Buffer.from(newKey.id, 'hex').copy(sealed, 1);

    expect(codeOf(() => rotated.decrypt(sealed, 'place'))).toBe('STORAGE_DECRYPTION_FAILED');
  });

  it('says that the key is missing, and which, rather than that the data is wrong', () => {
    const sealed = rotated.encrypt('a', 'place');

    expect(() => ring.decrypt(sealed, 'place')).toThrow(newKey.id);
    expect(codeOf(() => ring.decrypt(sealed, 'place'))).toBe('STORAGE_KEY_MISSING');
  });

  it('reads what older keys wrote and tells it from what the current one wrote', () => {
    const before = ring.encrypt('a', 'place');
    const after = rotated.encrypt('a', 'place');

    expect(rotated.decrypt(before, 'place').toString()).toBe('a');
    expect(rotated.isCurrent(before)).toBe(false);
    expect(rotated.isCurrent(after)).toBe(true);
  });
});

describe('a key', () => {
  it('is read back from its text with the same id', () => {
    const key = generateKey();

    expect(parseKey(exportKey(key), 'test').id).toBe(key.id);
    expect(generateKey().id).not.toBe(key.id);
  });

  it('may be written with the URL-safe alphabet, without padding, or with blanks around it', () => {
    const bytes = Buffer.alloc(32, 0xfb);

    for (const text of [bytes.toString('base64'), bytes.toString('base64url'), ` ${bytes.toString('base64')}\n`]) {
      expect(exportKey(parseKey(text, 'test'))).toBe(bytes.toString('base64'));
    }
  });

  it.each([
    '',
    'secret',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    `${OLD_TEXT.slice(0, -2)}!=`,
    `${OLD_TEXT},`,
  ])('is refused as %j, and the text is not repeated', (text) => {
    try {
      parseKeys(text, 'SYNCLINE_KEY');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORAGE_KEY_INVALID' });
      expect(text !== '' && (error as Error).message.includes(text)).toBe(false);
    }
  });

  it('may be followed by older ones', () => {
    expect(createKeyRing(parseKeys(`${NEW_TEXT},${OLD_TEXT}`, 'SYNCLINE_KEY')).ids).toEqual([newKey.id, oldKey.id]);
  });

  it('is shown by no accident', () => {
    for (const shown of [
      inspect(rotated, { depth: 9, showHidden: true }),
      JSON.stringify(rotated),
      inspect(oldKey, { depth: 9 }),
      JSON.stringify(oldKey),
    ]) {
      expect(shown).not.toContain(OLD_TEXT.slice(0, 12));
      expect(shown).not.toContain('07070707');
      expect(shown).not.toContain('07 07 07');
    }
  });

  it('is asked for where there is none', () => {
    expect(codeOf(() => createKeyRing([]))).toBe('STORAGE_KEY_MISSING');
  });
});
