/** What a link remembers of its own course: how far its ends were read, and what was begun, refreshed or allowed. */
import type { LinkLedger, OwedPlan, UnfinishedApply } from '../ledger.ts';
import { metaValue, setMeta } from './meta.ts';
import type { Sql } from './sql.ts';

type LinkNotes = Pick<
  LinkLedger,
  | 'cursor'
  | 'confirmRead'
  | 'unfinishedApply'
  | 'noteUnfinishedApply'
  | 'owedPlan'
  | 'noteOwedPlan'
  | 'valuesRefreshed'
  | 'noteValuesRefreshed'
  | 'guardPasses'
  | 'noteGuardPass'
>;

export function createLinkNotes(sql: Sql, link: string): LinkNotes {
  return {
    async cursor(end) {
      return sql.get<{ position: string; specification: string }>(
        `select position, specification from cursor where link = ? and "end" = ?`,
        link,
        end,
      );
    },

    async confirmRead(mark) {
      await sql.run(`update cursor set specification = replace(specification, ?, '') where link = ?`, mark, link);
    },

    async unfinishedApply() {
      const note = await metaValue(sql, `unfinished ${link}`);
      return note === undefined ? undefined : (JSON.parse(note) as UnfinishedApply);
    },

    async noteUnfinishedApply(note) {
      await sql.transaction((transaction) => {
        setMeta(transaction, `unfinished ${link}`, note === undefined ? undefined : JSON.stringify(note));
        if (note === undefined) setMeta(transaction, `owed ${link}`, undefined);
      });
    },

    async owedPlan() {
      const note = await metaValue(sql, `owed ${link}`);
      return note === undefined ? undefined : (JSON.parse(note) as OwedPlan);
    },

    async noteOwedPlan(note) {
      const text = note === undefined ? undefined : JSON.stringify(note);
      await sql.transaction((transaction) => setMeta(transaction, `owed ${link}`, text));
    },

    async valuesRefreshed() {
      return metaValue(sql, `refreshed ${link}`);
    },

    async noteValuesRefreshed(at) {
      await sql.transaction((transaction) => setMeta(transaction, `refreshed ${link}`, at));
    },

    async guardPasses() {
      return Number((await metaValue(sql, `allowed ${link}`)) ?? 0);
    },

    async noteGuardPass() {
      await sql.run(
        `insert into meta (key, value) values (?, '1')
         on conflict (key) do update set value = cast(cast(meta.value as integer) + 1 as text)`,
        `allowed ${link}`,
      );
    },
  };
}
