import type { SuppressionEntry, SuppressionLedger } from '../suppression.ts';
import { hexadecimal, type Sql } from './sql.ts';

/** The suppression list. It belongs to no link: an address that opted out did so everywhere. */
export function createSuppressions(sql: Sql, preview: boolean): SuppressionLedger {
  const { dialect } = sql;
  return {
    async suppressed(addresses, channel, purpose) {
      const rows = await sql.all<{ address: Buffer; state: string; at: string }>(
        `select address, state, at from suppression
         where address in ${dialect.byteStrings('?')} and channel = ? and purpose = ? and state <> 'released'`,
        hexadecimal(addresses),
        channel,
        purpose,
      );
      return new Map(
        rows.map(({ address, state, at }): [string, SuppressionEntry] => [
          address.toString('hex'),
          { address, channel, purpose, state: state as SuppressionEntry['state'], at },
        ]),
      );
    },

    async hasErased() {
      return (await sql.get(`select 1 from suppression where state = 'erased' limit 1`)) !== undefined;
    },

    async suppress(entries) {
      if (preview || entries.length === 0) return;
      await sql.transaction((transaction) => {
        for (const { address, channel, purpose, state, at } of entries)
          transaction.write(MERGE, address, channel, purpose, state, at);
      });
    },
  };
}

/** Merged as a lattice: the more restrictive stays with its time, a release lifts all but an erasure. */
const MERGE = `
  insert into suppression (address, channel, purpose, state, at) values (?, ?, ?, ?, ?)
  on conflict (address, channel, purpose) do update set state = excluded.state, at = excluded.at
  where case
    when excluded.state = 'released' then suppression.state <> 'erased'
    when suppression.state = 'released' then true
    else ${rank('excluded')} > ${rank('suppression')}
  end`;

function rank(row: 'excluded' | 'suppression'): string {
  return `case ${row}.state when 'erased' then 3 when 'complained' then 2 else 1 end`;
}
