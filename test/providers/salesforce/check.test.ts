import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountFields, contactFields, described } from './describe-answers.ts';
import { connectTo, page, refusal, startStubOrg, TOKEN_PATH } from './stub-org.ts';
import type { StubOrg } from './stub-org.ts';

let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
  org.on('GET', '/sobjects/Contact/describe', described('Contact', contactFields));
  org.on('GET', '/sobjects/Lead/describe', described('Lead', contactFields));
  org.on('GET', '/sobjects/Account/describe', described('Account', accountFields));
  org.on('GET', '/tooling/query', page([]));
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

describe('checking an integration', () => {
  it('finds nothing where all is well, and writes nothing', async () => {
    expect(await connectTo(org).connection.check()).toEqual([]);
    expect(new Set(org.calls.map((call) => call.method))).toEqual(new Set(['GET']));
  });

  it('reports refused credentials as a finding', async () => {
    org.on('POST', TOKEN_PATH, {
      status: 400,
      body: { error: 'invalid_client_id', error_description: 'client identifier invalid' },
    });
    expect(await connectTo(org).connection.check()).toMatchObject([
      { severity: 'error', what: expect.stringContaining('client identifier invalid') as string },
    ]);
  });

  it('reports a hidden opt-out as an error: it would be missed in silence', async () => {
    org.on(
      'GET',
      '/sobjects/Contact/describe',
      described(
        'Contact',
        contactFields.filter((field) => field['name'] !== 'HasOptedOutOfEmail'),
      ),
    );
    expect(await connectTo(org).connection.check()).toMatchObject([
      { severity: 'error', what: expect.stringContaining('HasOptedOutOfEmail') as string },
    ]);
  });

  it('reports rights that are lacking', async () => {
    const { body } = described('Lead', contactFields) as { body: Record<string, unknown> };
    org.on('GET', '/sobjects/Lead/describe', { body: { ...body, createable: false } });
    org.on('GET', '/sobjects/Account/describe', {
      status: 404,
      body: refusal('NOT_FOUND', 'The requested resource does not exist'),
    });
    org.on('GET', '/tooling/query', {
      status: 400,
      body: refusal('INVALID_TYPE', "sObject type 'CustomField' is not supported."),
    });
    expect(await connectTo(org).connection.check()).toMatchObject([
      { severity: 'warning', what: expect.stringContaining('Lead: it is not createable') as string },
      { severity: 'warning', what: expect.stringContaining('Account cannot be read') as string },
      { severity: 'warning', what: expect.stringContaining('Custom fields cannot be managed') as string },
    ]);
  });

  it('ends at the first object where the API is closed', async () => {
    org.on('GET', '/sobjects/Contact/describe', {
      status: 403,
      body: refusal('API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'),
    });
    expect(await connectTo(org).connection.check()).toMatchObject([
      { severity: 'error', what: expect.stringContaining('API_DISABLED_FOR_ORG') as string },
    ]);
    expect(org.calls).toHaveLength(1);
  });
});
