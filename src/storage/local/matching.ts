import type Database from 'better-sqlite3';

/** Finds partners among what is staged by one link; see `LinkLedger.match`. */
export function matchStaged(
  database: Database.Database,
  link: string,
  ends: readonly [string, string],
): Readonly<Record<string, number>> {
  const [left, right] = ends;
  return database.transaction(() => {
    database.exec(
      `create temp table if not exists ambiguous (match_key blob primary key) without rowid; delete from temp.ambiguous`,
    );
    database
      .prepare(
        `insert into temp.ambiguous
             select match_key from (
               select match_key, end, 1 as open, 0 as linked from staged
                 where link = :link and person is null and match_key is not null and kind = 'record'
               union all
               select match_key, end, case when state = 'unlinked' then 1 else 0 end, case when state = 'linked' then 1 else 0 end from agreed
                 where link = :link and match_key in
                   (select match_key from staged where link = :link and person is null and match_key is not null and kind = 'record')
             ) group by match_key
             having sum(case when end = :left then open else 0 end) > 1
                 or sum(case when end = :right then open else 0 end) > 1
                 or sum(linked) > 0`,
      )
      .run({ link, left, right });
    const counts: Record<string, number> = {};
    for (const end of ends) {
      counts[end] = database
        .prepare(
          `update staged set ambiguous = 1 where link = ? and end = ? and person is null and ambiguous = 0
               and match_key in (select match_key from temp.ambiguous)`,
        )
        .run(link, end).changes;
    }
    database
      .prepare(
        `update staged set status = 'held', reason = 'ambiguous' where link = ? and person is null and status <> 'held'
             and match_key in (select match_key from temp.ambiguous)`,
      )
      .run(link);
    database
      .prepare(
        `update staged set ambiguous = 0, status = 'new', reason = null where link = ? and ambiguous = 1
             and (match_key is null or match_key not in (select match_key from temp.ambiguous))`,
      )
      .run(link);
    database
      .prepare(
        `update staged set status = 'held', reason = 'no-match-key' where link = ? and person is null and match_key is null and status = 'new' and kind = 'record'`,
      )
      .run(link);
    return counts;
  })();
}
