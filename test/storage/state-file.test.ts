import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { Secret } from '../../src/model/secret.ts';
import { nodeFileSystem, type FileSystem } from '../../src/storage/file-system.ts';
import { nodeHost } from '../../src/storage/host.ts';
import type { LocalStorage } from '../../src/storage/local/storage.ts';
import type { Lock } from '../../src/storage/lock.ts';
import { parseState, printState, sealState } from '../../src/storage/state-text.ts';
import { expectCode } from './contract/state-store-contract.ts';
import { makeLocalFolder, type LocalFolder } from './local-folder.ts';
import { fullState, newState, withResource } from './states.ts';
import { createTestClock } from './test-clock.ts';

let folder: LocalFolder;
let storage: LocalStorage;
let lock: Lock;
let path: string;

beforeEach(async () => {
  folder = await makeLocalFolder();
  storage = folder.open();
  lock = await storage.locks.acquire({ operation: 'apply', timeoutMs: 0 });
  path = storage.paths.state;
});

afterEach(async () => {
  await folder.remove();
});

async function storeFull(): Promise<State> {
  return storage.states.write(fullState(), 0, lock);
}

/** Changes the text of the stored file, as an editor or a broken disk would. */
function edit(change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe('the state file (E5)', () => {
  it('is text for people: sorted keys, two blanks, a newline at the end', async () => {
    await storage.states.write(
      withResource({ ...newState(), accounts: { b: { label: 'B', id: '2' }, a: { label: 'A', id: '1' } } }, 'Resource/x'),
      0,
      lock,
    );

    const text = readFileSync(path, 'utf8');

    expect(text.startsWith('{\n  "accounts": {\n    "a": {\n      "id": "1",\n      "label": "A"\n    },\n    "b": {')).toBe(
      true,
    );
    expect(text.endsWith('\n}\n')).toBe(true);
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(JSON.parse(text) as object).toSorted());
    expect(Object.keys((JSON.parse(text) as State).resources['Resource/x']!)).toEqual(
      Object.keys((JSON.parse(text) as State).resources['Resource/x']!).toSorted(),
    );
  });

  it('is changed by no byte when it is printed again', async () => {
    await storeFull();

    const text = readFileSync(path, 'utf8');

    expect(printState(parseState(text, { source: path, digest: 'verify' }))).toBe(text);
  });

  it('has the same bytes whatever the order in which things were put into it', () => {
    const state = fullState();
    const reversed = Object.fromEntries(Object.entries(state).toReversed()) as unknown as State;

    expect(printState(sealState(reversed))).toBe(printState(sealState(state)));
  });

  it('nobody else may read, and its folder neither', async () => {
    await storeFull();

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  });

  it('has the serial before beside it, whatever the audit log does meanwhile', async () => {
    const first = await storeFull();
    const second = await storage.states.write(withResource(first, 'Resource/new'), 1, lock);
    await storage.states.write({ ...second, audit: { count: 1, head: 'b'.repeat(64) } }, 2, lock);

    const backup = parseState(readFileSync(`${path}.backup`), { source: 'backup', digest: 'verify' });

    expect(backup).toEqual(first);
    expect(statSync(`${path}.backup`).mode & 0o777).toBe(0o600);
  });

  it('can be replaced by its backup, as the message for a damaged file says', async () => {
    const first = await storeFull();
    await storage.states.write(withResource(first, 'Resource/new'), 1, lock);
    edit((text) => text.slice(0, 100));
    const error = await expectCode(storage.states.read(), 'STATE_UNREADABLE');

    expect(error.hint).toContain(`  cp ${path}.backup ${path}`);
    renameSync(`${path}.backup`, path);

    expect(await storage.states.read()).toEqual(first);
  });

  it('is not touched by a write of what it holds', async () => {
    const state = await storeFull();
    const before = statSync(path);

    await storage.states.write(state, 1, lock);

    expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(existsSync(`${path}.backup`)).toBe(false);
  });

  it('never holds a secret that strayed into an attribute', async () => {
    await storage.states.write(
      withResource(newState(), 'Resource/a', { attributes: { token: new Secret('canary-8d1f') } }),
      0,
      lock,
    );

    expect(readFileSync(path, 'utf8')).not.toContain('canary-8d1f');
  });

  it('takes half a character from a remote system without choking', async () => {
    const state = await storage.states.write(
      withResource(newState(), 'Resource/a', { attributes: { title: 'a\ud800b' } }),
      0,
      lock,
    );

    expect(state.resources['Resource/a']?.attributes).toEqual({ title: 'a\ufffdb' });
    expect(await folder.open().states.read()).toEqual(state);
  });

  it('that is removed meanwhile is gone', async () => {
    await storeFull();
    await storage.states.read();
    rmSync(path);

    expect(await storage.states.read()).toBeUndefined();
    await expectCode(storage.states.write(withResource(fullState(), 'Resource/b'), 1, lock), 'STATE_STALE_SERIAL');
  });

  it('sheds what a killed process left behind', async () => {
    const state = await storeFull();
    writeFileSync(join(folder.path, '.syncline.state.json.a1b2c3.tmp'), 'half a st');
    writeFileSync(join(folder.path, '.syncline.state.json.backup.a1b2c3.tmp'), 'half a st');

    await storage.states.write(withResource(state, 'Resource/b'), 1, lock);

    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a state file is refused', () => {
  it.each([
    ['empty', () => '', 'STATE_UNREADABLE'],
    ['cut off', (text: string) => text.slice(0, -10), 'STATE_UNREADABLE'],
    ['written twice over', (text: string) => text + text, 'STATE_UNREADABLE'],
    ['merged by Git', (text: string) => `<<<<<<< HEAD\n${text}`, 'STATE_UNREADABLE'],
    ['of zeros', (text: string) => '\0'.repeat(text.length), 'STATE_UNREADABLE'],
    ['JSON of another type', () => '[]', 'STATE_INVALID'],
    ['another program’s', () => '{"version": 4, "resources": []}', 'STATE_INVALID'],
    ['without a digest', (text: string) => text.replace('"digest"', '"digests"'), 'STATE_INVALID'],
    ['with an edited id', (text: string) => text.replace('"id": "17"', '"id": "18"'), 'STATE_DIGEST_MISMATCH'],
    ['with an edited serial', (text: string) => text.replace('"serial": 1', '"serial": 2'), 'STATE_DIGEST_MISMATCH'],
    ['with a line added', (text: string) => text.replace('"serial": 1', '"note": "hi",\n  "serial": 1'), 'STATE_DIGEST_MISMATCH'],
    ['of a newer format', (text: string) => text.replace('"format_version": 1', '"format_version": 2'), 'STATE_NEWER_FORMAT'],
  ] as const)('when it is %s', async (_, change, code) => {
    await storeFull();
    edit(change);
    const damaged = readFileSync(path);

    await expectCode(folder.open().states.read(), code);
    await expectCode(storage.states.write(withResource(fullState(), 'Resource/b'), 1, lock), code);

    expect(readFileSync(path)).toEqual(damaged);
  });

  it('when it is not UTF-8', async () => {
    await storeFull();
    writeFileSync(
      path,
      Buffer.concat([readFileSync(path).subarray(0, 50), Buffer.from([0xff, 0xfe]), readFileSync(path).subarray(50)]),
    );

    await expectCode(storage.states.read(), 'STATE_UNREADABLE');
  });

  it('for its content without repeating any of it', async () => {
    mkdirSync(folder.path, { recursive: true });
    writeFileSync(path, 'token=canary-8d1f', { mode: 0o600 });

    const error = await expectCode(storage.states.read(), 'STATE_UNREADABLE');

    expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toContain('canary');
  });

  it('when it is a symbolic link, and the link is not written through', async () => {
    await storeFull();
    const elsewhere = join(folder.path, 'elsewhere.json');
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);

    await expectCode(storage.states.read(), 'STORAGE_UNSAFE_FILE');
    await expectCode(storage.states.write(withResource(fullState(), 'Resource/b'), 1, lock), 'STORAGE_UNSAFE_FILE');
  });

  it('when it is a folder', async () => {
    mkdirSync(path);

    await expectCode(storage.states.read(), 'STORAGE_UNSAFE_FILE');
  });

  it('when it is a pipe, which is not even opened, since that would wait for a writer', async () => {
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      stat: (asked) =>
        asked === path ? { kind: 'other', size: 0, mode: 0o600, owner: process.getuid!() } : nodeFileSystem.stat(asked),
      open: (asked, flags, mode) => {
        expect(asked).not.toBe(path);
        return nodeFileSystem.open(asked, flags, mode);
      },
    };

    await expectCode(folder.open({ fileSystem }).states.read(), 'STORAGE_UNSAFE_FILE');
  });

  it.each([0o620, 0o602, 0o666])('when others may write it (mode %o)', async (mode) => {
    await storeFull();
    chmodSync(path, mode);

    const error = await expectCode(folder.open().states.read(), 'STORAGE_UNSAFE_FILE');

    expect(error.hint).toContain(`  chmod 600 ${path}`);
  });

  it('when it belongs to another user', async () => {
    await storeFull();
    const other = { ...nodeHost(process, createTestClock()), userId: 4711 };

    await expectCode(folder.open({ host: other }).states.read(), 'STORAGE_UNSAFE_FILE');
  });

  it('but not when others may only read it', async () => {
    const state = await storeFull();
    chmodSync(path, 0o644);

    expect(await folder.open().states.read()).toEqual(state);
  });
});

