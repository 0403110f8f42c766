import { expect, test } from 'vitest';
import { renderHistory } from '../../src/report/history-text.ts';
import type { HistoryEntry } from '../../src/storage/journal.ts';

const ENTRY: HistoryEntry = {
  link: 'Link/contacts',
  run: 'run-1',
  sequence: 1,
  command: 'sync',
  person: 'p1',
  end: 'ac',
  remoteId: '7',
  action: 'update',
  at: '2026-01-01T00:00:00.000Z',
  generation: 1,
  fields: { firstName: { field: 'FirstName', reason: 'met', origin: 'sf' } },
  before: {},
  after: { firstName: 'Bob' },
  reason: 'met',
};

test('E8 a value of before that nobody read is told to be unknown, and not blank', () => {
  const shown = (before: HistoryEntry['before']): string | undefined =>
    renderHistory({ link: 'Link/contacts', key: 'bob@x.org', entries: [{ ...ENTRY, before }] }, true)
      .split('\n')
      .find((line) => line.includes('firstName'))
      ?.trim();

  expect(shown({})).toBe(
    '~ firstName: unknown -> "Bob"  (from sf: found there only; a record here had its key already and was written over)',
  );
  expect(shown({ firstName: null })).toMatch(/^~ firstName: (?!unknown)\S+ -> "Bob"/);
});
