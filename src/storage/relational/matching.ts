/**
 * Who holds the keys of records that are not linked, gathered in sets: the part of matching that is a
 * database's work. It counts and names holders; who belongs to whom is decided in `src/records/match.ts`.
 *
 * Besides the declared keys, what a record is known by already counts as a key, the first of all: two
 * records that references tell to be one person are a pair whatever their fields say.
 */
import type { KeyGroup, MatchCandidate, MatchingLedger, RivalRecord } from '../matching.ts';
import { MATCHING_TABLES } from './ledger-schema.ts';
import type { Sql, SqlParameters } from './sql.ts';

/** Begins the name of a pairing with a person who lost the partner. */
export const PERSON_PAIRING = 'p:';
const AMBIGUOUS = '?';

/** Records that the link does not know: the only ones that are matched. */
const OPEN = `person is null and kind = 'record'`;

/** Whoever left the link still belongs to the other record. */
const TAKEN_STATE = `case when a.state = 'left' then 'linked' else a.state end`;

/** Whoever lost the partner, and is told to be gone as well by now, is nobody's partner any more. */
const STAYS = `not (a.state = 'unlinked' and exists (
  select 1 from staged t where t.link = a.link and t."end" = a."end" and t.remote_id = a.remote_id and t.kind = 'deleted'))`;

/** A record with something staged holds the keys of that; one agreed on before may be anybody's by now, however long the change waits. */
const IS_AS_AGREED = `not exists (
  select 1 from staged t where t.link = a.link and t."end" = a."end" and t.remote_id = a.remote_id
    and t.kind = 'record' and t.person is not null)`;

const HOLD = 'insert into key_holder (key, "end", remote_id, rank, state)';

/** Everybody else who holds a key that is gathered already. */
const OTHER_HOLDERS = [
  `${HOLD} select k.key, k."end", k.remote_id, k.rank, 'linked' from staged_key k
   join staged s on s.link = k.link and s."end" = k."end" and s.remote_id = k.remote_id
   where k.link = :link and s.person is not null and s.kind = 'record' and k.key in (select key from key_holder)
   on conflict do nothing`,
  `${HOLD} select k.key, k."end", k.remote_id, k.rank, ${TAKEN_STATE} from agreed_key k
   join agreed a on a.link = k.link and a."end" = k."end" and a.remote_id = k.remote_id
   where k.link = :link and a.state <> 'gone' and k.key in (select key from key_holder) and ${STAYS} and ${IS_AS_AGREED}
   on conflict do nothing`,
];

/** What a record that waits for nobody in particular goes by. */
const ALONE = `"end" || '|' || remote_id`;

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

