import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseKey } from '../../src/storage/keys.ts';
import type { StorageKeys } from '../../src/storage/storage.ts';
import type { LocalStorage } from '../../src/storage/local/storage.ts';
import { makeLocalFolder, type LocalFolder } from './local-folder.ts';

const TEXT = Buffer.alloc(32, 7).toString('base64');

let folder: LocalFolder;
let storage: LocalStorage;
let keys: StorageKeys;

beforeEach(async () => {
  folder = await makeLocalFolder();
  storage = folder.open();
  keys = storage.keys;
});

afterEach(async () => {
  await folder.remove();
});

describe('the key file', () => {
  it('is made once, with one key, and nobody else may read it', () => {
    const first = keys.openOrCreate();
    const second = folder.open().keys.openOrCreate();

    expect(second.currentId).toBe(first.currentId);
    expect(statSync(storage.paths.key).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(storage.paths.key, 'utf8'))).toEqual({
      id: first.currentId,
      key: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as string,
      created: '2026-01-31T09:15:00.000Z',
    });
  });

  it('is not made by opening', () => {
    expect(() => keys.open()).toThrow(expect.objectContaining({ code: 'STORAGE_KEY_MISSING' }));
    expect(existsSync(folder.path)).toBe(false);
  });

  it('is not made anew beside a ledger that was written under a key', () => {
    keys.openOrCreate();
    writeFileSync(storage.paths.ledger, '');
    rmSync(storage.paths.key);

    expect(() => keys.openOrCreate()).toThrow(
      expect.objectContaining({ code: 'STORAGE_KEY_MISSING', hint: expect.stringContaining('SYNCLINE_KEY') as string }),
    );
    expect(existsSync(storage.paths.key)).toBe(false);
  });

  it('is not needed where SYNCLINE_KEY gives the key', () => {
    const ring = folder.open({ environmentKey: TEXT }).keys.openOrCreate();

    expect(ring.currentId).toBe(parseKey(TEXT, 'test').id);
    expect(existsSync(storage.paths.key)).toBe(false);
  });

  it('still serves to read once SYNCLINE_KEY is set', () => {
    const sealed = keys.openOrCreate().encrypt('a', 'place');

    const ring = folder.open({ environmentKey: TEXT }).keys.open();

    expect(ring.decrypt(sealed, 'place').toString()).toBe('a');
    expect(ring.isCurrent(sealed)).toBe(false);
  });

  it('keeps the older key when a new one is made, until it is retired', () => {
    const first = keys.openOrCreate();
    const sealed = first.encrypt('a', 'place');

    const second = keys.rotate();

    expect(second.ids).toEqual([second.currentId, first.currentId]);
    expect(folder.open().keys.open().decrypt(sealed, 'place').toString()).toBe('a');
    expect(() => keys.retire(second.currentId)).toThrow(expect.objectContaining({ code: 'STORAGE_KEY_INVALID' }));
    expect(keys.retire(first.currentId).ids).toEqual([second.currentId]);
    expect(() => folder.open().keys.open().decrypt(sealed, 'place')).toThrow(
      expect.objectContaining({ code: 'STORAGE_KEY_MISSING' }),
    );
  });

  it('gets no new key where SYNCLINE_KEY gives the current one', () => {
    const given = folder.open({ environmentKey: TEXT }).keys;

    expect(() => given.rotate()).toThrow(
      expect.objectContaining({ code: 'STORAGE_KEY_INVALID', hint: expect.stringContaining('NEW,OLD') as string }),
    );
  });

  it.each([0o640, 0o604, 0o644, 0o660])('is refused when others may read it (mode %o)', (mode) => {
    keys.openOrCreate();
    chmodSync(storage.paths.key, mode);

    expect(() => keys.open()).toThrow(
      expect.objectContaining({
        code: 'STORAGE_UNSAFE_FILE',
        hint: expect.stringContaining(`chmod 600 ${storage.paths.key}`) as string,
      }),
    );
  });

  it.each([
    ['text', 'hello\n'],
    ['a key alone', `${TEXT}\n`],
    ['null', 'null\n'],
    ['a key with the id of another', `${JSON.stringify({ id: '00000000', key: TEXT, created: '2026-01-31T09:15:00.000Z' })}\n`],
    ['a short key', `${JSON.stringify({ id: '00000000', key: 'AAAA', created: '2026-01-31T09:15:00.000Z' })}\n`],
  ])('is refused when it holds %s, and nothing of it is repeated', (_, text) => {
    keys.openOrCreate();
    writeFileSync(storage.paths.key, text);

    try {
      keys.open();
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORAGE_KEY_INVALID' });
      expect((error as Error).message).not.toContain(TEXT);
    }
    expect(readFileSync(storage.paths.key, 'utf8')).toBe(text);
  });
});
