/** Hashes that a key rotation had to leave stand are made and compared with the key that made them. */
import type Database from 'better-sqlite3';
import type { KeyRing } from '../keys.ts';

const LINK = 'hash-key ';
const SUPPRESSION = 'suppression-key';

export interface HashKeys {
  /** Names the key of a link's hashes; `undefined` for the key of the ledger. By the link's name in the ledger. */
  setLink(name: string, keyId: string | undefined): void;
  setSuppression(keyId: string | undefined): void;
  /** The ring of a link: its hashes, and those of the suppression list, are made with the keys that made them before. */
  ring(keys: KeyRing, name: string | undefined): KeyRing;
}

export function createHashKeys(database: Database.Database): HashKeys {
  const select = database.prepare<[string], { value: string }>(`select value from meta where key = ?`);
  function set(name: string, keyId: string | undefined): void {
    if (keyId === undefined) database.prepare(`delete from meta where key = ?`).run(name);
    else database.prepare(`insert or replace into meta (key, value) values (?, ?)`).run(name, keyId);
  }
  return {
    setLink: (name, keyId) => set(LINK + name, keyId),
    setSuppression: (keyId) => set(SUPPRESSION, keyId),
    ring(keys, name) {
      const own = name === undefined ? undefined : select.get(LINK + name)?.value;
      const listed = select.get(SUPPRESSION)?.value;
      return keys.hashingWith({ hash: own ?? keys.currentId, keyHash: listed ?? keys.currentId });
    },
  };
}

/** The entry that names the key of a link, by the link's name. */
export function linkHashKey(name: string): string {
  return LINK + name;
}

/** Every key by which hashes of the ledger were made, beside its own. */
export function namedHashKeys(database: Database.Database): readonly string[] {
  return database
    .prepare<[string, string], { value: string }>(
      `select distinct value from meta where key = ? or substr(key, 1, ${LINK.length}) = ?`,
    )
    .all(SUPPRESSION, LINK)
    .map(({ value }) => value);
}
