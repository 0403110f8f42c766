import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { resolveStack, selectStack } from '../../src/config/stack.ts';
import type { Environment } from '../../src/config/stack.ts';
import { ROOT, oneFile } from './memory-file-system.ts';

const INTEGRATIONS = `
---
apiVersion: syncline/v1
kind: Integration
metadata: { name: crm }
spec:
  provider: salesforce
  authentication: { method: client-credentials, clientId: { env: A }, clientSecret: { env: B } }
---
apiVersion: syncline/v1
kind: Integration
metadata: { name: mail }
spec:
  provider: activecampaign
  endpoint: https://example.api-us1.com/
  authentication: { method: api-token, token: { env: C } }
---
apiVersion: syncline/v1
kind: Integration
metadata: { name: old }
spec:
  provider: activecampaign
  active: false
  authentication: { method: api-token, token: { env: C } }
`;

const stack = (name: string, spec: string) =>
  `---\napiVersion: syncline/v1\nkind: Stack\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
const LITERAL = '{ integrations: { crm: { endpoint: https://example.my.salesforce.com, account: 00D5g000004Xk2A } } }';
const REHEARSAL =
  '{ default: true, rehearsal: true, integrations: { crm: { endpoint: { env: CRM_URL, default: "http://127.0.0.1:4701/" }, account: { env: CRM_ACCOUNT, default: none } } } }';

async function load(...stacks: readonly string[]) {
  const { configuration, diagnostics } = await loadConfiguration(ROOT, oneFile(INTEGRATIONS + stacks.join('')));
  expect(diagnostics).toEqual([]);
  return configuration;
}

async function resolved(text: string, environment: Environment) {
  const configuration = await load(text);
  const { stack: found, diagnostics } = resolveStack(configuration, [...configuration.stacks.values()][0]!, environment);
  return {
    endpoints: Object.fromEntries(found.integrations),
    diagnostics: diagnostics.map(({ code, detail }) => `${code} ${detail}`),
  };
}

describe('choosing a stack', () => {
  const chosen = async (name: string | undefined, ...stacks: readonly string[]) => {
    const selected = selectStack(await load(...stacks), name);
    return 'stack' in selected ? selected.stack.name : selected.diagnostics.map(({ code, hint }) => `${code} ${hint}`);
  };

  test('the only one is meant, the default among several, or the one that is named', async () => {
    expect(await chosen(undefined, stack('prod', LITERAL))).toBe('prod');
    expect(await chosen(undefined, stack('prod', LITERAL), stack('sandbox', REHEARSAL))).toBe('sandbox');
    expect(await chosen('prod', stack('prod', LITERAL), stack('sandbox', REHEARSAL))).toBe('prod');
    expect(await chosen('', stack('prod', LITERAL))).toBe('prod');
  });

  test('there is none, none is the default, or none has that name', async () => {
    expect(await chosen(undefined)).toEqual(['CONFIG_NO_STACK add a document of kind Stack']);
    expect(await chosen(undefined, stack('prod', LITERAL), stack('test', LITERAL))).toEqual([
      'CONFIG_STACK_NOT_CHOSEN name one with --stack, for example --stack prod',
    ]);
    expect(await chosen('prdo', stack('prod', LITERAL))).toEqual(['CONFIG_UNKNOWN_STACK did you mean "prod"?']);
    expect(await chosen('constructor', stack('prod', LITERAL))).toEqual(['CONFIG_UNKNOWN_STACK the only one is "prod"']);
  });
});

describe('values of a stack', () => {
  test('literals are taken as they are, and inactive integrations need none', async () => {
    expect(await resolved(stack('prod', LITERAL), { CRM_URL: 'https://ignored.my.salesforce.com' })).toEqual({
      endpoints: {
        crm: { endpoint: 'https://example.my.salesforce.com', account: '00D5g000004Xk2A' },
        mail: { endpoint: 'https://example.api-us1.com' },
      },
      diagnostics: [],
    });
  });

  test('a stack for rehearsal takes them from the environment, or the default', async () => {
    expect((await resolved(stack('sandbox', REHEARSAL), {})).endpoints['crm']).toEqual({
      endpoint: 'http://127.0.0.1:4701',
      account: 'none',
    });
    expect((await resolved(stack('sandbox', REHEARSAL), { CRM_URL: '', CRM_ACCOUNT: '' })).endpoints['crm']).toEqual({
      endpoint: 'http://127.0.0.1:4701',
      account: 'none',
    });
    expect(
      (await resolved(stack('sandbox', REHEARSAL), { CRM_URL: 'http://sandbox:80/x/', CRM_ACCOUNT: 'y' })).endpoints['crm'],
    ).toEqual({ endpoint: 'http://sandbox/x', account: 'y' });
  });

  test.each([
    'not an address',
    'ftp://example.com',
    'http://169.254.169.254',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://user:pw@127.0.0.1',
    'http://127.0.0.1/?a=b',
    'http://127.0.0.1/#a',
  ])('an address from the environment is judged too: %s', async (address) => {
    const { endpoints, diagnostics } = await resolved(stack('sandbox', REHEARSAL), { CRM_URL: address });

    expect(endpoints).not.toHaveProperty('crm');
    expect(diagnostics).toEqual([expect.stringMatching(/^CONFIG_INVALID_ENDPOINT .* It comes from CRM_URL\.$/)]);
    expect(diagnostics[0]).not.toContain('pw');
  });
});
