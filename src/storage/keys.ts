/**
 * Keys for what would identify a person: hashes are keyed (HMAC-SHA-256), values are encrypted
 * (AES-256-GCM). Nothing here reads a file or the environment; `local/key-file.ts` supplies the keys.
 *
 * Every use derives its own key (HKDF) from the 32 bytes of the ring's key, so that hashes of
 * different purposes cannot be compared with each other. Each ciphertext names its key: one that the
 * ring does not hold is refused as missing and never mistaken for changed data.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomFillSync,
  type KeyObject,
} from 'node:crypto';
import { SynclineError } from '../model/errors.ts';

/** One part of what is hashed. Parts are length-prefixed: `('a', 'bc')` and `('ab', 'c')` differ, and so do `null` and `''`. */
export type HashPart = string | Buffer | null;

/** Bytes that every ciphertext is longer than its plaintext. */
export const CIPHERTEXT_OVERHEAD_BYTES = 33;

export interface KeyRing {
  /** Names the key that `encrypt` uses, and `hash` and `keyHash` as a rule: 8 hexadecimal digits. Not secret. */
  readonly currentId: string;
  /** Every key of the ring, the current one first. */
  readonly ids: readonly string[];
  /** The first 8 bytes of HMAC-SHA-256 under the current key's sub-key for `purpose`. */
  hash(purpose: string, ...parts: readonly HashPart[]): Buffer;
  /** All 32 bytes, for what must not collide in a lifetime: suppression, match keys. */
  keyHash(purpose: string, ...parts: readonly HashPart[]): Buffer;
  /**
   * Encrypts under the current key with a random nonce: version (1 byte), key id (4), nonce (12), tag (16), ciphertext.
   * @param place names where the ciphertext is kept; the same must be given to `decrypt`, so that values cannot be swapped
   */
  encrypt(plaintext: Buffer | string, place: string | Buffer): Buffer;
  /**
   * Decrypts under whichever key of the ring the ciphertext names.
   * @throws SynclineError STORAGE_KEY_MISSING where the ring lacks that key; STORAGE_DECRYPTION_FAILED for
   *   a ciphertext that was changed, cut off, or made for another place
   */
  decrypt(ciphertext: Buffer, place: string | Buffer): Buffer;
  /** Whether a ciphertext was made with the current key; `key rotate` rewrites those that were not. */
  isCurrent(ciphertext: Buffer): boolean;
  /**
   * The same ring with another of its keys as the current one, for hashes that were made under it.
   * @throws SynclineError STORAGE_KEY_MISSING
   */
  using(keyId: string): KeyRing;
  /** Names the keys that `hash` and `keyHash` use: the current one, unless `hashingWith` chose others. */
  readonly hashId: string;
  readonly keyHashId: string;
  /**
   * The same ring, which goes on making hashes with other keys than the current one.
   * @throws SynclineError STORAGE_KEY_MISSING
   */
  hashingWith(ids: { readonly hash: string; readonly keyHash: string }): KeyRing;
}

/** 32 secret bytes and the id that is derived from them. */
export interface Key {
  readonly id: string;
  readonly secret: KeyObject;
}

const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const HASH_BYTES = 8;

/**
 * Reads one key from its base64 text (32 bytes; the URL-safe alphabet and missing padding are fine).
 * @param source where the text came from, for the message; the text itself is never repeated
 * @throws SynclineError STORAGE_KEY_INVALID
 */
export function parseKey(text: string, source: string): Key {
  const bytes = Buffer.from(text, 'base64');
  const canonical = text.trim().replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64').replace(/=+$/, '') !== canonical) {
    throw new SynclineError('STORAGE_KEY_INVALID', `${source} does not hold a key: 32 bytes in base64 are expected.`, {
      hint: 'Make one with:\n  openssl rand -base64 32',
    });
  }
  return keyOf(bytes);
}

/**
 * Reads the value of SYNCLINE_KEY: one key, or several separated by commas, the current one first.
 * @throws SynclineError STORAGE_KEY_INVALID
 */
