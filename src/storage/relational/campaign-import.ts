import type {
  CampaignImportLedger,
  ImportedActivity,
  ImportedCampaign,
  ImportCounts,
  RecordableActivity,
} from '../campaign-import.ts';
import type { KeyRing } from '../keys.ts';
import { CAMPAIGN_IMPORT_TABLES } from './campaign-import-schema.ts';
import { createRowCodec, type RowCodec } from './ledger-rows.ts';
import { shadowedOnUse } from './shadowed.ts';
import type { Sql, SqlParameters, Transaction } from './sql.ts';

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
export function createCampaignImportLedger(database: Sql, keys: KeyRing, link: string, preview: boolean): CampaignImportLedger {
  // A plan gathers and counts like a cycle, in tables that hide the stored ones and begin as these are.
  const sql = preview ? shadowedOnUse(database, Object.keys(CAMPAIGN_IMPORT_TABLES), link) : database;
  const codec = createRowCodec(keys, link);

  async function cursorOf(name: string): Promise<string | undefined> {
    const row = await sql.get<{ position: string }>(
      `select position from campaign_cursor where link = ? and name = ?`,
      link,
      name,
    );
    return row?.position;
  }

  function moveCursor(transaction: Transaction, name: string, position: string): void {
    transaction.write(
      `insert into campaign_cursor (link, name, position) values (?, ?, ?)
       on conflict (link, name) do update set position = excluded.position`,
      link,
      name,
      position,
    );
  }

  return {
    async begin(specification) {
      const known = await cursorOf(SPECIFICATION);
      if (known === specification) return;
      await sql.transaction((transaction) => {
        transaction.write(`delete from campaign_cursor where link = ?`, link);
        transaction.write(`delete from campaign_activity where link = ? and state in ('waiting', 'kept', 'refused')`, link);
        for (const table of ['campaign_person', 'campaign_record', 'campaign_opt_out'])
          transaction.write(`delete from ${table} where link = ?`, link);
        transaction.write(`delete from campaign where link = ? and remote_id is null`, link);
        moveCursor(transaction, SPECIFICATION, specification);
      });
    },
    cursor: cursorOf,
    async moveCursor(name, position) {
      await sql.transaction((transaction) => moveCursor(transaction, name, position));
    },
    async campaigns() {
      const rows = await sql.all<{ id: string; remote_id: string | null; content: Buffer }>(
        `select id, remote_id, content from campaign where link = ? order by id`,
        link,
      );
      return rows.map(({ id, remote_id: remoteId, content }) => {
        const kept = codec.open(`campaign|${id}`, content) as Omit<ImportedCampaign, 'id' | 'remoteId'>;
        return { ...kept, id, remoteId: remoteId ?? undefined };
      });
    },
    async traces() {
      const rows = await sql.all<TraceRow>(TRACES, link);
      return rows.map(({ id, created_run: createdBy, described_run: describedBy, ...activities }) => ({
        id,
        createdBy: createdBy ?? undefined,
        describedBy: describedBy ?? undefined,
        activities,
      }));
    },
    async putCampaign({ id, remoteId, ...content }, written) {
      await sql.run(
        PUT_CAMPAIGN,
        link,
        id,
        remoteId ?? null,
        written?.action === 'create' ? written.run : null,
        written?.action === 'update' ? written.run : null,
        codec.seal(`campaign|${id}`, content),
      );
    },
    async addActivities(activities, state) {
      const rows = activities.map(({ key, campaign, address, kind, at, details }): SqlParameters => {
        const content = codec.seal(placeOf(key), { kind, at, details } satisfies ActivityContent);
        return [link, key, campaign, address, state, content];
      });
      const added = await sql.transaction((transaction) => transaction.each(ADD_ACTIVITY, rows));
      return added.flat().length;
    },
    async putPeople(people) {
      await sql.transaction((transaction) => {
        for (const { id, address, email } of people)
          transaction.write(PUT_PERSON, link, id, address, codec.seal(`person|${id}`, { email }));
      });
    },
    async putRecords(records) {
      await sql.transaction((transaction) => {
        for (const { remoteId, addresses } of records) {
          transaction.write(`delete from campaign_record where link = ? and remote_id = ?`, link, remoteId);
          for (const address of addresses)
            transaction.write(
              `insert into campaign_record (link, address, remote_id) values (?, ?, ?) on conflict do nothing`,
              link,
              address,
              remoteId,
            );
        }
      });
    },
    async sharers(remoteIds) {
      const given = new Set(remoteIds);
      const found = await sql.all<{ id: string }>(
        `select distinct o.remote_id as id from campaign_record r
         join campaign_record o on o.link = r.link and o.address = r.address
         where r.link = ? and r.remote_id in ${sql.dialect.texts('?')} and o.remote_id <> r.remote_id`,
        link,
        JSON.stringify(remoteIds),
      );
      return found.map(({ id }) => id).filter((id) => !given.has(id));
    },
    async addOptOuts(addresses, scope) {
      await sql.transaction((transaction) => {
        for (const address of addresses) transaction.write(ADD_OPT_OUT, link, address, scope === 'list' ? 1 : 0);
      });
    },
    async counts() {
      return countsOf(sql, link);
    },
    async recordable(campaign, after, limit) {
      const rows = await sql.all<ActivityRow>(
        `select a.key, a.campaign, a.address, a.content, r.remote_id as record
         from campaign_activity a join campaign_record r on r.link = a.link and r.address = a.address
         where a.link = ? and a.state = 'waiting' and a.campaign = ? and a.key > ? and ${HOLDERS} = 1
         order by a.key limit ?`,
        link,
        campaign,
        after ?? Buffer.alloc(0),
        limit,
      );
      return rows.map((row) => activityOf(codec, row));
    },
    async send(batch, runId, activities) {
      await sql.transaction((transaction) => {
        for (const { key, record } of activities)
          transaction.write(
            `update campaign_activity set state = 'sent', batch = ?, run = ?, record = ? where link = ? and key = ?`,
            batch,
            runId,
            record,
            link,
            key,
          );
      });
    },
    async openBatches() {
      const rows = await sql.all<ActivityRow & { batch: string }>(
        `select key, campaign, address, content, record, batch from campaign_activity where link = ? and state = 'sent' order by batch, key`,
        link,
      );
      return [...Map.groupBy(rows, ({ batch }) => batch).values()].map((batch) => ({
        campaign: batch[0]!.campaign,
        activities: batch.map((row) => activityOf(codec, row)),
      }));
    },
    async settle(activities) {
      await sql.transaction((transaction) => {
        for (const { key, remoteId } of activities)
          if (remoteId === undefined)
            transaction.write(
              `update campaign_activity set state = 'waiting', batch = null, run = null, record = null where link = ? and key = ?`,
              link,
              key,
            );
          else
            transaction.write(
              `update campaign_activity set state = 'written', batch = null, remote_id = ? where link = ? and key = ?`,
              remoteId,
              link,
              key,
            );
      });
    },
    async refuse(key) {
      await sql.run(
        `update campaign_activity set state = 'refused', batch = null, run = null where link = ? and key = ?`,
        link,
        key,
      );
    },
    async recordsToUnsubscribe(after, limit) {
      const rows = await sql.all<{ remote_id: string }>(
        `${TO_UNSUBSCRIBE} and r.remote_id > ? order by r.remote_id limit ?`,
        link,
        after ?? '',
        limit,
      );
      return rows.map((row) => row.remote_id);
    },
    async noteUnsubscribed(remoteIds, runId) {
      await sql.transaction((transaction) => {
        for (const remoteId of remoteIds)
          transaction.write(
            `insert into campaign_unsubscribed (link, remote_id, run) values (?, ?, ?) on conflict do nothing`,
            link,
            remoteId,
            runId ?? '',
          );
      });
    },
  };
}