describe('a state that a person hands in', () => {
  it('may have been edited, which its digest then does not match', () => {
    const text = printState(sealState(fullState())).replace('"id": "17"', '"id": "18"');

    expect(parseState(text, { source: 'edited.json', digest: 'ignore' }).resources['Resource/ac-job-title']?.id).toBe('18');
  });

  it.each([
    ['resources["Resource/ac-city"].mode', '"mode": "managed"', '"mode": "other"'],
    ['resources["Resource/ac-city"].depends_on', '"depends_on": [', '"depends_on": [1,'],
    ['specifications["Link/contacts"].generation', '"generation": 2', '"generation": "2"'],
    ['audit.count', '"count": 0', '"count": -1'],
    ['lineage', '"lineage": "', '"lineage": "", "x": "'],
  ])('is refused where %s is wrong, and told so', (where, from, to) => {
    const text = printState(sealState(fullState())).replace(from, to);

    expect(() => parseState(text, { source: 'edited.json', digest: 'ignore' })).toThrow(
      `${where} is missing or has the wrong type`,
    );
  });
});

describe('the schema of the state', () => {
  const schema = JSON.parse(readFileSync(new URL('../../schemas/state.schema.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
  ajvFormats.default(ajv);
  const validate = ajv.compile(schema);

  it('accepts what is stored', async () => {
    await storeFull();

    expect(validate(JSON.parse(readFileSync(path, 'utf8')))).toBe(true);
  });

  it('knows every field of the format, and no other', async () => {
    const stored = JSON.parse(printState(await storeFull())) as Record<string, never>;

    for (const [place, entry] of [
      ['', stored],
      ['audit', stored['audit']],
      ['resource', Object.values(stored['resources'] as never)[1]],
      ['specification', Object.values(stored['specifications'] as never)[0]],
      ['account', Object.values(stored['accounts'] as never)[0]],
    ] as [string, Record<string, unknown>][]) {
      entry['surplus'] = 1;
      expect(validate(stored), `${place} with a surplus field`).toBe(false);
      delete entry['surplus'];
      for (const [name, value] of Object.entries(entry)) {
        delete entry[name];
        const optional = name === 'pending' || name === 'paused';
        expect(validate(stored), `${place} without ${name}`).toBe(optional);
        entry[name] = value;
      }
      expect(validate(stored)).toBe(true);
    }
  });

  it('names and explains every field', () => {
    const nameless: string[] = [];
    const visit = (node: Record<string, unknown>, place: string): void => {
      for (const [name, field] of Object.entries((node['properties'] ?? {}) as Record<string, Record<string, unknown>>)) {
        if (typeof field['title'] !== 'string' || typeof field['description'] !== 'string') {
          nameless.push(`${place}/${name}`);
        }
        visit(field, `${place}/${name}`);
      }
      if (typeof node['additionalProperties'] === 'object') {
        visit(node['additionalProperties'] as Record<string, unknown>, `${place}/*`);
      }
    };
    visit(schema, '');

    expect(schema).toMatchObject({ title: 'State', description: expect.any(String) as string });
    expect(nameless).toEqual([]);
  });
});
