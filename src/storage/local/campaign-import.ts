import type Database from 'better-sqlite3';
import type {
  CampaignImportLedger,
  ImportedActivity,
  ImportedCampaign,
  ImportCounts,
  RecordableActivity,
} from '../campaign-import.ts';
import type { KeyRing } from '../keys.ts';
import { CAMPAIGN_IMPORT_TABLES, campaignImportTables } from './campaign-import-schema.ts';
import { createRowCodec, type RowCodec } from './ledger-rows.ts';

const SPECIFICATION = 'specification';

interface ActivityRow {
  key: Buffer;
  campaign: string;
  address: Buffer;
  content: Buffer;
  record: string;
}

interface TraceRow {
  id: string;
  created_run: string | null;
  described_run: string | null;
  recorded: number;
  waiting: number;
  refused: number;
  kept: number;
}

type ActivityContent = Pick<ImportedActivity, 'kind' | 'at' | 'details'>;

/** How many records of the destination have an address: nobody, one, or several, between which nobody can tell. */
const HOLDERS = `(select count(*) from campaign_record r where r.link = a.link and r.address = a.address)`;

/**
 * The ledger of one campaign import; see `CampaignImportLedger` for what each method promises.
 * @param preview works on temporary copies, which end with the connection
 */
export function createCampaignImportLedger(
  database: Database.Database,
  keys: KeyRing,
  link: string,
  preview: boolean,
): CampaignImportLedger {
  if (preview) copyForPreview(database, link);
  const codec = createRowCodec(keys, link);
  const run = <Result>(work: () => Result): Result => database.transaction(work)();

  return {
    async begin(specification) {
      const known = cursorOf(database, link, SPECIFICATION);
      if (known === specification) return;
      run(() => {
        database.prepare(`delete from campaign_cursor where link = ?`).run(link);
        database.prepare(`delete from campaign_activity where link = ? and state in ('waiting', 'kept', 'refused')`).run(link);
        for (const table of ['campaign_person', 'campaign_record', 'campaign_opt_out'])
          database.prepare(`delete from ${table} where link = ?`).run(link);
        database.prepare(`delete from campaign where link = ? and remote_id is null`).run(link);
        moveCursor(database, link, SPECIFICATION, specification);
      });
    },
    async cursor(name) {
      return cursorOf(database, link, name);
    },
    async moveCursor(name, position) {
      moveCursor(database, link, name, position);
    },
    async campaigns() {
      return database
        .prepare<[string], { id: string; remote_id: string | null; content: Buffer }>(
          `select id, remote_id, content from campaign where link = ? order by id`,
        )
        .all(link)
        .map(({ id, remote_id: remoteId, content }) => {
          const kept = codec.open(`campaign|${id}`, content) as Omit<ImportedCampaign, 'id' | 'remoteId'>;
          return { ...kept, id, remoteId: remoteId ?? undefined };
        });
    },
    async traces() {
      return database
        .prepare<[string], TraceRow>(
          `select c.id, c.created_run, c.described_run,
             coalesce(sum(a.state = 'written'), 0) as recorded, coalesce(sum(a.state in ('waiting', 'sent')), 0) as waiting,
             coalesce(sum(a.state = 'refused'), 0) as refused, coalesce(sum(a.state = 'kept'), 0) as kept
           from campaign c left join campaign_activity a on a.link = c.link and a.campaign = c.id
           where c.link = ? group by c.id`,
        )
        .all(link)
        .map(({ id, created_run: createdBy, described_run: describedBy, ...activities }) => ({
          id,
          createdBy: createdBy ?? undefined,
          describedBy: describedBy ?? undefined,
          activities,
        }));
    },
    async putCampaign({ id, remoteId, ...content }, written) {
      database
        .prepare(
          `insert into campaign (link, id, remote_id, created_run, described_run, content) values (?, ?, ?, ?, ?, ?)
           on conflict (link, id) do update set remote_id = excluded.remote_id, content = excluded.content,
             created_run = coalesce(excluded.created_run, created_run), described_run = coalesce(excluded.described_run, described_run)`,
        )
        .run(
          link,
          id,
          remoteId ?? null,
          written?.action === 'create' ? written.run : null,
          written?.action === 'update' ? written.run : null,
          codec.seal(`campaign|${id}`, content),
        );
    },
    async addActivities(activities, state) {
      const insert = database.prepare(
        `insert into campaign_activity (link, key, campaign, address, state, content) values (?, ?, ?, ?, ?, ?)
         on conflict (link, key) do nothing`,
      );
      return run(() => {
        let added = 0;
        for (const { key, campaign, address, kind, at, details } of activities) {
          const content = codec.seal(placeOf(key), { kind, at, details } satisfies ActivityContent);
          added += insert.run(link, key, campaign, address, state, content).changes;
        }
        return added;
      });
    },
    async putPeople(people) {
      const insert = database.prepare(`insert or replace into campaign_person (link, id, address, content) values (?, ?, ?, ?)`);
      run(() => {
        for (const { id, address, email } of people) insert.run(link, id, address, codec.seal(`person|${id}`, { email }));
      });
    },
    async putRecords(records) {
      const forget = database.prepare(`delete from campaign_record where link = ? and remote_id = ?`);
      const insert = database.prepare(`insert or ignore into campaign_record (link, address, remote_id) values (?, ?, ?)`);
      run(() => {
        for (const { remoteId, addresses } of records) {
          forget.run(link, remoteId);
          for (const address of addresses) insert.run(link, address, remoteId);
        }
      });
    },
    async sharers(remoteIds) {
      const given = new Set(remoteIds);
      const others = database.prepare<[string, string], { id: string }>(
        `select o.remote_id as id from campaign_record r join campaign_record o on o.link = r.link and o.address = r.address
         where r.link = ? and r.remote_id = ? and o.remote_id <> r.remote_id`,
      );
      const found = remoteIds.flatMap((remoteId) => others.all(link, remoteId).map(({ id }) => id));
      return [...new Set(found)].filter((id) => !given.has(id));
    },
    async addOptOuts(addresses, scope) {
      const insert = database.prepare(
        `insert into campaign_opt_out (link, address, of_list) values (?, ?, ?)
         on conflict (link, address) do update set of_list = max(of_list, excluded.of_list)`,
      );
      run(() => {
        for (const address of addresses) insert.run(link, address, scope === 'list' ? 1 : 0);
      });
    },
    async counts() {
      return countsOf(database, link);
    },
    async recordable(campaign, after, limit) {
      return database
        .prepare<unknown[], ActivityRow>(
          `select a.key, a.campaign, a.address, a.content, r.remote_id as record
           from campaign_activity a join campaign_record r on r.link = a.link and r.address = a.address
           where a.link = ? and a.state = 'waiting' and a.campaign = ? and a.key > ? and ${HOLDERS} = 1
           order by a.key limit ?`,
        )
        .all(link, campaign, after ?? Buffer.alloc(0), limit)
        .map((row) => activityOf(codec, row));
    },
    async send(batch, runId, activities) {
      const update = database.prepare(
        `update campaign_activity set state = 'sent', batch = ?, run = ?, record = ? where link = ? and key = ?`,
      );
      run(() => {
        for (const { key, record } of activities) update.run(batch, runId, record, link, key);
      });
    },
    async openBatches() {
      const rows = database
        .prepare<[string], ActivityRow & { batch: string }>(
          `select key, campaign, address, content, record, batch from campaign_activity where link = ? and state = 'sent' order by batch, key`,
        )
        .all(link);
      return [...Map.groupBy(rows, ({ batch }) => batch).values()].map((batch) => ({
        campaign: batch[0]!.campaign,
        activities: batch.map((row) => activityOf(codec, row)),
      }));
    },
    async settle(activities) {
      const written = database.prepare(
        `update campaign_activity set state = 'written', batch = null, remote_id = ? where link = ? and key = ?`,
      );
      const waiting = database.prepare(
        `update campaign_activity set state = 'waiting', batch = null, run = null, record = null where link = ? and key = ?`,
      );
      run(() => {
        for (const { key, remoteId } of activities)
          if (remoteId === undefined) waiting.run(link, key);
          else written.run(remoteId, link, key);
      });
    },
    async refuse(key) {
      database
        .prepare(`update campaign_activity set state = 'refused', batch = null, run = null where link = ? and key = ?`)
        .run(link, key);
    },
    async recordsToUnsubscribe(after, limit) {
      return database
        .prepare<unknown[], { remote_id: string }>(`${TO_UNSUBSCRIBE} and r.remote_id > ? order by r.remote_id limit ?`)
        .all(link, after ?? '', limit)
        .map((row) => row.remote_id);
    },
    async noteUnsubscribed(remoteIds, runId) {
      const insert = database.prepare(`insert or ignore into campaign_unsubscribed (link, remote_id, run) values (?, ?, ?)`);
      run(() => {
        for (const remoteId of remoteIds) insert.run(link, remoteId, runId);
      });
    },
  };
}

