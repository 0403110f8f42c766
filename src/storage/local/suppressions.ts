import type Database from 'better-sqlite3';
import type { SuppressionEntry, SuppressionLedger } from '../suppression.ts';

/** The suppression list. It belongs to no link: an address that opted out did so everywhere. */
export function createSuppressions(database: Database.Database, preview: boolean): SuppressionLedger {
  return {
    async suppressed(addresses, channel, purpose) {
      const found = new Map<string, SuppressionEntry>();
      const select = database.prepare<unknown[], { state: string; at: string }>(
        `select state, at from suppression where address = ? and channel = ? and purpose = ?`,
      );
      for (const address of addresses) {
        const row = select.get(address, channel, purpose);
        if (row !== undefined && row.state !== 'released') {
          found.set(address.toString('hex'), {
            address,
            channel,
            purpose,
            state: row.state as SuppressionEntry['state'],
            at: row.at,
          });
        }
      }
      return found;
    },

    async hasErased() {
      return database.prepare(`select 1 from suppression where state = 'erased' limit 1`).get() !== undefined;
    },

    async suppress(entries) {
      if (preview) return;
      // Merged as a lattice: the more restrictive stays with its time, a release lifts all but an erasure.
      const insert = database.prepare(
        `insert into suppression (address, channel, purpose, state, at) values (?, ?, ?, ?, ?)
         on conflict (address, channel, purpose) do update set state = excluded.state, at = excluded.at
         where case
           when excluded.state = 'released' then suppression.state <> 'erased'
           when suppression.state = 'released' then true
           else ${rank('excluded')} > ${rank('suppression')}
         end`,
      );
      database.transaction(() => {
        for (const entry of entries) insert.run(entry.address, entry.channel, entry.purpose, entry.state, entry.at);
      })();
    },
  };
}

function rank(row: 'excluded' | 'suppression'): string {
  return `case ${row}.state when 'erased' then 3 when 'complained' then 2 else 1 end`;
}
