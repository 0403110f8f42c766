/**
 * Tables of campaign imports. `link` is the name of the import, as in the tables of links; so what moves or forgets
 * a link moves or forgets an import as well.
 */
const TABLES = {
  campaign: `
    link text not null,
    id text not null,
    remote_id text,
    created_run text,
    described_run text,
    content blob not null,
    primary key (link, id)`,
  campaign_activity: `
    link text not null,
    key blob not null,
    campaign text not null,
    address blob not null,
    state text not null,
    batch text,
    run text,
    record text,
    remote_id text,
    content blob not null,
    primary key (link, key)`,
  campaign_person: `
    link text not null,
    id text not null,
    address blob not null,
    content blob not null,
    primary key (link, id)`,
  campaign_record: `
    link text not null,
    address blob not null,
    remote_id text not null,
    primary key (link, address, remote_id)`,
  campaign_opt_out: `
    link text not null,
    address blob not null,
    of_list integer not null,
    primary key (link, address)`,
  campaign_unsubscribed: `
    link text not null,
    remote_id text not null,
    run text not null,
    primary key (link, remote_id)`,
  campaign_cursor: `
    link text not null,
    name text not null,
    position text not null,
    primary key (link, name)`,
} as const;

export const CAMPAIGN_IMPORT_TABLES: readonly string[] = Object.keys(TABLES);

/** Those whose rows go with a person who is forgotten. */
export const ADDRESSED_TABLES = ['campaign_activity', 'campaign_person', 'campaign_record', 'campaign_opt_out'] as const;

/** Where content is bound to, after the import's name. */
export const CAMPAIGN_IMPORT_PLACES: Readonly<Record<string, string>> = {
  campaign: `'campaign|' || id`,
  campaign_activity: `'activity|' || hex(key)`,
  campaign_person: `'person|' || id`,
};

export function campaignImportTables(schema: 'main' | 'temp'): string {
  return `${Object.entries(TABLES)
    .map(([name, columns]) => `create table if not exists ${schema}.${name} (${columns}) without rowid;`)
    .join('\n')}
    create index if not exists ${schema}.campaign_activity_state on campaign_activity (link, state, campaign, key);
    create index if not exists ${schema}.campaign_activity_run on campaign_activity (run);
    create index if not exists ${schema}.campaign_activity_address on campaign_activity (link, address);
    create index if not exists ${schema}.campaign_person_address on campaign_person (link, address);
    create index if not exists ${schema}.campaign_record_id on campaign_record (link, remote_id);`;
}
