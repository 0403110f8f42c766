import type Database from 'better-sqlite3';
import { addressOf } from '../../model/address.ts';
import type { KeyRing } from '../keys.ts';
import type { Ledger, SignOnRecord } from '../ledger.ts';
import { createRowCodec } from './ledger-rows.ts';

/** Who signed on to web applications. Rows stand under the integration's address, and are sealed to it. */
export function createSignOns(database: Database.Database, keys: KeyRing): Pick<Ledger, 'signOns' | 'noteSignOn'> {
  return {
    async signOns(integration) {
      // A ledger of an earlier version, which a preview must not add to, has no such table.
      if (database.prepare(`select 1 from sqlite_master where name = 'sign_on'`).get() === undefined) return [];
      const link = addressOf('Integration', integration);
      return database
        .prepare<[string], { who: string; content: Buffer }>(`select who, content from sign_on where link = ? order by who`)
        .all(link)
        .map(({ who, content }) => createRowCodec(keys, link).open(`sign-on|${who}`, content) as SignOnRecord);
    },
    async noteSignOn(integration, record) {
      const link = addressOf('Integration', integration);
      const content = createRowCodec(keys, link).seal(`sign-on|${record.who}`, record);
      database.prepare(`insert or replace into sign_on (link, who, content) values (?, ?, ?)`).run(link, record.who, content);
    },
  };
}
