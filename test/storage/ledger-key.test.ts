import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';

const [first, second] = [generateKey(), generateKey()];
let folder: string;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-ledger-key-'));
  path = join(folder, 'ledger.sqlite');
  await openLocalLedger({ path, keys: createKeyRing([first]), mode: 'write' }).close();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('E8 the key of a ledger', () => {
  test.each(['write', 'preview'] as const)('is asked for by its id where another one is given (%s)', (mode) => {
    const open = () => openLocalLedger({ path, keys: createKeyRing([second]), mode });

    expect(open).toThrow(expect.objectContaining({ code: 'STORAGE_KEY_MISSING', message: expect.stringContaining(first.id) }));
  });

  test('stays in use where a newer one stands before it', async () => {
    const ledger = openLocalLedger({ path, keys: createKeyRing([second, first]), mode: 'write' });

    expect(ledger.keys.currentId).toBe(first.id);
    await ledger.close();
  });
});
