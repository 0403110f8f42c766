import type Database from 'better-sqlite3';
import type { LinkLedger } from '../ledger.ts';
import { decodeElementHashes, decodeFieldHashes, encodeElementHashes, encodeFieldHashes } from './ledger-rows.ts';

const PAGE_ROWS = 1000;

/** Which fields a link keeps in step. What was agreed on for a field that was left alone meanwhile says nothing any more. */
export function createFieldUse(database: Database.Database, link: string): Pick<LinkLedger, 'keepFields'> {
  const place = `fields ${link}`;

  function forgetAllBut(kept: ReadonlySet<string>): void {
    const select = database.prepare<unknown[], { end: string; person: string; fields: Buffer; elements: Buffer }>(
      `select end, person, fields, elements from agreed where link = ? and (end, person) > (?, ?) order by end, person limit ?`,
    );
    const update = database.prepare(`update agreed set fields = ?, elements = ? where link = ? and end = ? and person = ?`);
    let page = select.all(link, '', '', PAGE_ROWS);
    while (page.length > 0) {
      for (const row of page) {
        const fields = new Map([...decodeFieldHashes(row.fields)].filter(([tag]) => kept.has(tag)));
        const elements = new Map([...decodeElementHashes(row.elements)].filter(([tag]) => kept.has(tag)));
        update.run(encodeFieldHashes(fields), encodeElementHashes(elements), link, row.end, row.person);
      }
      const last = page.at(-1)!;
      page = select.all(link, last.end, last.person, PAGE_ROWS);
    }
  }

  return {
    async keepFields(tags) {
      const current = JSON.stringify([...tags].sort());
      const before = database.prepare<unknown[], { value: string }>(`select value from meta where key = ?`).get(place)?.value;
      if (before === current) return;
      const kept = new Set(tags);
      database.transaction(() => {
        const dropped = (JSON.parse(before ?? '[]') as string[]).some((tag) => !kept.has(tag));
        if (dropped) forgetAllBut(kept);
        database.prepare(`insert or replace into meta (key, value) values (?, ?)`).run(place, current);
      })();
    },
  };
}
