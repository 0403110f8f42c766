import type { LinkLedger } from '../ledger.ts';
import { decodeElementHashes, decodeFieldHashes, encodeElementHashes, encodeFieldHashes } from './ledger-rows.ts';
import { metaValue, setMeta } from './meta.ts';
import type { Sql, Transaction } from './sql.ts';

const PAGE_ROWS = 1000;

/** Which fields a link keeps in step. What was agreed on for a field that was left alone meanwhile says nothing any more. */
export function createFieldUse(sql: Sql, link: string): Pick<LinkLedger, 'keepFields'> {
  const place = `fields ${link}`;

  async function forgetAllBut(transaction: Transaction, kept: ReadonlySet<string>): Promise<void> {
    const page = (end: string, person: string) =>
      transaction.all<{ end: string; person: string; fields: Buffer; elements: Buffer }>(
        `select "end", person, fields, elements from agreed where link = ? and ("end", person) > (?, ?) order by "end", person limit ${PAGE_ROWS}`,
        link,
        end,
        person,
      );
    let rows = await page('', '');
    while (rows.length > 0) {
      for (const row of rows) {
        const fields = new Map([...decodeFieldHashes(row.fields)].filter(([tag]) => kept.has(tag)));
        const elements = new Map([...decodeElementHashes(row.elements)].filter(([tag]) => kept.has(tag)));
        transaction.write(
          `update agreed set fields = ?, elements = ? where link = ? and "end" = ? and person = ?`,
          encodeFieldHashes(fields),
          encodeElementHashes(elements),
          link,
          row.end,
          row.person,
        );
      }
      const last = rows.at(-1)!;
      rows = await page(last.end, last.person);
    }
  }

  return {
    async keepFields(tags) {
      const current = JSON.stringify([...tags].sort());
      const before = await metaValue(sql, place);
      if (before === current) return;
      const kept = new Set(tags);
      await sql.transaction(async (transaction) => {
        const dropped = (JSON.parse(before ?? '[]') as string[]).some((tag) => !kept.has(tag));
        if (dropped) await forgetAllBut(transaction, kept);
        setMeta(transaction, place, current);
      });
    },
  };
}
