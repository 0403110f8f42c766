/**
 * The tables of the ledger, for whichever database; each driver prints them in its own SQL.
 *
 * `staged`, `staged_key` and `cursor` stand apart because a preview shadows them with temporary tables of
 * the same names: planning detects and matches like a cycle and writes nothing.
 */
import { CAMPAIGN_IMPORT_TABLES } from './campaign-import-schema.ts';

export const LEDGER_FORMAT = 1;

/** May be null with a question mark. A `sequence` is numbered by the database, and the key of its table. */
export type Column = 'text' | 'text?' | 'bytes' | 'bytes?' | 'integer' | 'integer?' | 'sequence';

export interface Table {
  readonly columns: Readonly<Record<string, Column>>;
  readonly key: readonly string[];
  readonly indexes?: Readonly<Record<string, Index>>;
  /** A table with the same first columns of its key: rows go with theirs, and follow when it is given another id. */
  readonly parent?: { readonly table: string; readonly columns: readonly string[] };
}

export interface Index {
  readonly columns: readonly string[];
  readonly unique?: true;
  readonly where?: string;
}

const RECORD = ['link', 'end', 'remote_id'];

export const DETECTION_TABLES: Readonly<Record<string, Table>> = {
  staged: {
    columns: {
      link: 'text',
      end: 'text',
      remote_id: 'text',
      kind: 'text',
      person: 'text?',
      match_keys: 'bytes',
      record_hash: 'bytes',
      content: 'bytes',
      listed: 'integer',
      status: 'text',
      reason: 'text?',
      next_at: 'text?',
      pairing: 'text?',
    },
    key: RECORD,
    indexes: {
      staged_person: { columns: ['link', 'person'] },
      staged_pairing: { columns: ['link', 'pairing'], where: 'person is null' },
    },
  },
  staged_key: {
    columns: { link: 'text', end: 'text', remote_id: 'text', rank: 'integer', key: 'bytes' },
    key: [...RECORD, 'rank'],
    indexes: { staged_key_key: { columns: ['link', 'key'] } },
    parent: { table: 'staged', columns: RECORD },
  },
  cursor: {
    columns: { link: 'text', end: 'text', position: 'text', specification: 'text' },
    key: ['link', 'end'],
  },
};

export const LEDGER_TABLES: Readonly<Record<string, Table>> = {
  meta: { columns: { key: 'text', value: 'text' }, key: ['key'] },
  link_name: {
    columns: { address: 'text', name: 'text' },
    key: ['address'],
    indexes: { link_name_name: { columns: ['name'], unique: true } },
  },
  person: { columns: { id: 'text', run: 'text' }, key: ['id'] },
  reference: {
    columns: {
      integration: 'text',
      object: 'text',
      remote_id: 'text',
      person: 'text',
      created_by_syncline: 'integer',
      deleted_run: 'text?',
    },
    key: ['integration', 'object', 'remote_id'],
    indexes: { reference_person: { columns: ['person'] } },
  },
  ...DETECTION_TABLES,
  agreed: {
    columns: {
      link: 'text',
      end: 'text',
      person: 'text',
      remote_id: 'text',
      state: 'text',
      match_keys: 'bytes',
      record_hash: 'bytes',
      fields: 'bytes',
      elements: 'bytes',
      content: 'bytes?',
      listed: 'integer',
      entered: 'integer',
      version: 'text?',
    },
    key: ['link', 'end', 'person'],
    indexes: { agreed_remote_id: { columns: RECORD, unique: true } },
  },
  agreed_key: {
    columns: { link: 'text', end: 'text', remote_id: 'text', rank: 'integer', key: 'bytes' },
    key: [...RECORD, 'rank'],
    indexes: { agreed_key_key: { columns: ['link', 'key'] } },
    parent: { table: 'agreed', columns: RECORD },
  },
  absence: { columns: { link: 'text', end: 'text', remote_id: 'text', sweep: 'text' }, key: RECORD },
  intent: {
    columns: {
      id: 'sequence',
      link: 'text',
      run: 'text',
      batch: 'text',
      end: 'text',
      action: 'text',
      person: 'text',
      remote_id: 'text?',
      external_id: 'text?',
      integration: 'text',
      object: 'text',
      at: 'text',
      fields: 'bytes?',
      elements: 'bytes?',
      content: 'bytes',
    },
    key: ['id'],
    indexes: { intent_link: { columns: ['link'] } },
  },
  job: { columns: { link: 'text', batch: 'text', handle: 'text' }, key: ['link', 'batch'] },
  conflict: {
    columns: {
      link: 'text',
      person: 'text',
      field: 'text',
      name: 'text',
      hash: 'bytes',
      policy: 'text',
      content: 'bytes',
      since: 'text',
      take: 'text?',
      taken_at: 'text?',
      taken_by: 'text?',
      voided: 'text?',
    },
    key: ['link', 'person', 'field'],
  },
  swing: {
    columns: {
      link: 'text',
      person: 'text',
      end: 'text',
      field: 'text',
      latest: 'bytes',
      former: 'bytes?',
      returns: 'integer',
      since: 'text',
    },
    key: ['link', 'person', 'end', 'field'],
  },
  quarantine: {
    columns: {
      link: 'text',
      end: 'text',
      subject: 'text',
      person: 'text?',
      remote_id: 'text?',
      code: 'text',
      content: 'bytes',
      attempts: 'integer',
      since: 'text',
      next_at: 'text',
    },
    key: ['link', 'end', 'subject'],
  },
  journal: {
    columns: {
      sequence: 'sequence',
      run: 'text',
      link: 'text',
      generation: 'integer',
      at: 'text',
      person: 'text',
      end: 'text',
      remote_id: 'text',
      action: 'text',
      reason: 'text',
      content: 'bytes',
    },
    key: ['sequence'],
    indexes: {
      journal_person: { columns: ['person'] },
      journal_run: { columns: ['run'] },
      journal_record: { columns: ['link', 'remote_id'] },
    },
  },
  suppression: {
    columns: { address: 'bytes', channel: 'text', purpose: 'text', state: 'text', at: 'text' },
    key: ['address', 'channel', 'purpose'],
    indexes: { suppression_erased: { columns: ['state'], where: `state = 'erased'` } },
  },
  calls: { columns: { integration: 'text', day: 'text', calls: 'integer' }, key: ['integration', 'day'] },
  sign_on: { columns: { link: 'text', who: 'text', content: 'bytes' }, key: ['link', 'who'] },
  run: {
    columns: { id: 'text', command: 'text', started_at: 'text', ended_at: 'text?', outcome: 'text?', summary: 'text?' },
    key: ['id'],
  },
  run_order: {
    columns: { sequence: 'sequence', run: 'text' },
    key: ['sequence'],
    indexes: { run_order_run: { columns: ['run'], unique: true } },
  },
  ...CAMPAIGN_IMPORT_TABLES,
};

/** What a cycle matches by, gathered anew by each: `matching.ts`. Of the connection alone. */
export const MATCHING_TABLES: Readonly<Record<string, Table>> = {
  key_holder: {
    columns: { key: 'bytes', end: 'text', remote_id: 'text', rank: 'integer', state: 'text' },
    key: ['key', 'end', 'remote_id'],
    indexes: { key_holder_record: { columns: ['end', 'remote_id'] } },
  },
  key_group: {
    columns: {
      key: 'bytes',
      left_count: 'integer',
      right_count: 'integer',
      taken: 'integer',
      left_id: 'text?',
      right_id: 'text?',
    },
    key: ['key'],
  },
  contested: { columns: { end: 'text', remote_id: 'text' }, key: ['end', 'remote_id'] },
};