export function createMatching(sql: Sql, link: string): MatchingLedger {
  const { dialect } = sql;
  let [left, right] = ['', ''];

  async function groupsOf(end: string, remoteIds: readonly string[]): Promise<Map<string, KeyGroup[]>> {
    const groups = new Map<string, KeyGroup[]>(remoteIds.map((remoteId) => [remoteId, []]));
    const rows = await sql.all<GroupRecord>(
      `select h."end", h.remote_id, h.key, g.left_count, g.right_count, g.taken, g.left_id, g.right_id
       from key_holder h left join key_group g on g.key = h.key
       where h."end" = ? and h.remote_id in ${dialect.texts('?')} order by h.remote_id, h.rank`,
      end,
      JSON.stringify(remoteIds),
    );
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
      await sql.transaction(async (transaction) => {
        for (const table of Object.keys(MATCHING_TABLES)) transaction.write(`delete from ${table}`);
        if ((await transaction.get(`select 1 from staged where link = ? and ${OPEN} limit 1`, link)) === undefined) return;
        transaction.write(
          `${HOLD} select k.key, k."end", k.remote_id, k.rank, 'open' from staged s
           join staged_key k on k.link = s.link and k."end" = s."end" and k.remote_id = s.remote_id where s.link = :link and s.${OPEN}
           on conflict do nothing`,
          { link },
        );
        for (const { name, integration, object } of ends)
          transaction.write(
            `${HOLD} select ${dialect.bytesOf(`'${PERSON_PAIRING}' || r.person`)}, s."end", s.remote_id, -1, 'open' from staged s
             join reference r on r.integration = :integration and r.object = :object and r.remote_id = s.remote_id and r.deleted_run is null
             where s.link = :link and s.${OPEN} and s."end" = :name
             on conflict do nothing`,
            { link, name, integration, object },
          );
        transaction.write(
          `${HOLD} select ${dialect.bytesOf(`'${PERSON_PAIRING}' || a.person`)}, a."end", a.remote_id, -1, ${TAKEN_STATE} from agreed a
           where a.link = :link and a.state <> 'gone' and a."end" in (:left, :right) and ${STAYS}
             and a.person in (select substr(${dialect.textOf('key')}, ${PERSON_PAIRING.length + 1}) from key_holder where rank = -1)
           on conflict do nothing`,
          { link, left, right },
        );
        for (const statement of OTHER_HOLDERS) transaction.write(statement, { link });
        // What an unlinked record says by its other keys counts as well.
        transaction.write(
          `${HOLD} select k.key, k."end", k.remote_id, k.rank, 'unlinked' from agreed_key k
           where k.link = :link and exists (
             select 1 from key_holder h where h."end" = k."end" and h.remote_id = k.remote_id and h.state = 'unlinked')
           on conflict do nothing`,
          { link },
        );
        for (const statement of OTHER_HOLDERS) transaction.write(statement, { link });
        transaction.write(
          `insert into key_group (key, left_count, right_count, taken, left_id, right_id)
           select key, count(case when "end" = :left then 1 end), count(case when "end" <> :left then 1 end),
             max(case when state = 'linked' then 1 else 0 end),
             min(case when "end" = :left then remote_id end), min(case when "end" <> :left then remote_id end)
           from key_holder group by key having count(*) > 1`,
          { left },
        );
        transaction.write(
          `insert into contested ("end", remote_id) select h."end", h.remote_id from key_holder h
           where h.state = 'open' and h.key in (select key from key_group)
           on conflict do nothing`,
        );
        transaction.write(
          `update staged set status = case when pairing is not distinct from ${ALONE} then status else 'new' end,
             reason = case when pairing is not distinct from ${ALONE} then reason end, pairing = ${ALONE}
           where link = :link and ${OPEN} and length(match_keys) > 0 and pairing is distinct from ${ALONE}
             and not exists (select 1 from contested c where c."end" = staged."end" and c.remote_id = staged.remote_id)`,
          { link },
        );
        transaction.write(
          `update staged set status = 'held', reason = 'no-match-key', pairing = null
           where link = :link and ${OPEN} and length(match_keys) = 0 and (status <> 'held' or pairing is not null)
             and not exists (select 1 from contested c where c."end" = staged."end" and c.remote_id = staged.remote_id)`,
          { link },
        );
      });
    },

    async matchCandidates(after, limit) {
      const rows = await sql.all<{ end: string; remote_id: string }>(
        `select "end", remote_id from contested where ("end", remote_id) > (?, ?) order by "end", remote_id limit ?`,
        after?.end ?? '',
        after?.remoteId ?? '',
        limit,
      );
      const groups = new Map<string, Map<string, KeyGroup[]>>();
      for (const [end, members] of Map.groupBy(rows, (row) => row.end))
        groups.set(
          end,
          await groupsOf(
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

    matchCandidatesById: groupsOf,

    async settleMatches(verdicts) {
      const paired = verdicts.filter(({ pair }) => pair !== undefined && pair !== 'ambiguous');
      return sql.transaction(async (transaction) => {
        const persons = await transaction.each<{ person: string }>(
          `select person from agreed where link = ? and "end" = ? and remote_id = ? and state = 'unlinked'`,
          paired.map(({ end, pair }): SqlParameters => [
            link,
            end === left ? right : left,
            (pair as Exclude<typeof pair, 'ambiguous' | undefined>).partner,
          ]),
        );
        const personOf = new Map(paired.map((verdict, index) => [verdict, persons[index]![0]?.person]));
        const held = verdicts.filter(({ pair }) => pair === 'ambiguous');
        const before = await transaction.each<{ pairing: string | null }>(
          `select pairing from staged where link = ? and "end" = ? and remote_id = ?`,
          held.map(({ end, remoteId }): SqlParameters => [link, end, remoteId]),
        );
        for (const verdict of verdicts) {
          const { end, remoteId, pair: decided } = verdict;
          if (decided === 'ambiguous') {
            transaction.write(
              `update staged set pairing = '${AMBIGUOUS}', status = 'held', reason = 'ambiguous' where link = ? and "end" = ? and remote_id = ?`,
              link,
              end,
              remoteId,
            );
            continue;
          }
          const person = personOf.get(verdict);
          const name =
            decided === undefined ? `${end}|${remoteId}` : person === undefined ? `k:${decided.key}` : PERSON_PAIRING + person;
          transaction.write(
            `update staged set pairing = :name, status = 'new', reason = null
             where link = :link and "end" = :end and remote_id = :remoteId and pairing is distinct from :name`,
            { name, link, end, remoteId },
          );
        }
        return held.filter((_, index) => before[index]![0]?.pairing !== AMBIGUOUS);
      });
    },

    async ambiguousRecords() {
      const rows = await sql.all<{ end: string; remote_id: string }>(
        `select "end", remote_id from staged where link = ? and pairing = '${AMBIGUOUS}'`,
        link,
      );
      return rows.map((row) => ({ end: row.end, remoteId: row.remote_id }));
    },

    async rivals(end, remoteId, limit) {
      const rows = await sql.all<{ end: string; remote_id: string; linked: number }>(
        `select other."end", other.remote_id, max(case when other.state = 'linked' then 1 else 0 end) as linked
         from key_holder own join key_holder other on other.key = own.key
         where own."end" = :end and own.remote_id = :remoteId and (other."end" <> :end or other.remote_id <> :remoteId)
         group by other."end", other.remote_id order by other."end", other.remote_id limit :limit`,
        { end, remoteId, limit },
      );
      return rows.map((row): RivalRecord => ({ end: row.end, remoteId: row.remote_id, linked: row.linked === 1 }));
    },
  };
}
