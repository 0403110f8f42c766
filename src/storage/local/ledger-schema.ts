/**
 * The tables of the local ledger. `staged` and `cursor` stand apart because a preview shadows them
 * with temporary tables of the same names: planning detects and matches like a cycle and writes nothing.
 */
export const LEDGER_FORMAT = 1;

export function detectionTables(schema: 'main' | 'temp'): string {
  return `
    create table if not exists ${schema}.staged (
      link text not null,
      end text not null,
      remote_id text not null,
      kind text not null,
      person text,
      match_keys blob not null,
      record_hash blob not null,
      content blob not null,
      listed integer not null,
      status text not null,
      reason text,
      next_at text,
      pairing text,
      primary key (link, end, remote_id)
    ) without rowid;
    create index if not exists ${schema}.staged_person on staged (link, person);
    create index if not exists ${schema}.staged_pairing on staged (link, pairing) where person is null;

    create table if not exists ${schema}.staged_key (
      link text not null,
      end text not null,
      remote_id text not null,
      rank integer not null,
      key blob not null,
      primary key (link, end, remote_id, rank),
      foreign key (link, end, remote_id) references staged (link, end, remote_id) on delete cascade on update cascade
    ) without rowid;
    create index if not exists ${schema}.staged_key_key on staged_key (link, key);

    create table if not exists ${schema}.cursor (
      link text not null,
      end text not null,
      position text not null,
      specification text not null,
      primary key (link, end)
    ) without rowid;
  `;
}

export const LEDGER_TABLES = `
  create table if not exists meta (key text primary key, value text not null) without rowid;

  create table if not exists link_name (address text primary key, name text not null unique) without rowid;

  create table if not exists person (
    id text primary key,
    run text not null
  ) without rowid;

  create table if not exists reference (
    integration text not null,
    object text not null,
    remote_id text not null,
    person text not null,
    created_by_syncline integer not null,
    deleted_run text,
    primary key (integration, object, remote_id)
  ) without rowid;
  create index if not exists reference_person on reference (person);

  create table if not exists agreed (
    link text not null,
    end text not null,
    person text not null,
    remote_id text not null,
    state text not null,
    match_keys blob not null,
    record_hash blob not null,
    fields blob not null,
    elements blob not null,
    content blob,
    listed integer not null,
    entered integer not null,
    version text,
    primary key (link, end, person)
  ) without rowid;
  create unique index if not exists agreed_remote_id on agreed (link, end, remote_id);

  create table if not exists agreed_key (
    link text not null,
    end text not null,
    remote_id text not null,
    rank integer not null,
    key blob not null,
    primary key (link, end, remote_id, rank),
    foreign key (link, end, remote_id) references agreed (link, end, remote_id) on delete cascade on update cascade
  ) without rowid;
  create index if not exists agreed_key_key on agreed_key (link, key);

  create table if not exists absence (
    link text not null,
    end text not null,
    remote_id text not null,
    sweep text not null,
    primary key (link, end, remote_id)
  ) without rowid;

  create table if not exists intent (
    id integer primary key,
    link text not null,
    run text not null,
    batch text not null,
    end text not null,
    action text not null,
    person text not null,
    remote_id text,
    external_id text,
    integration text not null,
    object text not null,
    at text not null,
    fields blob,
    elements blob,
    content blob not null
  );
  create index if not exists intent_link on intent (link);

  create table if not exists job (
    link text not null,
    batch text not null,
    handle text not null,
    primary key (link, batch)
  ) without rowid;

  create table if not exists conflict (
    link text not null,
    person text not null,
    field text not null,
    name text not null,
    hash blob not null,
    policy text not null,
    content blob not null,
    since text not null,
    take text,
    taken_at text,
    taken_by text,
    voided text,
    primary key (link, person, field)
  ) without rowid;

  create table if not exists swing (
    link text not null,
    person text not null,
    end text not null,
    field text not null,
    latest blob not null,
    former blob,
    returns integer not null,
    since text not null,
    primary key (link, person, end, field)
  ) without rowid;

  create table if not exists quarantine (
    link text not null,
    end text not null,
    subject text not null,
    person text,
    remote_id text,
    code text not null,
    content blob not null,
    attempts integer not null,
    since text not null,
    next_at text not null,
    primary key (link, end, subject)
  ) without rowid;

  create table if not exists journal (
    sequence integer primary key,
    run text not null,
    link text not null,
    generation integer not null,
    at text not null,
    person text not null,
    end text not null,
    remote_id text not null,
    action text not null,
    reason text not null,
    content blob not null
  );
  create index if not exists journal_person on journal (person);
  create index if not exists journal_run on journal (run);
  create index if not exists journal_record on journal (link, remote_id);

  create table if not exists suppression (
    address blob not null,
    channel text not null,
    purpose text not null,
    state text not null,
    at text not null,
    primary key (address, channel, purpose)
  ) without rowid;
  create index if not exists suppression_erased on suppression (state) where state = 'erased';

  create table if not exists calls (
    integration text not null,
    day text not null,
    calls integer not null,
    primary key (integration, day)
  ) without rowid;

  create table if not exists sign_on (
    link text not null,
    who text not null,
    content blob not null,
    primary key (link, who)
  ) without rowid;

  create table if not exists run (
    id text primary key,
    command text not null,
    started_at text not null,
    ended_at text,
    outcome text,
    summary text
  ) without rowid;

  create table if not exists run_order (sequence integer primary key, run text not null unique);
`;
