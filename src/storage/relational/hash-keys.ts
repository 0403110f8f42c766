/** Hashes that a key rotation had to leave stand are made and compared with the key that made them. */
import type { KeyRing } from '../keys.ts';
import { setMeta } from './meta.ts';
import type { Transaction } from './sql.ts';

const LINK = 'hash-key ';
const SUPPRESSION = 'suppression-key';

export interface HashKeys {
  /** Every key by which hashes of the ledger were made, beside its own. */
  readonly named: readonly string[];
  /** The ring of a link: its hashes, and those of the suppression list, are made with the keys that made them before. */
  ring(keys: KeyRing, name: string | undefined): KeyRing;
}

/** @param meta what the ledger remembers, as it was opened */
export function createHashKeys(meta: ReadonlyMap<string, string>): HashKeys {
  const entries = [...meta].filter(([key]) => key === SUPPRESSION || key.startsWith(LINK));
  return {
    named: [...new Set(entries.map(([, value]) => value))],
    ring(keys, name) {
      const own = name === undefined ? undefined : meta.get(LINK + name);
      return keys.hashingWith({ hash: own ?? keys.currentId, keyHash: meta.get(SUPPRESSION) ?? keys.currentId });
    },
  };
}

/** Names the key of a link's hashes; `undefined` for the key of the ledger. By the link's name in the ledger. */
export function setLinkHashKey(transaction: Transaction, name: string, keyId: string | undefined): void {
  setMeta(transaction, linkHashKey(name), keyId);
}

export function setSuppressionHashKey(transaction: Transaction, keyId: string | undefined): void {
  setMeta(transaction, SUPPRESSION, keyId);
}

/** The entry that names the key of a link, by the link's name. */
export function linkHashKey(name: string): string {
  return LINK + name;
}
