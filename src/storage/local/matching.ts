/**
 * Who holds the keys of records that are not linked, gathered in sets: the part of matching that is a
 * database's work. It counts and names holders; who belongs to whom is decided in `src/records/match.ts`.
 *
 * Besides the declared keys, what a record is known by already counts as a key, the first of all: two
 * records that references tell to be one person are a pair whatever their fields say.
 */
import type Database from 'better-sqlite3';
import type { KeyGroup, MatchCandidate, MatchingLedger, RivalRecord } from '../matching.ts';

/** Begins the name of a pairing with a person who lost the partner. */
export const PERSON_PAIRING = 'p:';
const AMBIGUOUS = '?';

const TABLES = `
  create temp table if not exists key_holder (
    key blob not null, end text not null, remote_id text not null, rank integer not null, state text not null,
    primary key (key, end, remote_id)
  ) without rowid;
  create index if not exists temp.key_holder_record on key_holder (end, remote_id);
  create temp table if not exists key_group (
    key blob primary key, left_count integer not null, right_count integer not null, taken integer not null,
    left_id text, right_id text
  ) without rowid;
  create temp table if not exists contested (
    end text not null, remote_id text not null, primary key (end, remote_id)
  ) without rowid;
`;

const FORGET = 'delete from temp.key_holder; delete from temp.key_group; delete from temp.contested;';

/** Records that the link does not know: the only ones that are matched. */
const OPEN = `person is null and kind = 'record'`;

/** Whoever left the link still belongs to the other record. */
const TAKEN_STATE = `case when a.state = 'left' then 'linked' else a.state end`;

/** Whoever lost the partner, and is told to be gone as well by now, is nobody's partner any more. */
const STAYS = `not (a.state = 'unlinked' and exists (
  select 1 from staged t where t.link = a.link and t.end = a.end and t.remote_id = a.remote_id and t.kind = 'deleted'))`;

/** Everybody else who holds a key that is gathered already. */
const OTHER_HOLDERS = [
  `insert or ignore into temp.key_holder
   select k.key, k.end, k.remote_id, k.rank, 'linked' from staged_key k
   join staged s on s.link = k.link and s.end = k.end and s.remote_id = k.remote_id
   where k.link = :link and s.person is not null and s.kind = 'record' and k.key in (select key from temp.key_holder)`,
  `insert or ignore into temp.key_holder
   select k.key, k.end, k.remote_id, k.rank, ${TAKEN_STATE} from agreed_key k
   join agreed a on a.link = k.link and a.end = k.end and a.remote_id = k.remote_id
   where k.link = :link and a.state <> 'gone' and k.key in (select key from temp.key_holder) and ${STAYS}`,
];

interface GroupRecord {
  end: string;
  remote_id: string;
  key: Buffer;
  left_count: number | null;
  right_count: number | null;
  taken: number | null;
  left_id: string | null;
  right_id: string | null;
}

