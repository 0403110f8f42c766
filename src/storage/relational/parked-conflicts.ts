import type { ConflictLedger, ParkedConflict } from '../conflicts.ts';
import type { Settlement } from '../ledger.ts';
import type { RowCodec } from './ledger-rows.ts';
import type { Sql, SqlValue, Transaction } from './sql.ts';

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
export function createParkedConflicts(sql: Sql, codec: RowCodec, link: string) {
  async function find(condition: string, ...parameters: SqlValue[]): Promise<readonly ParkedConflict[]> {
    const rows = await sql.all<ConflictRecord>(
      `select person, field, name, hash, policy, content, since, take, taken_at, taken_by, voided,
         (select ${sql.dialect.objectOf('"end"', 'remote_id')} from agreed
          where agreed.link = conflict.link and agreed.person = conflict.person) as remote_ids
       from conflict where link = ? ${condition}`,
      link,
      ...parameters,
    );
    return rows.map(openConflict);
  }

  return {
    /** @param persons as a JSON array */
    ofPersons(persons: string): Promise<readonly ParkedConflict[]> {
      return find(`and person in ${sql.dialect.texts('?')} order by field`, persons);
    },

    /** Part of the caller's transaction. */
    replace(transaction: Transaction, person: string, parked: NonNullable<Settlement['parked']>): void {
      transaction.write(`delete from conflict where link = ? and person = ?`, link, person);
      for (const { field, name, hash, policy, content, since, resolution, voided } of parked) {
        transaction.write(
          INSERT, link, person, field, name, hash, policy, codec.seal(placeOf(person, field), content), since,
          resolution?.take ?? null, resolution?.at ?? null, resolution?.by ?? null, voided ?? null,
        ); // prettier-ignore
      }
    },

    methods: {
      parked() {
        return find('order by since, person, field');
      },

      async resolve(resolutions) {
        await sql.transaction((transaction) => {
          for (const { person, field, hash, resolution } of resolutions)
            transaction.write(RESOLVE, resolution.take, resolution.at, resolution.by, link, person, field, hash);
        });
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

const INSERT = `
  insert into conflict (link, person, field, name, hash, policy, content, since, take, taken_at, taken_by, voided)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const RESOLVE = `
  update conflict set take = ?, taken_at = ?, taken_by = ?, voided = null
  where link = ? and person = ? and field = ? and hash = ?`;