const TRACES = `
  select c.id, c.created_run, c.described_run,
    count(case when a.state = 'written' then 1 end) as recorded, count(case when a.state in ('waiting', 'sent') then 1 end) as waiting,
    count(case when a.state = 'refused' then 1 end) as refused, count(case when a.state = 'kept' then 1 end) as kept
  from campaign c left join campaign_activity a on a.link = c.link and a.campaign = c.id
  where c.link = ? group by c.id, c.created_run, c.described_run order by c.id`;

const PUT_CAMPAIGN = `
  insert into campaign (link, id, remote_id, created_run, described_run, content) values (?, ?, ?, ?, ?, ?)
  on conflict (link, id) do update set remote_id = excluded.remote_id, content = excluded.content,
    created_run = coalesce(excluded.created_run, campaign.created_run),
    described_run = coalesce(excluded.described_run, campaign.described_run)`;

const ADD_ACTIVITY = `
  insert into campaign_activity (link, key, campaign, address, state, content) values (?, ?, ?, ?, ?, ?)
  on conflict (link, key) do nothing returning 1`;

const PUT_PERSON = `
  insert into campaign_person (link, id, address, content) values (?, ?, ?, ?)
  on conflict (link, id) do update set address = excluded.address, content = excluded.content`;

const ADD_OPT_OUT = `
  insert into campaign_opt_out (link, address, of_list) values (?, ?, ?)
  on conflict (link, address) do update set
    of_list = case when excluded.of_list > campaign_opt_out.of_list then excluded.of_list else campaign_opt_out.of_list end`;