export function parseKeys(text: string, source: string): readonly Key[] {
  return text.split(',').map((part) => parseKey(part, source));
}

/** A new random key. */
export function generateKey(): Key {
  return keyOf(randomFillSync(Buffer.alloc(KEY_BYTES)));
}

/** The text by which `parseKey` finds the key again. Called only where the key is put into its file. */
export function exportKey(key: Key): string {
  return key.secret.export().toString('base64');
}

/**
 * @param keys the current key first; later ones serve to read what was written under them
 * @throws SynclineError STORAGE_KEY_MISSING for an empty list
 */
export function createKeyRing(keys: readonly Key[]): KeyRing {
  const current = keys[0];
  if (current === undefined) {
    throw missingKey('There is no key for the stored personal data.');
  }
  const ciphers = new Map(
    keys.toReversed().map((key) => [key.id, { id: Buffer.from(key.id, 'hex'), key: derive(key, 'encrypt') }]),
  );
  const encryption = ciphers.get(current.id)!;
  const subKeys = new Map<string, KeyObject>();
  const nonces = createNonceSource();

  function digest(purpose: string, parts: readonly HashPart[]): Buffer {
    let subKey = subKeys.get(purpose);
    if (subKey === undefined) {
      subKey = derive(current!, `hash/${purpose}`);
      subKeys.set(purpose, subKey);
    }
    // As text and back: a digest of its own keeps some hundred bytes beside its own, and hashes are kept by the thousand.
    return Buffer.from(createHmac('sha256', subKey).update(encodeParts(parts)).digest('binary'), 'latin1');
  }

  const ring: KeyRing = {
    currentId: current.id,
    hashId: current.id,
    keyHashId: current.id,
    ids: [...new Set(keys.map((key) => key.id))],
    hash(purpose, ...parts) {
      // A copy, not a view: a view would keep all 32 bytes alive for each of millions of hashes.
      return Buffer.from(digest(purpose, parts).subarray(0, HASH_BYTES));
    },
    keyHash(purpose, ...parts) {
      return digest(purpose, parts);
    },
    encrypt(plaintext, place) {
      const sealed = Buffer.allocUnsafe(CIPHERTEXT_OVERHEAD_BYTES + Buffer.byteLength(plaintext));
      sealed[0] = VERSION;
      encryption.id.copy(sealed, 1);
      nonces.next().copy(sealed, HEADER_BYTES);
      const cipher = createCipheriv('aes-256-gcm', encryption.key, sealed.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES));
      cipher.setAAD(authenticated(sealed, place));
      const encrypted = typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
      encrypted.copy(sealed, CIPHERTEXT_OVERHEAD_BYTES);
      cipher.final();
      cipher.getAuthTag().copy(sealed, HEADER_BYTES + NONCE_BYTES);
      return sealed;
    },
    decrypt(ciphertext, place) {
      if (ciphertext.length < CIPHERTEXT_OVERHEAD_BYTES || ciphertext[0] !== VERSION) {
        throw undecipherable(undefined);
      }
      const keyId = ciphertext.toString('hex', 1, HEADER_BYTES);
      const cipherKey = ciphers.get(keyId);
      if (cipherKey === undefined) {
        throw missingKey(`Stored data was encrypted with key ${keyId}, which is not at hand.`);
      }
      try {
        const decipher = createDecipheriv(
          'aes-256-gcm',
          cipherKey.key,
          ciphertext.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES),
          {
            authTagLength: TAG_BYTES,
          },
        );
        decipher.setAAD(authenticated(ciphertext, place));
        decipher.setAuthTag(ciphertext.subarray(HEADER_BYTES + NONCE_BYTES, CIPHERTEXT_OVERHEAD_BYTES));
        const plaintext = decipher.update(ciphertext.subarray(CIPHERTEXT_OVERHEAD_BYTES));
        decipher.final();
        return plaintext;
      } catch (error) {
        throw undecipherable(error);
      }
    },
    isCurrent(ciphertext) {
      return ciphertext[0] === VERSION && encryption.id.equals(ciphertext.subarray(1, HEADER_BYTES));
    },
    using(keyId) {
      const key = keys.find((candidate) => candidate.id === keyId);
      if (key === undefined) {
        throw missingKey(`Stored data was hashed with key ${keyId}, which is not at hand.`);
      }
      return createKeyRing([key, ...keys.filter((candidate) => candidate !== key)]);
    },
    hashingWith(ids) {
      if (ids.hash === current.id && ids.keyHash === current.id) return ring;
      const [hashing, keyHashing] = [ring.using(ids.hash), ring.using(ids.keyHash)];
      return {
        ...ring,
        hashId: ids.hash,
        keyHashId: ids.keyHash,
        hash: (purpose, ...parts) => hashing.hash(purpose, ...parts),
        keyHash: (purpose, ...parts) => keyHashing.keyHash(purpose, ...parts),
      };
    },
  };
  return ring;
}

