/**
 * Links go by a name of their own in the ledger: the address under which they were first applied. It
 * stands in every row, and is sealed into what is encrypted; so a link that is given another address
 * keeps its name, and no row has to be written anew.
 */
import { linkHashKey } from './hash-keys.ts';
import { LEDGER_TABLES } from './ledger-schema.ts';
import { metaValue, setMeta } from './meta.ts';
import type { Sql, Transaction } from './sql.ts';

const MOVING = 'moving';

/** Names by address, as they were stored when the ledger was opened, and as this process changes them. */
export interface LinkNames {
  /** The name of the link at an address. */
  nameOf(address: string): string;
  /** The address of a link by its name. */
  addressOf(name: string): string;
  move(from: string, to: string): void;
}

export function createLinkNames(stored: readonly { readonly address: string; readonly name: string }[]): LinkNames {
  const names = new Map(stored.map(({ address, name }) => [address, name]));
  const addresses = new Map(stored.map(({ address, name }) => [name, address]));

  function nameOf(address: string): string {
    const known = names.get(address);
    if (known !== undefined) return known;
    let name = address;
    for (let number = 2; addresses.has(name); number += 1) name = `${address}~${number}`;
    return name;
  }

  return {
    nameOf,
    addressOf: (name) => addresses.get(name) ?? name.replace(/~\d+$/, ''),
    move(from, to) {
      const name = nameOf(from);
      const replaced = names.get(to);
      if (replaced !== undefined) addresses.delete(replaced);
      names.delete(from);
      names.set(to, name);
      addresses.set(name, to);
    },
  };
}

/** Notes a move that the state is about to make; `settleMove` carries it out or drops it. */
export async function beginMove(sql: Sql, from: string, to: string): Promise<void> {
  await sql.transaction((transaction) => setMeta(transaction, MOVING, JSON.stringify({ from, to })));
}

/**
 * Carries out a move that the state has made: so a crash between the two leaves none of them behind.
 * @returns the name of whatever was at the new address before, all of which is forgotten
 */
export async function settleMove(
  sql: Sql,
  names: LinkNames,
  isApplied: (address: string) => boolean,
): Promise<string | undefined> {
  const noted = await metaValue(sql, MOVING);
  if (noted === undefined) return undefined;
  const { from, to } = JSON.parse(noted) as { from: string; to: string };
  const isMade = isApplied(to) && !isApplied(from);
  await sql.transaction((transaction) => {
    if (isMade) rename(transaction, names, from, to);
    setMeta(transaction, MOVING, undefined);
  });
  if (!isMade) return undefined;
  const replaced = names.nameOf(to);
  names.move(from, to);
  return replaced;
}

function rename(transaction: Transaction, names: LinkNames, from: string, to: string): void {
  // Of an earlier link at the new address something may be left; the moved one must not be mixed with it.
  forgetRows(transaction, names.nameOf(to));
  transaction.write(`delete from link_name where address in (?, ?)`, from, to);
  transaction.write(`insert into link_name (address, name) values (?, ?)`, to, names.nameOf(from));
}

/** Forgets all that is kept for a link, but for the journal. */
export async function forgetLink(sql: Sql, names: LinkNames, address: string): Promise<void> {
  await sql.transaction((transaction) => forgetRows(transaction, names.nameOf(address)));
}

const LINK_TABLES = Object.entries(LEDGER_TABLES).flatMap(([name, { columns }]) =>
  name !== 'journal' && 'link' in columns ? [name] : [],
);

function forgetRows(transaction: Transaction, name: string): void {
  for (const table of LINK_TABLES) transaction.write(`delete from ${table} where link = ?`, name);
  for (const key of [`unfinished ${name}`, `owed ${name}`, `refreshed ${name}`, linkHashKey(name)])
    setMeta(transaction, key, undefined);
}
