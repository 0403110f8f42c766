import { addressOf } from '../../model/address.ts';
import type { KeyRing } from '../keys.ts';
import type { Ledger, SignOnRecord } from '../ledger.ts';
import { createRowCodec } from './ledger-rows.ts';
import type { Sql } from './sql.ts';

/** Who signed on to web applications. Rows stand under the integration's address, and are sealed to it. */
export function createSignOns(sql: Sql, keys: KeyRing): Pick<Ledger, 'signOns' | 'noteSignOn'> {
  return {
    async signOns(integration) {
      const link = addressOf('Integration', integration);
      const rows = await sql.all<{ who: string; content: Buffer }>(
        `select who, content from sign_on where link = ? order by who`,
        link,
      );
      return rows.map(({ who, content }) => createRowCodec(keys, link).open(`sign-on|${who}`, content) as SignOnRecord);
    },
    async noteSignOn(integration, record) {
      const link = addressOf('Integration', integration);
      const content = createRowCodec(keys, link).seal(`sign-on|${record.who}`, record);
      await sql.run(
        `insert into sign_on (link, who, content) values (?, ?, ?) on conflict (link, who) do update set content = excluded.content`,
        link,
        record.who,
        content,
      );
    },
  };
}
