/**
 * Persons and their references, which all links share: a record that another link knows keeps its
 * person, and two persons who turn out to be one become one.
 */
import type Database from 'better-sqlite3';
import type { MatchEnd } from '../matching.ts';
import type { PersonId } from '../person.ts';

/** In place of the run that found a record deleted: it was merged into another one. */
const MERGED = 'merged';

interface Place {
  readonly integration: string;
  readonly object: string;
  readonly remoteId: string;
}

export function createIdentities(database: Database.Database, link: string) {
  const personOf = database.prepare<unknown[], { person: string }>(
    `select person from reference where integration = ? and object = ? and remote_id = ? and deleted_run is null`,
  );
  const isKnown = database.prepare(`select 1 from person where id = ?`);
  const insertPerson = database.prepare(`insert or ignore into person (id, run) values (?, ?)`);
  const insertReference = database.prepare(
    `insert into reference (integration, object, remote_id, person, created_by_syncline) values (?, ?, ?, ?, ?)
     on conflict (integration, object, remote_id) do update set
       person = excluded.person, created_by_syncline = max(created_by_syncline, excluded.created_by_syncline), deleted_run = null`,
  );

  /** Everything that is known of a person belongs to another from now on. A link that knows both keeps two rows. */
  function unite(from: PersonId, into: PersonId): void {
    for (const table of ['agreed', 'reference', 'journal', 'staged', 'intent', 'conflict', 'swing', 'quarantine'])
      database.prepare(`update or ignore ${table} set person = ? where person = ?`).run(into, from);
    database.prepare(`delete from person where id = ? and not exists (select 1 from agreed where person = ?)`).run(from, from);
  }

  function claim(run: string, person: PersonId, place: Place, created: boolean): void {
    const owner = personOf.get(place.integration, place.object, place.remoteId)?.person;
    if (owner !== undefined && owner !== person) unite(owner, person);
    insertPerson.run(person, run);
    insertReference.run(place.integration, place.object, place.remoteId, person, created ? 1 : 0);
  }

  return {
    /** Returns the person that these records belong to: who another link knows already, or the one decided on. */
    settle(run: string, decided: PersonId, records: readonly (Place & { readonly createdBySyncline: boolean })[]): PersonId {
      const owners = records.map((row) => personOf.get(row.integration, row.object, row.remoteId)?.person);
      const person = isKnown.get(decided) === undefined ? (owners.find((owner) => owner !== undefined) ?? decided) : decided;
      for (const row of records) claim(run, person, row, row.createdBySyncline);
      return person;
    },

    /** A person goes by another record from now on. Whose record that is already stays who it is, as what is linked by it does. */
    become(run: string, person: PersonId, place: Place): void {
      const owner = personOf.get(place.integration, place.object, place.remoteId)?.person;
      if (owner === undefined) claim(run, person, place, false);
      else if (owner !== person) unite(person, owner);
    },

    /** The record of a person at an end is gone. */
    end(run: string, person: PersonId, { name, integration, object }: MatchEnd): void {
      database
        .prepare(
          `update reference set deleted_run = ? where integration = ? and object = ? and person = ?
           and remote_id = (select remote_id from agreed where link = ? and end = ? and person = ?)`,
        )
        .run(run, integration, object, person, link, name, person);
    },

    /** One record of a person took the place of another of the same object. */
    succeed(person: PersonId, from: Place, remoteId: string): void {
      claim(MERGED, person, { ...from, remoteId }, false);
      database
        .prepare(`update reference set deleted_run = ? where integration = ? and object = ? and remote_id = ?`)
        .run(MERGED, from.integration, from.object, from.remoteId);
    },

    knownElsewhere(end: MatchEnd, remoteIds: readonly string[], integration: string): ReadonlySet<string> {
      const rows = database
        .prepare<unknown[], { remote_id: string }>(
          `select own.remote_id from json_each(?) wanted
           cross join reference own on own.integration = ? and own.object = ? and own.remote_id = wanted.value
           where own.deleted_run is null and exists (select 1 from reference other
             where other.person = own.person and other.integration = ? and other.deleted_run is null)`,
        )
        .all(JSON.stringify(remoteIds), end.integration, end.object, integration);
      return new Set(rows.map((row) => row.remote_id));
    },
  };
}
