import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUICK_FOLDER } from '../../quick-folder.ts';
import { pairRecords } from '../../../src/records/pair.ts';
import { createKeyRing, generateKey } from '../../../src/storage/keys.ts';
import type { StagedRow } from '../../../src/storage/ledger.ts';
import { openLocalLedger } from '../../../src/storage/local/ledger.ts';
import { intentOf, PLACE } from '../intents.ts';

const keys = createKeyRing([generateKey()]);

function row(end: string, remoteId: string, key: string): StagedRow {
  return {
    end,
    remoteId,
    kind: 'record',
    person: undefined,
    matchKeys: [keys.hash('match', key)],
    recordHash: keys.hash('record', remoteId),
    values: { Email: `${key}@example.org` },
    evidence: {},
    modifiedAt: undefined,
    listed: 0,
    status: 'new',
    reason: undefined,
  };
}

describe('E5 the ledger', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-ledger-'));
    path = join(folder, 'ledger.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('a preview detects and matches like a cycle, and leaves the file as it was', async () => {
    const written = openLocalLedger({ path, keys, mode: 'write' });
    await written.link('Link/x').stage('a', [row('a', '1', 'ann')], [], { position: 'p', specification: 's' });
    await written.close();
    const before = readFileSync(path);

    const preview = openLocalLedger({ path, keys, mode: 'preview' });
    const link = preview.link('Link/x');
    await link.stage('b', [row('b', '2', 'ann'), row('b', '3', 'bob')], [], { position: 'q', specification: 's' });
    await pairRecords(link, [
      { name: 'a', integration: 'a', object: 'thing' },
      { name: 'b', integration: 'b', object: 'thing' },
    ]);
    const subjects = await link.subjects(['a', 'b'], undefined, 10, '2026-01-01T00:00:00.000Z');
    await preview.close();

    expect(subjects.map((subject) => Object.keys(subject.staged).toSorted())).toEqual(
      expect.arrayContaining([['a', 'b'], ['b']]),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['ledger.sqlite']);
  });

  test('a preview of nothing makes nothing', async () => {
    const preview = openLocalLedger({ path, keys, mode: 'preview' });
    await preview.link('Link/x').stage('a', [row('a', '1', 'ann')], [], undefined);
    await preview.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('nothing that identifies a person lies in clear, and nobody else may read the file', async () => {
    const ledger = openLocalLedger({ path, keys, mode: 'write' });
    const link = ledger.link('Link/x');
    await link.stage('a', [row('a', '1', 'annabella.secret')], [], undefined);
    await link.openIntents('run', 'batch', PLACE, [
      intentOf('annabella', {
        action: 'create',
        person: 'p',
        remoteId: undefined,
        values: { email: 'annabella.secret@example.org' },
      }),
    ]);
    await ledger.close();
    const bytes = readFileSync(path).toString('latin1');
    expect(bytes).not.toContain('annabella');
    expect(bytes).not.toContain('example.org');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('a change that is staged again keeps what waits, and a newer one does not', async () => {
    const ledger = openLocalLedger({ path, keys, mode: 'write' });
    const link = ledger.link('Link/x');
    await link.stage('a', [row('a', '1', 'ann')], [], undefined);
    await link.hold([{ end: 'a', remoteId: '1', status: 'held', reason: 'not-entered' }]);
    await link.stage('a', [row('a', '1', 'ann')], [], undefined);
    expect((await link.waiting()).map(({ reason }) => reason)).toEqual(['not-entered']);
    await link.stage('a', [{ ...row('a', '1', 'ann'), recordHash: keys.hash('record', 'other') }], [], undefined);
    expect(await link.waiting()).toEqual([]);
    await ledger.close();
  });

  test('a ciphertext that was moved to another place is refused', async () => {
    const sealed = keys.encrypt('text', 'Link/x|staged|a|1');
    expect(() => keys.decrypt(sealed, 'Link/x|staged|a|2')).toThrow();
  });
});
