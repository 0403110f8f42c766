/**
 * Tables of campaign imports. `link` is the name of the import, as in the tables of links; so what moves or forgets
 * a link moves or forgets an import as well.
 */
import type { Table } from './ledger-schema.ts';

export const CAMPAIGN_IMPORT_TABLES: Readonly<Record<string, Table>> = {
  campaign: {
    columns: {
      link: 'text',
      id: 'text',
      remote_id: 'text?',
      created_run: 'text?',
      described_run: 'text?',
      content: 'bytes',
    },
    key: ['link', 'id'],
  },
  campaign_activity: {
    columns: {
      link: 'text',
      key: 'bytes',
      campaign: 'text',
      address: 'bytes',
      state: 'text',
      batch: 'text?',
      run: 'text?',
      record: 'text?',
      remote_id: 'text?',
      content: 'bytes',
    },
    key: ['link', 'key'],
    indexes: {
      campaign_activity_state: { columns: ['link', 'state', 'campaign', 'key'] },
      campaign_activity_run: { columns: ['run'] },
      campaign_activity_address: { columns: ['link', 'address'] },
    },
  },
  campaign_person: {
    columns: { link: 'text', id: 'text', address: 'bytes', content: 'bytes' },
    key: ['link', 'id'],
    indexes: { campaign_person_address: { columns: ['link', 'address'] } },
  },
  campaign_record: {
    columns: { link: 'text', address: 'bytes', remote_id: 'text' },
    key: ['link', 'address', 'remote_id'],
    indexes: { campaign_record_id: { columns: ['link', 'remote_id'] } },
  },
  campaign_opt_out: {
    columns: { link: 'text', address: 'bytes', of_list: 'integer' },
    key: ['link', 'address'],
  },
  campaign_unsubscribed: {
    columns: { link: 'text', remote_id: 'text', run: 'text' },
    key: ['link', 'remote_id'],
  },
  campaign_cursor: {
    columns: { link: 'text', name: 'text', position: 'text' },
    key: ['link', 'name'],
  },
};

/** Those whose rows go with a person who is forgotten. */
export const ADDRESSED_TABLES = ['campaign_activity', 'campaign_person', 'campaign_record', 'campaign_opt_out'] as const;

/** Where content is bound to, after the import's name. */
export const CAMPAIGN_IMPORT_PLACES: Readonly<Record<string, (row: Readonly<Record<string, unknown>>) => string>> = {
  campaign: (row) => `campaign|${String(row['id'])}`,
  campaign_activity: (row) => `activity|${(row['key'] as Buffer).toString('hex').toUpperCase()}`,
  campaign_person: (row) => `person|${String(row['id'])}`,
};
