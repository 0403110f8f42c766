/**
 * Links go by a name of their own in the ledger: the address under which they were first applied. It
 * stands in every row, and is sealed into what is encrypted; so a link that is given another address
 * keeps its name, and no row has to be written anew.
 */
import type Database from 'better-sqlite3';
import { linkHashKey } from './hash-keys.ts';

const MOVING = 'moving';

/** The name of the link at an address. */
export function linkNameOf(database: Database.Database, address: string): string {
  const known = database.prepare<[string], { name: string }>(`select name from link_name where address = ?`).get(address)?.name;
  if (known !== undefined) return known;
  const isTaken = database.prepare<[string], { name: string }>(`select name from link_name where name = ?`);
  let name = address;
  for (let number = 2; isTaken.get(name) !== undefined; number += 1) name = `${address}~${number}`;
  return name;
}

/** The address of a link by its name. */
export function linkAddressOf(database: Database.Database, name: string): string {
  return (
    database.prepare<[string], { address: string }>(`select address from link_name where name = ?`).get(name)?.address ??
    name.replace(/~\d+$/, '')
  );
}

/** Notes a move that the state is about to make; `settleMove` carries it out or drops it. */
export function beginMove(database: Database.Database, from: string, to: string): void {
  database.prepare(`insert or replace into meta (key, value) values (?, ?)`).run(MOVING, JSON.stringify({ from, to }));
}

/** Carries out a move that the state has made: so a crash between the two leaves none of them behind. */
export function settleMove(database: Database.Database, isApplied: (address: string) => boolean): void {
  const noted = database.prepare<[string], { value: string }>(`select value from meta where key = ?`).get(MOVING)?.value;
  if (noted === undefined) return;
  const { from, to } = JSON.parse(noted) as { from: string; to: string };
  database.transaction(() => {
    if (isApplied(to) && !isApplied(from)) rename(database, from, to);
    database.prepare(`delete from meta where key = ?`).run(MOVING);
  })();
}

function rename(database: Database.Database, from: string, to: string): void {
  // Of an earlier link at the new address something may be left; the moved one must not be mixed with it.
  forgetLink(database, to);
  const name = linkNameOf(database, from);
  database.prepare(`delete from link_name where address in (?, ?)`).run(from, to);
  database.prepare(`insert into link_name (address, name) values (?, ?)`).run(to, name);
}

/** Forgets all that is kept for a link, but for the journal. */
export function forgetLink(database: Database.Database, address: string): void {
  const name = linkNameOf(database, address);
  const tables = database
    .prepare<[], { name: string }>(
      `select name from main.sqlite_master as tables where type = 'table' and name <> 'journal'
       and exists (select 1 from pragma_table_info(tables.name) where name = 'link')`,
    )
    .all();
  database.transaction(() => {
    for (const table of tables) database.prepare(`delete from main.${table.name} where link = ?`).run(name);
    database.prepare(`delete from meta where key in (?, ?, ?)`).run(`unfinished ${name}`, `refreshed ${name}`, linkHashKey(name));
  })();
}