export function createMatching(database: Database.Database, link: string): MatchingLedger {
  // Before anything else is prepared: every statement is compiled anew after a table was made.
  database.exec(TABLES);
  let [left, right] = ['', ''];

  function groupsOf(end: string, remoteIds: readonly string[]): Map<string, KeyGroup[]> {
    const groups = new Map<string, KeyGroup[]>(remoteIds.map((remoteId) => [remoteId, []]));
    const rows = database
      .prepare<unknown[], GroupRecord>(
        `select h.end, h.remote_id, h.key, g.left_count, g.right_count, g.taken, g.left_id, g.right_id
         from json_each(?) wanted cross join temp.key_holder h on h.end = ? and h.remote_id = wanted.value
         left join temp.key_group g on g.key = h.key order by h.remote_id, h.rank`,
      )
      .all(JSON.stringify(remoteIds), end);
    for (const row of rows) groups.get(row.remote_id)!.push(groupOf(row));
    return groups;
  }

  function groupOf(row: GroupRecord): KeyGroup {
    const isLeft = row.end === left;
    const [own, other] = isLeft ? [row.left_count, row.right_count] : [row.right_count, row.left_count];
    return {
      key: row.key.toString('hex'),
      alike: (own ?? 1) - 1,
      opposite: other ?? 0,
      taken: row.taken === 1,
      partner: other === 1 ? ((isLeft ? row.right_id : row.left_id) ?? undefined) : undefined,
    };
  }

  return {
    async gatherMatches(ends) {
      [left, right] = [ends[0].name, ends[1].name];
      database.transaction(() => {
        database.exec(FORGET);
        if (database.prepare(`select 1 from staged where link = ? and ${OPEN} limit 1`).get(link) === undefined) return;
        database
          .prepare(
            `insert or ignore into temp.key_holder
             select k.key, k.end, k.remote_id, k.rank, 'open' from staged s
             join staged_key k on k.link = s.link and k.end = s.end and k.remote_id = s.remote_id where s.link = :link and s.${OPEN}`,
          )
          .run({ link });
        const byReference = database.prepare(
          `insert or ignore into temp.key_holder
           select cast('${PERSON_PAIRING}' || r.person as blob), s.end, s.remote_id, -1, 'open' from staged s
           join reference r on r.integration = :integration and r.object = :object and r.remote_id = s.remote_id and r.deleted_run is null
           where s.link = :link and s.${OPEN} and s.end = :name`,
        );
        for (const { name, integration, object } of ends) byReference.run({ link, name, integration, object });
        database
          .prepare(
            `insert or ignore into temp.key_holder
             select cast('${PERSON_PAIRING}' || a.person as blob), a.end, a.remote_id, -1, ${TAKEN_STATE} from agreed a
             where a.link = :link and a.state <> 'gone' and a.end in (:left, :right) and ${STAYS}
               and a.person in (select substr(cast(key as text), ${PERSON_PAIRING.length + 1}) from temp.key_holder where rank = -1)`,
          )
          .run({ link, left, right });
        for (const statement of OTHER_HOLDERS) database.prepare(statement).run({ link });
        // What an unlinked record says by its other keys counts as well.
        database
          .prepare(
            `insert or ignore into temp.key_holder
             select k.key, k.end, k.remote_id, k.rank, 'unlinked' from agreed_key k
             where k.link = :link and exists (
               select 1 from temp.key_holder h where h.end = k.end and h.remote_id = k.remote_id and h.state = 'unlinked')`,
          )
          .run({ link });
        for (const statement of OTHER_HOLDERS) database.prepare(statement).run({ link });
        database
          .prepare(
            `insert into temp.key_group
             select key, sum(end = :left), sum(end <> :left), max(state = 'linked'),
               min(case when end = :left then remote_id end), min(case when end <> :left then remote_id end)
             from temp.key_holder group by key having count(*) > 1`,
          )
          .run({ left });
        database.exec(
          `insert or ignore into temp.contested select h.end, h.remote_id from temp.key_holder h
           where h.state = 'open' and h.key in (select key from temp.key_group)`,
        );
        database
          .prepare(
            `update staged set status = case when pairing is end || '|' || remote_id then status else 'new' end,
               reason = case when pairing is end || '|' || remote_id then reason end, pairing = end || '|' || remote_id
             where link = :link and ${OPEN} and length(match_keys) > 0 and pairing is not end || '|' || remote_id
               and not exists (select 1 from temp.contested c where c.end = staged.end and c.remote_id = staged.remote_id)`,
          )
          .run({ link });
        database
          .prepare(
            `update staged set status = 'held', reason = 'no-match-key', pairing = null
             where link = :link and ${OPEN} and length(match_keys) = 0 and (status <> 'held' or pairing is not null)
               and not exists (select 1 from temp.contested c where c.end = staged.end and c.remote_id = staged.remote_id)`,
          )
          .run({ link });
      })();
    },

    async matchCandidates(after, limit) {
      const rows = database
        .prepare<unknown[], { end: string; remote_id: string }>(
          `select end, remote_id from temp.contested where (end, remote_id) > (?, ?) order by end, remote_id limit ?`,
        )
        .all(after?.end ?? '', after?.remoteId ?? '', limit);
      const groups = new Map<string, Map<string, KeyGroup[]>>();
      for (const [end, members] of Map.groupBy(rows, (row) => row.end))
        groups.set(
          end,
          groupsOf(
            end,
            members.map((row) => row.remote_id),
          ),
        );
      return rows.map(({ end, remote_id: remoteId }): MatchCandidate => ({
        end,
        remoteId,
        groups: groups.get(end)!.get(remoteId)!,
      }));
    },

    async matchCandidatesById(end, remoteIds) {
      return groupsOf(end, remoteIds);
    },

    async settleMatches(verdicts) {
      const personOf = database.prepare<unknown[], { person: string }>(
        `select person from agreed where link = ? and end = ? and remote_id = ? and state = 'unlinked'`,
      );
      const pair = database.prepare(
        `update staged set pairing = ?, status = 'new', reason = null where link = ? and end = ? and remote_id = ? and pairing is not ?`,
      );
      const wasAmbiguous = database.prepare<unknown[], { pairing: string | null }>(
        `select pairing from staged where link = ? and end = ? and remote_id = ?`,
      );
      const hold = database.prepare(
        `update staged set pairing = '${AMBIGUOUS}', status = 'held', reason = 'ambiguous' where link = ? and end = ? and remote_id = ?`,
      );
      let ambiguous = 0;
      database.transaction(() => {
        for (const { end, remoteId, pair: decided } of verdicts) {
          if (decided === 'ambiguous') {
            if (wasAmbiguous.get(link, end, remoteId)?.pairing !== AMBIGUOUS) ambiguous += 1;
            hold.run(link, end, remoteId);
            continue;
          }
          const person =
            decided === undefined ? undefined : personOf.get(link, end === left ? right : left, decided.partner)?.person;
          const name =
            decided === undefined ? `${end}|${remoteId}` : person === undefined ? `k:${decided.key}` : PERSON_PAIRING + person;
          pair.run(name, link, end, remoteId, name);
        }
      })();
      return ambiguous;
    },

    async rivals(end, remoteId, limit) {
      return database
        .prepare<unknown[], { end: string; remote_id: string; linked: number }>(
          `select other.end, other.remote_id, max(other.state = 'linked') as linked
           from temp.key_holder own join temp.key_holder other on other.key = own.key
           where own.end = :end and own.remote_id = :remoteId and (other.end <> :end or other.remote_id <> :remoteId)
           group by other.end, other.remote_id order by other.end, other.remote_id limit :limit`,
        )
        .all({ end, remoteId, limit })
        .map((row): RivalRecord => ({ end: row.end, remoteId: row.remote_id, linked: row.linked === 1 }));
    },
  };
}