/** Whoever left the account is of interest where they were in a list or were written to. */
const TO_UNSUBSCRIBE = `
  select distinct r.remote_id from campaign_opt_out o
  join campaign_record r on r.link = o.link and r.address = o.address
  where o.link = ? and (o.of_list = 1
      or exists (select 1 from campaign_person p where p.link = o.link and p.address = o.address)
      or exists (select 1 from campaign_activity a where a.link = o.link and a.address = o.address))
    and not exists (select 1 from campaign_unsubscribed u where u.link = r.link and u.remote_id = r.remote_id)`;

async function countsOf(sql: Sql, link: string): Promise<ImportCounts> {
  const waiting = await sql.all<{ campaign: string; holders: number; activities: number }>(
    `select campaign, case when holders > 2 then 2 else holders end as held, count(*) as activities, min(holders) as holders
     from (select a.campaign, ${HOLDERS} as holders from campaign_activity a where a.link = ? and a.state = 'waiting') counted
     group by 1, 2`,
    link,
  );
  const sum = (isMeant: (holders: number) => boolean): number =>
    waiting.filter((row) => isMeant(row.holders)).reduce((total, { activities }) => total + activities, 0);
  const count = async (query: string): Promise<number> => (await sql.get<{ n: number }>(query, link))!.n;
  return {
    recordable: Object.fromEntries(
      waiting.filter(({ holders }) => holders === 1).map(({ campaign, activities }) => [campaign, activities]),
    ),
    unknown: sum((holders) => holders === 0),
    ambiguous: sum((holders) => holders > 1),
    kept: await count(`select count(*) as n from campaign_activity where link = ? and state = 'kept'`),
    refused: await count(`select count(*) as n from campaign_activity where link = ? and state = 'refused'`),
    optOuts: await count(`select count(*) as n from (${TO_UNSUBSCRIBE}) leaving`),
    people: await count(`select count(distinct address) as n from campaign_person where link = ?`),
    peopleUnknown: await count(`select count(distinct address) as n from campaign_person a where link = ? and ${HOLDERS} = 0`),
  };
}

function activityOf(codec: RowCodec, { key, campaign, address, content, record }: ActivityRow): RecordableActivity {
  return { key, campaign, address, record, ...(codec.open(placeOf(key), content) as ActivityContent) };
}

function placeOf(key: Buffer): string {
  return `activity|${key.toString('hex').toUpperCase()}`;
}