/** Whoever left the account is of interest where they were in a list or were written to. */
const TO_UNSUBSCRIBE = `
  select distinct r.remote_id from campaign_opt_out o
  join campaign_record r on r.link = o.link and r.address = o.address
  where o.link = ? and (o.of_list = 1
      or exists (select 1 from campaign_person p where p.link = o.link and p.address = o.address)
      or exists (select 1 from campaign_activity a where a.link = o.link and a.address = o.address))
    and not exists (select 1 from campaign_unsubscribed u where u.link = r.link and u.remote_id = r.remote_id)`;

function countsOf(database: Database.Database, link: string): ImportCounts {
  const waiting = database
    .prepare<[string], { campaign: string; holders: number; activities: number }>(
      `select a.campaign, min(${HOLDERS}, 2) as holders, count(*) as activities from campaign_activity a
       where a.link = ? and a.state = 'waiting' group by a.campaign, holders`,
    )
    .all(link);
  const sum = (holders: number): number =>
    waiting.filter((row) => row.holders === holders).reduce((total, { activities }) => total + activities, 0);
  const count = (query: string): number => database.prepare<[string], { n: number }>(query).get(link)!.n;
  return {
    recordable: Object.fromEntries(
      waiting.filter(({ holders }) => holders === 1).map(({ campaign, activities }) => [campaign, activities]),
    ),
    unknown: sum(0),
    ambiguous: sum(2),
    kept: count(`select count(*) as n from campaign_activity where link = ? and state = 'kept'`),
    refused: count(`select count(*) as n from campaign_activity where link = ? and state = 'refused'`),
    optOuts: count(`select count(*) as n from (${TO_UNSUBSCRIBE})`),
    people: count(`select count(distinct address) as n from campaign_person where link = ?`),
    peopleUnknown: count(`select count(distinct address) as n from campaign_person a where link = ? and ${HOLDERS} = 0`),
  };
}

