import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDotdigitalSandbox } from '../../src/sandbox/dotdigital/sandbox.ts';
import type { CreateVendorSandbox, SandboxRequest, SandboxResponse } from '../../src/sandbox/vendor.ts';
import { oroSandboxWith } from '../../src/sandbox/orocrm/sandbox.ts';
import { answeredBy } from '../sandbox/core/answered-by.ts';
import { Rehearsal, type Loose } from './harness.ts';

const SECRETS = { DOTDIGITAL_CLIENT_ID: 'sandbox', DOTDIGITAL_CLIENT_SECRET: 'sandbox' };
const LOGIN = ['login', 'dotdigital', '--port', '0'] as const;

let rehearsal: Rehearsal;
/** Every token that the vendor gave away. */
const tokens: string[] = [];

/** The vendor, with whatever it gives away noted. */
const overheard: CreateVendorSandbox = (clock) => {
  const vendor = createDotdigitalSandbox(clock);
  const handle = async (request: SandboxRequest): Promise<SandboxResponse> => {
    const response = await vendor.handle(request);
    const { access_token: access, refresh_token: refresh } = (response.body ?? {}) as Loose;
    if (access !== undefined) tokens.push(access, refresh);
    return response;
  };
  return answeredBy(vendor, handle);
};

beforeAll(async () => {
  rehearsal = await Rehearsal.start({
    people: 3,
    example: 'oro-dotdigital',
    vendors: [overheard, oroSandboxWith({ exposesMarketingLists: true })],
  });
  await rehearsal.edit('integrations.yaml', '  provider: dotdigital\n', '  provider: dotdigital\n' + SIGN_ON);
});

afterAll(() => rehearsal.close());

const SIGN_ON = `  signOn: { clientId: { env: DOTDIGITAL_CLIENT_ID }, clientSecret: { env: DOTDIGITAL_CLIENT_SECRET } }
`;

/** Agrees at once: the vendor sends the browser back. */
const agreeing = async (address: string): Promise<boolean> => {
  const answer = await fetch(address);
  expect(await answer.text()).toContain('You may close this window.');
  return true;
};

function redirectOf(address: string): URL {
  return new URL(new URL(address).searchParams.get('redirect_uri')!);
}

async function ledgerText(): Promise<string> {
  return [...(await rehearsal.files('state')).values()].map((bytes) => bytes.toString('latin1')).join('\n');
}

describe('C16 single sign-on', () => {
  it('opens the page, takes the code that comes back, keeps the tokens encrypted, and check shows who', async () => {
    let page = '';
    const done = await rehearsal.synclineIn(
      {
        environment: SECRETS,
        openBrowser: async (address) => {
          page = address;
          return agreeing(address);
        },
      },
      ...LOGIN,
    );
    const checked = await rehearsal.synclineIn({ environment: SECRETS }, 'check', 'dotdigital', '--json');

    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('ada@laptop is signed on to Integration/dotdigital.');
    expect(done.stdout).toContain('authorises no call');
    expect(new URL(page).searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect((JSON.parse(checked.stdout) as Loose).integrations[0].signed_on[0].who).toBe('ada@laptop');
  });

  it('renews what still holds without a browser, and stores the token before anything uses it', async () => {
    const [{ count: before }] = (await rehearsal.calls('dotdigital')).filter(({ route }) => route.includes('Tokens')) as [Loose];
    const first = await rehearsal.synclineIn({ environment: SECRETS }, ...LOGIN, '--json');
    const second = await rehearsal.synclineIn({ environment: SECRETS }, ...LOGIN, '--json');
    const [{ count: after }] = (await rehearsal.calls('dotdigital')).filter(({ route }) => route.includes('Tokens')) as [Loose];

    // Each renewal ends the token before: the second one could not have been made with any but the stored one.
    expect([JSON.parse(first.stdout), JSON.parse(second.stdout)]).toMatchObject([{ outcome: 'renewed' }, { outcome: 'renewed' }]);
    expect(after - before).toBe(2);
  });

  it('prints the page with --no-browser, refuses any other state, and goes on waiting', async () => {
    const refusals: number[] = [];
    const done = await rehearsal.synclineIn(
      {
        environment: SECRETS,
        who: 'grace@desk',
        openBrowser: () => Promise.reject(new Error('A browser was opened.')),
        onNote(text) {
          const page = /http\S+/.exec(text)?.[0];
          if (page === undefined) return;
          void (async () => {
            const forged = redirectOf(page);
            forged.search = new URLSearchParams({ code: 'stolen', state: 'guessed' }).toString();
            refusals.push((await fetch(forged)).status);
            refusals.push((await fetch(new URL('/other', forged))).status);
            await agreeing(page);
          })();
        },
      },
      ...LOGIN,
      '--no-browser',
    );

    expect(done.code, done.stderr).toBe(0);
    expect(refusals).toEqual([400, 400]);
    expect(done.stdout).toContain('grace@desk is signed on');
  });

  it('ends where the person does not agree, where nobody comes back, and where a code does not hold', async () => {
    const answering = (parameters: Record<string, string>) => async (address: string) => {
      const back = redirectOf(address);
      const state = new URL(address).searchParams.get('state')!;
      back.search = new URLSearchParams({ ...parameters, state }).toString();
      return (await fetch(back)).ok;
    };
    const as = (openBrowser: (address: string) => Promise<boolean>, ...more: string[]) =>
      rehearsal.synclineIn({ environment: SECRETS, who: 'new@desk', openBrowser }, ...LOGIN, ...more);
    const denied = await as(answering({ error: 'access_denied', error_description: 'No \u001b[31mthanks' }));
    const late = await as(() => Promise.resolve(true), '--timeout', '0s');
    const stale = await as(answering({ code: 'never-given' }));

    expect([denied.code, late.code, stale.code]).toEqual([1, 1, 1]);
    expect(denied.stderr).toContain('LOGIN_REFUSED');
    expect(denied.stderr).not.toContain('\u001b[31mthanks');
    expect(late.stderr).toContain('LOGIN_TIMED_OUT');
    expect(stale.stderr).toContain('PROVIDER_AUTHENTICATION_FAILED');
  });

  it('is offered by vendors that have it, to integrations that name a client', async () => {
    const other = await rehearsal.syncline('login', 'orocrm');
    const nobody = await rehearsal.syncline('login', 'nobody');
    const secretless = await rehearsal.syncline(...LOGIN);

    expect(other.stderr).toContain('OroCRM is not signed on to in a browser.');
    expect(nobody.stderr).toContain('LOGIN_UNKNOWN_INTEGRATION');
    expect(secretless.stderr).toContain('CONFIG_MISSING_SECRET');
  });

  it('leaves no token on disk or in any output', async () => {
    const files = await ledgerText();
    const rotated = await rehearsal.syncline('key', 'rotate');
    const renewed = await rehearsal.synclineIn({ environment: SECRETS, who: 'grace@desk' }, ...LOGIN, '--json');
    const written = [rotated, renewed].map(({ stdout, stderr }) => stdout + stderr).join('\n');

    expect(tokens.length).toBeGreaterThan(5);
    expect(tokens.filter((token) => files.includes(token) || written.includes(token))).toEqual([]);
    // What was encrypted anew is still good.
    expect(rotated.code, rotated.stderr).toBe(0);
    expect(JSON.parse(renewed.stdout)).toMatchObject({ outcome: 'renewed' });
  });
});