/** For a rotation of a key that Syncline does not keep itself. */
export function environmentKeyIsFixed(): SynclineError {
  return new SynclineError('STORAGE_KEY_INVALID', 'The current key comes from SYNCLINE_KEY, which Syncline cannot change.', {
    hint: 'Put the new key before the old one, separated by a comma:\n  export SYNCLINE_KEY="NEW,OLD"',
  });
}

function keyOf(bytes: Buffer): Key {
  // Derived from the key, so that an id can never be given to another key's bytes.
  const id = createHash('sha256')
    .update('syncline key id')
    .update(bytes)
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2);
  return { id, secret: createSecretKey(bytes) };
}

function derive(key: Key, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key.secret, Buffer.alloc(0), `syncline/${use}`, KEY_BYTES)));
}

function encodeParts(parts: readonly HashPart[]): Buffer {
  let size = 0;
  for (const part of parts) {
    size += 5 + (part === null ? 0 : Buffer.byteLength(part));
  }
  const encoded = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const part of parts) {
    encoded[offset] = part === null ? 0 : typeof part === 'string' ? 1 : 2;
    const length =
      part === null ? 0 : typeof part === 'string' ? encoded.write(part, offset + 5, 'utf8') : part.copy(encoded, offset + 5);
    encoded.writeUInt32BE(length, offset + 1);
    offset += 5 + length;
  }
  return encoded;
}

/** The header is authenticated with the place, so that neither version nor key id can be changed. */
function authenticated(sealed: Buffer, place: string | Buffer): Buffer {
  const data = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(place));
  sealed.copy(data, 0, 0, HEADER_BYTES);
  if (typeof place === 'string') {
    data.write(place, HEADER_BYTES, 'utf8');
  } else {
    place.copy(data, HEADER_BYTES);
  }
  return data;
}

/** Random bytes are fetched for many nonces at once: one by one they cost more than the encryption. */
function createNonceSource(): { next(): Buffer } {
  const pool = Buffer.alloc(NONCE_BYTES * 1024);
  let offset = pool.length;
  return {
    next() {
      if (offset === pool.length) {
        randomFillSync(pool);
        offset = 0;
      }
      offset += NONCE_BYTES;
      return pool.subarray(offset - NONCE_BYTES, offset);
    },
  };
}

function missingKey(detail: string): SynclineError {
  return new SynclineError('STORAGE_KEY_MISSING', detail, {
    hint: 'Set SYNCLINE_KEY to the key that was used before, or put the key file back beside the state.\nWithout it the stored values cannot be read or compared.',
  });
}

function undecipherable(cause: unknown): SynclineError {
  return new SynclineError('STORAGE_DECRYPTION_FAILED', 'A stored value cannot be decrypted: it was changed, cut off or moved.', {
    hint: 'Restore the ledger from a backup.',
    ...(cause === undefined ? {} : { cause }),
  });
}
