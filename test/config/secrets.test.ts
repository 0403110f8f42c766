import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import type { Environment } from '../../src/config/stack.ts';
import { Secret } from '../../src/model/secret.ts';
import { ROOT, memoryFileSystem } from './memory-file-system.ts';
import type { Content } from './memory-file-system.ts';

async function resolve(
  authentication: string,
  environment: Environment = {},
  files: Readonly<Record<string, Content>> = {},
  modes: Readonly<Record<string, number>> = {},
) {
  const provider = authentication.includes('api-token') ? 'activecampaign' : 'salesforce';
  const text = `apiVersion: syncline/v1\nkind: Integration\nmetadata: { name: account }\nspec:\n  provider: ${provider}\n  authentication: ${authentication}\n`;
  const fileSystem = memoryFileSystem({ [`${ROOT}/a.yaml`]: text, ...files }, modes);
  const { configuration, diagnostics } = await loadConfiguration(ROOT, fileSystem);
  expect(diagnostics).toEqual([]);
  const found = await resolveSecrets(configuration.integrations.get('account')!, environment, fileSystem, ROOT);
  return {
    ...found,
    summary: found.diagnostics.map(
      ({ severity, code, detail, source }) => `${severity} ${code} ${source!.line}:${source!.column} ${detail}`,
    ),
  };
}

function revealed(authentication: Readonly<Record<string, string | Secret>> | undefined) {
  return Object.fromEntries(
    Object.entries(authentication ?? {}).map(([name, value]) => [
      name,
      value instanceof Secret ? `secret ${value.reveal()}` : value,
    ]),
  );
}

/** Keys are the only secrets of several lines. */
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----\n';

describe('secrets from the environment', () => {
  const JWT = '{ method: jwt-bearer, clientId: { env: ID }, username: sync@example.com, privateKey: { env: KEY } }';

  test('are resolved, and literals stay what they are', async () => {
    const { authentication, diagnostics } = await resolve(JWT, { ID: 'id', KEY: PEM });

    expect(revealed(authentication)).toEqual({
      method: 'jwt-bearer',
      clientId: 'secret id',
      username: 'sync@example.com',
      privateKey: `secret ${PEM.trimEnd()}`,
    });
    expect(diagnostics).toEqual([]);
  });

  test.each(['id\n', 'id\r\n', 'id\n\n'])('end before a line break that came along: %j', async (ID) => {
    expect(revealed((await resolve(JWT, { ID, KEY: 'key' })).authentication)).toMatchObject({ clientId: 'secret id' });
  });

  test.each([
    [' \t\n', 'is empty'],
    ['two\nlines', 'holds several lines'],
    ['nul\0', 'holds a control character'],
  ])('that no request could carry are refused: %j', async (ID, fault) => {
    const { summary, diagnostics } = await resolve(JWT, { ID, KEY: 'key' });

    expect(summary).toEqual([`error CONFIG_MISSING_SECRET 6:51 The environment variable ID ${fault}.`]);
    expect(JSON.stringify(diagnostics)).not.toContain('lines\\');
  });

  test.each(['\n', 'Bag Attributes\n    friendlyName: sync\nKey Attributes: <No Attributes>\n'])(
    'may be keys with what openssl writes before them: %j',
    async (before) => {
      expect((await resolve(JWT, { ID: 'id', KEY: before + PEM })).summary).toEqual([]);
    },
  );

  test('do not show when the record is printed', async () => {
    const { authentication } = await resolve(JWT, { ID: 'id', KEY: 'canary' });

    expect(inspect(authentication, { depth: 5, showHidden: true }) + JSON.stringify(authentication)).not.toContain('canary');
  });

  test('every one that is missing is named, with its place', async () => {
    const { authentication, summary, diagnostics } = await resolve(JWT, { KEY: '', IDD: 'x' });

    expect(authentication).toBeUndefined();
    expect(summary).toEqual([
      'error CONFIG_MISSING_SECRET 6:51 The environment variable ID is not set.',
      'error CONFIG_MISSING_SECRET 6:104 The environment variable KEY is empty.',
    ]);
    expect(diagnostics.map(({ hint }) => hint)).toEqual(['IDD is set: was that one meant?', "set it:\n  export KEY='...'"]);
  });

  test('names of object properties are no variables', async () => {
    expect((await resolve('{ method: api-token, token: { env: toString } }')).summary).toEqual([
      'error CONFIG_MISSING_SECRET 6:47 The environment variable toString is not set.',
    ]);
  });
});

describe('secrets from files', () => {
  const token = (path: string) => `{ method: api-token, token: { file: ${path} } }`;

  test('are read relative to the configuration, or from anywhere by an absolute path', async () => {
    expect(
      revealed((await resolve(token('secrets/token'), {}, { [`${ROOT}/secrets/token`]: 'canary\n' })).authentication),
    ).toEqual({ method: 'api-token', token: 'secret canary' });
    expect(
      revealed((await resolve(token('/run/secrets/token'), {}, { '/run/secrets/token': 'one line\r\n\n' })).authentication),
    ).toEqual({ method: 'api-token', token: 'secret one line' });
  });

  test('a relative path stays in the configuration folder, also through links', async () => {
    const outside = { '/etc/token': 'canary', [`${ROOT}/link`]: { linkTo: '/etc/token' } };

    expect((await resolve(token('../etc/token'), {}, outside)).summary).toEqual([
      'error CONFIG_OUTSIDE_ROOT 6:47 The path ../etc/token leaves the configuration folder.',
    ]);
    expect((await resolve(token('link'), {}, outside)).summary).toEqual([
      'error CONFIG_OUTSIDE_ROOT 6:47 The path link leaves the configuration folder.',
    ]);
    expect((await resolve(token('secrets/../../etc/token'), {}, outside)).summary).toEqual([
      'error CONFIG_OUTSIDE_ROOT 6:47 The path secrets/../../etc/token leaves the configuration folder.',
    ]);
  });

  test.each([
    ['missing', {}, 'The file token cannot be read: it does not exist.'],
    ['empty', { [`${ROOT}/token`]: ' \n' }, 'The file token is empty.'],
    ['unreadable', { [`${ROOT}/token`]: { fails: 'EACCES' } }, 'The file token cannot be read: permission denied.'],
    ['huge', { [`${ROOT}/token`]: { bytes: 10_000_000 } }, 'The file token is larger than 64 KiB, so it is hardly a secret.'],
    ['binary', { [`${ROOT}/token`]: Uint8Array.of(0xff, 0xfe, 0xfd) }, 'The file token is not text in UTF-8.'],
  ] satisfies [string, Record<string, Content>, string][])('a file that is %s is reported', async (_, files, detail) => {
    expect((await resolve(token('token'), {}, files)).summary).toEqual([`error CONFIG_MISSING_SECRET 6:47 ${detail}`]);
  });

  test('one that everybody can read is used with a warning', async () => {
    const { authentication, summary } = await resolve(
      token('token'),
      {},
      { [`${ROOT}/token`]: 'canary' },
      { [`${ROOT}/token`]: 0o644 },
    );

    expect(authentication).toBeDefined();
    expect(summary).toEqual(['warning CONFIG_READABLE_SECRET_FILE 6:47 Every user of this machine can read token.']);
  });
});
