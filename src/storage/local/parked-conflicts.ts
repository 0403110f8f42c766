import type Database from 'better-sqlite3';
import type { ConflictLedger, ParkedConflict } from '../conflicts.ts';
import type { Settlement } from '../ledger.ts';
import type { RowCodec } from './ledger-rows.ts';

interface ConflictRecord {
  person: string;
  field: string;
  name: string;
  hash: Buffer;
  policy: string;
  content: Buffer;
  since: string;
  take: string | null;
  taken_at: string | null;
  taken_by: string | null;
  voided: string | null;
  remote_ids: string;
}

/** Fields of one link that wait for a person to decide. */
export function createParkedConflicts(database: Database.Database, codec: RowCodec, link: string) {
  const select = `select person, field, name, hash, policy, content, since, take, taken_at, taken_by, voided,
      (select json_group_object(end, remote_id) from agreed where agreed.link = conflict.link and agreed.person = conflict.person) as remote_ids
    from conflict where link = ?`;
  const ofPersons = database.prepare<unknown[], ConflictRecord>(
    `${select} and person in (select value from json_each(?)) order by field`,
  );
  const forget = database.prepare(`delete from conflict where link = ? and person = ?`);

  return {
    /** @param persons as a JSON array */
    ofPersons(persons: string): readonly ParkedConflict[] {
      return ofPersons.all(link, persons).map(openConflict);
    },

    replace(person: string, parked: NonNullable<Settlement['parked']>): void {
      forget.run(link, person);
      if (parked.length === 0) return;
      const insert = database.prepare(
        `insert into conflict (link, person, field, name, hash, policy, content, since, take, taken_at, taken_by, voided)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const { field, name, hash, policy, content, since, resolution, voided } of parked) {
        insert.run(
          link, person, field, name, hash, policy, codec.seal(placeOf(person, field), content), since,
          resolution?.take ?? null, resolution?.at ?? null, resolution?.by ?? null, voided ?? null,
        ); // prettier-ignore
      }
    },

    methods: {
      async parked() {
        return database.prepare<unknown[], ConflictRecord>(`${select} order by since, person, field`).all(link).map(openConflict);
      },

      async resolve(resolutions) {
        const update = database.prepare(
          `update conflict set take = ?, taken_at = ?, taken_by = ?, voided = null where link = ? and person = ? and field = ? and hash = ?`,
        );
        database.transaction(() => {
          for (const { person, field, hash, resolution } of resolutions)
            update.run(resolution.take, resolution.at, resolution.by, link, person, field, hash);
        })();
      },
    } satisfies Pick<ConflictLedger, 'parked' | 'resolve'>,
  };

  function openConflict(record: ConflictRecord): ParkedConflict {
    const { person, field, take } = record;
    let content: ParkedConflict['content'] | undefined;
    return {
      person,
      field,
      name: record.name,
      hash: record.hash,
      policy: record.policy,
      since: record.since,
      resolution: take === null ? undefined : { take, at: record.taken_at!, by: record.taken_by! },
      voided: record.voided ?? undefined,
      remoteIds: JSON.parse(record.remote_ids) as Record<string, string>,
      // Every cycle asks which conflicts there are, and only a listing what is in them.
      get content() {
        content ??= codec.open(placeOf(person, field), record.content) as ParkedConflict['content'];
        return content;
      },
    };
  }
}

function placeOf(person: string, field: string): string {
  return `conflict|${person}|${field}`;
}