function activityOf(codec: RowCodec, { key, campaign, address, content, record }: ActivityRow): RecordableActivity {
  return { key, campaign, address, record, ...(codec.open(placeOf(key), content) as ActivityContent) };
}

function placeOf(key: Buffer): string {
  return `activity|${key.toString('hex').toUpperCase()}`;
}

function cursorOf(database: Database.Database, link: string, name: string): string | undefined {
  return database
    .prepare<[string, string], { position: string }>(`select position from campaign_cursor where link = ? and name = ?`)
    .get(link, name)?.position;
}

function moveCursor(database: Database.Database, link: string, name: string, position: string): void {
  database.prepare(`insert or replace into campaign_cursor (link, name, position) values (?, ?, ?)`).run(link, name, position);
}

/** A plan gathers and counts like a cycle, in tables that hide the stored ones and begin as these are. */
function copyForPreview(database: Database.Database, link: string): void {
  database.exec(campaignImportTables('temp'));
  for (const table of CAMPAIGN_IMPORT_TABLES) {
    database.prepare(`delete from temp.${table} where link = ?`).run(link);
    const stored = database.prepare<[string], { n: number }>(`select count(*) as n from main.sqlite_master where name = ?`);
    if (stored.get(table)!.n > 0)
      database.prepare(`insert into temp.${table} select * from main.${table} where link = ?`).run(link);
  }
}
