/**
 * The ledger in SQL: what `LinkLedger` and its neighbours promise, for any database that a driver of
 * `sql.ts` speaks to. Opening, the fence and errors are the driver's.
 */
import type { KeyRing } from '../keys.ts';
import type { Ledger } from '../ledger.ts';
import { createCampaignImportLedger } from './campaign-import.ts';
import { createHashKeys, linkHashKey } from './hash-keys.ts';
import { rotateKey } from './key-rotation.ts';
import { beginMove, createLinkNames, forgetLink, settleMove } from './link-names.ts';
import { createLinkLedger } from './link-ledger.ts';
import { metaValue } from './meta.ts';
import { createErasing } from './persons.ts';
import { createRuns } from './runs.ts';
import { createSignOns } from './sign-ons.ts';
import type { Sql } from './sql.ts';
import { createTransfer } from './transfer.ts';

/** What a driver hands over of an open ledger. */
export interface OpenLedger {
  readonly sql: Sql;
  readonly keys: KeyRing;
  /** Writes nothing but what is staged, to tables that end with the connection. */
  readonly preview: boolean;
  /** What stands in `meta` and `link_name`. */
  readonly meta: ReadonlyMap<string, string>;
  readonly names: readonly { readonly address: string; readonly name: string }[];
  readonly claim: Ledger['claim'];
  /** The same methods, whose errors say what to do. */
  readonly guard: <Methods extends object>(methods: Methods) => Methods;
}

/** @throws SynclineError STORAGE_KEY_MISSING for a ledger that was written under a key which the ring lacks */
export function createLedger(open: OpenLedger): Ledger {
  const { sql, preview, guard } = open;
  const meta = new Map(open.meta);
  // With another key every hash would differ, and every field of every record would look changed: that is refused.
  const id = meta.get('key');
  const keys = id === undefined ? open.keys : open.keys.using(id);
  for (const named of createHashKeys(meta).named) keys.using(named);
  const names = createLinkNames(open.names);

  const methods: Omit<Ledger, 'keys' | 'keysOf'> = {
    link: (address) => guard(createLinkLedger(sql, names, keys, names.nameOf(address), preview)),
    campaignImport: (address) => guard(createCampaignImportLedger(sql, keys, names.nameOf(address), preview)),
    rotateKey: (rotation) => rotateKey({ sql, keys, hashKeys: createHashKeys(meta), names }, rotation),
    lineage: () => metaValue(sql, 'lineage'),
    async bind(lineage) {
      await sql.run(`insert into meta (key, value) values ('lineage', ?) on conflict do nothing`, lineage);
    },
    async seenSerial() {
      return Number((await metaValue(sql, 'serial')) ?? 0);
    },
    async noteSerial(serial) {
      await sql.run(
        `insert into meta (key, value) values ('serial', :serial) on conflict (key) do update set value = excluded.value
         where cast(excluded.value as integer) > cast(meta.value as integer)`,
        { serial: String(serial) },
      );
    },
    beginMove: (from, to) => beginMove(sql, from, to),
    async settleMove(isApplied) {
      const replaced = await settleMove(sql, names, isApplied);
      if (replaced !== undefined) meta.delete(linkHashKey(replaced));
    },
    async forgetLink(address) {
      await forgetLink(sql, names, address);
      meta.delete(linkHashKey(names.nameOf(address)));
    },
    claim: open.claim,
    async callsOfDay(integration, day) {
      const row = await sql.get<{ calls: number }>(`select calls from calls where integration = ? and day = ?`, integration, day);
      return row?.calls ?? 0;
    },
    async addCalls(integration, day, calls) {
      await sql.run(
        `insert into calls (integration, day, calls) values (?, ?, ?)
         on conflict (integration, day) do update set calls = calls.calls + excluded.calls`,
        integration,
        day,
        calls,
      );
    },
    ...createSignOns(sql, keys),
    ...createRuns(sql, names),
    ...createErasing(sql, names),
    ...createTransfer(sql),
    close: () => sql.close(),
  };
  return {
    keys: createHashKeys(meta).ring(keys, undefined),
    keysOf: (address) => createHashKeys(meta).ring(keys, names.nameOf(address)),
    ...guard(methods),
  };
}
