/**
 * Persons and their references, which all links share: a record that another link knows keeps its
 * person, and two persons who turn out to be one become one.
 */
import type { LinkLedger } from '../ledger.ts';
import type { MatchEnd } from '../matching.ts';
import type { PersonId } from '../person.ts';
import type { Sql, Transaction } from './sql.ts';

/** In place of the run that found a record deleted: it was merged into another one. */
const MERGED = 'merged';
/** In place of the run that made a person: somebody decided that two records are one. */
const DECIDED = 'decided';

interface Place {
  readonly integration: string;
  readonly object: string;
  readonly remoteId: string;
}

/** Who the persons and records of one transaction are, read at once and kept true while it goes on. */
interface KnownPersons {
  readonly persons: Set<PersonId>;
  /** By place. */
  readonly owners: Map<string, PersonId>;
}

/** What else tells rows of one person apart: two persons who are one may both have a row there. */
const DISTINCT: Readonly<Record<string, readonly string[]>> = {
  agreed: ['link', '"end"'],
  conflict: ['link', 'field'],
  swing: ['link', '"end"', 'field'],
};

export function createIdentities(sql: Sql, link: string, preview: boolean) {
  const { dialect } = sql;

  async function know(transaction: Transaction, persons: readonly PersonId[], places: readonly Place[]): Promise<KnownPersons> {
    const known: KnownPersons = { persons: new Set(), owners: new Map() };
    const rows = await transaction.all<{ id: string }>(
      `select id from person where id in ${dialect.texts('?')}`,
      JSON.stringify(persons),
    );
    for (const { id } of rows) known.persons.add(id);
    const byObject = Map.groupBy(places, ({ integration, object }) => `${integration}|${object}`);
    for (const [first, ...others] of [...byObject.values()] as [Place, ...Place[]][]) {
      const found = await transaction.all<{ remote_id: string; person: string }>(
        `select remote_id, person from reference where integration = ? and object = ? and deleted_run is null
         and remote_id in ${dialect.texts('?')}`,
        first.integration,
        first.object,
        JSON.stringify([first, ...others].map(({ remoteId }) => remoteId)),
      );
      for (const { remote_id: remoteId, person } of found) known.owners.set(placeOf({ ...first, remoteId }), person);
    }
    return known;
  }

  /** Everything that is known of a person belongs to another from now on. A link that knows both keeps two rows. */
  async function unite(transaction: Transaction, known: KnownPersons, from: PersonId, into: PersonId): Promise<void> {
    for (const table of ['agreed', 'reference', 'journal', 'staged', 'intent', 'conflict', 'swing', 'quarantine']) {
      const same = DISTINCT[table]?.map((column) => `other.${column} = ${table}.${column}`);
      const free =
        same === undefined
          ? ''
          : `and not exists (select 1 from ${table} other where other.person = :into and ${same.join(' and ')})`;
      transaction.write(`update ${table} set person = :into where person = :from ${free}`, { from, into });
    }
    transaction.write(`delete from person where id = :from and not exists (select 1 from agreed where person = :from)`, { from });
    if ((await transaction.get(`select 1 from person where id = ?`, from)) === undefined) known.persons.delete(from);
    for (const [place, owner] of known.owners) if (owner === from) known.owners.set(place, into);
  }

  async function claim(
    transaction: Transaction,
    known: KnownPersons,
    run: string,
    person: PersonId,
    place: Place,
    created: boolean,
  ): Promise<void> {
    const owner = known.owners.get(placeOf(place));
    if (owner !== undefined && owner !== person) await unite(transaction, known, owner, person);
    if (!known.persons.has(person))
      transaction.write(`insert into person (id, run) values (?, ?) on conflict do nothing`, person, run);
    transaction.write(
      `insert into reference (integration, object, remote_id, person, created_by_syncline) values (?, ?, ?, ?, ?)
       on conflict (integration, object, remote_id) do update set person = excluded.person, deleted_run = null,
         created_by_syncline = case when excluded.created_by_syncline > reference.created_by_syncline
           then excluded.created_by_syncline else reference.created_by_syncline end`,
      place.integration,
      place.object,
      place.remoteId,
      person,
      created ? 1 : 0,
    );
    known.persons.add(person);
    known.owners.set(placeOf(place), person);
  }

  const methods: Pick<LinkLedger, 'identify' | 'unidentify' | 'knownElsewhere' | 'createdBySyncline'> = {
    async identify(decided, records) {
      await sql.transaction(async (transaction) => {
        const known = await know(transaction, [], records);
        const person = records.map((record) => known.owners.get(placeOf(record))).find((owner) => owner !== undefined) ?? decided;
        for (const record of records) await claim(transaction, known, DECIDED, person, record, false);
      });
    },

    async unidentify(end, remoteIds) {
      if (preview) return;
      await sql.run(
        `delete from reference where integration = ? and object = ? and remote_id in ${dialect.texts('?')}
         and not exists (select 1 from agreed where agreed.person = reference.person)`,
        end.integration,
        end.object,
        JSON.stringify(remoteIds),
      );
    },

    async knownElsewhere(end, remoteIds, integration) {
      const rows = await sql.all<{ own_id: string; object: string; remote_id: string }>(
        `select own.remote_id own_id, other.object, other.remote_id from reference own join reference other on other.person = own.person
         where own.integration = ? and own.object = ? and own.remote_id in ${dialect.texts('?')}
           and own.deleted_run is null and other.integration = ? and other.deleted_run is null`,
        end.integration,
        end.object,
        JSON.stringify(remoteIds),
        integration,
      );
      const found = rows.map(({ own_id, object, remote_id: remoteId }) => ({ own: own_id, object, remoteId }));
      return Map.groupBy(found, ({ own }) => own);
    },

    async createdBySyncline(integration, object, remoteIds) {
      const rows = await sql.all<{ remote_id: string }>(
        `select remote_id from reference where integration = ? and object = ? and created_by_syncline = 1
         and remote_id in ${dialect.texts('?')}`,
        integration,
        object,
        JSON.stringify(remoteIds),
      );
      return new Set(rows.map((row) => row.remote_id));
    },
  };

  return {
    know,

    /** Returns the person that these records belong to: who another link knows already, or the one decided on. */
    async settle(
      transaction: Transaction,
      known: KnownPersons,
      run: string,
      decided: PersonId,
      records: readonly (Place & { readonly createdBySyncline: boolean })[],
    ): Promise<PersonId> {
      const owners = records.map((row) => known.owners.get(placeOf(row)));
      const person = known.persons.has(decided) ? decided : (owners.find((owner) => owner !== undefined) ?? decided);
      for (const row of records) await claim(transaction, known, run, person, row, row.createdBySyncline);
      return person;
    },

    /** A person goes by another record from now on. Whose record that is already stays who it is, as what is linked by it does. */
    async become(transaction: Transaction, run: string, person: PersonId, place: Place): Promise<void> {
      const known = await know(transaction, [person], [place]);
      const owner = known.owners.get(placeOf(place));
      if (owner === undefined) await claim(transaction, known, run, person, place, false);
      else if (owner !== person) await unite(transaction, known, person, owner);
    },

    /** The record of a person at an end is gone. */
    end(transaction: Transaction, run: string, person: PersonId, { name, integration, object }: MatchEnd): void {
      transaction.write(
        `update reference set deleted_run = ? where integration = ? and object = ? and person = ?
         and remote_id = (select remote_id from agreed where link = ? and "end" = ? and person = ?)`,
        run,
        integration,
        object,
        person,
        link,
        name,
        person,
      );
    },

    /** One record of a person took the place of another of the same object. */
    async succeed(transaction: Transaction, person: PersonId, from: Place, remoteId: string): Promise<void> {
      const place = { ...from, remoteId };
      await claim(transaction, await know(transaction, [person], [place]), MERGED, person, place, false);
      transaction.write(
        `update reference set deleted_run = ? where integration = ? and object = ? and remote_id = ?`,
        MERGED,
        from.integration,
        from.object,
        from.remoteId,
      );
    },

    methods,
  };
}

function placeOf({ integration, object, remoteId }: Place): string {
  return `${integration}|${object}|${remoteId}`;
}
