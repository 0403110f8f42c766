import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../src/sandbox/vendor.ts';
import { Rehearsal, type Outcome } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const CANARIES = {
  SALESFORCE_CLIENT_ID: 'canary-id/+=&%20A',
  SALESFORCE_CLIENT_SECRET: 'canary-secret/+=&%20B',
  ACTIVECAMPAIGN_TOKEN: 'canary-token/+=&%20C',
};
const KEY = Buffer.alloc(32, 'canary-key').toString('base64');

/** The vendors know the canaries as their own credentials. */
function knowCanaries(request: SandboxRequest): SandboxRequest {
  const form = new URLSearchParams(request.body.toString('utf8'));
  const isToken = request.path === '/services/oauth2/token';
  for (const [name, canary] of [
    ['client_id', CANARIES.SALESFORCE_CLIENT_ID],
    ['client_secret', CANARIES.SALESFORCE_CLIENT_SECRET],
  ] as const) {
    if (isToken && form.get(name) === canary) form.set(name, 'sandbox');
  }
  const token = request.headers['api-token'] === CANARIES.ACTIVECAMPAIGN_TOKEN ? 'sandbox' : request.headers['api-token'];
  return {
    ...request,
    headers: { ...request.headers, ...(token === undefined ? {} : { 'api-token': token }) },
    ...(isToken ? { body: Buffer.from(form.toString()) } : {}),
  };
}

/** A secret in every way in which it might have been written down. */
function spellings(secret: string): readonly string[] {
  // Base64 depends on where in a text the secret begins: the parts that do not are looked for.
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + secret)
      .toString('base64')
      .slice(4, -4),
  );
  const form = new URLSearchParams({ secret }).toString().slice('secret='.length);
  return [
    secret,
    encodeURIComponent(secret),
    form,
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('hex'),
    ...encoded,
  ];
}

let rehearsal: Rehearsal;
let said: string;

afterEach(() => rehearsal.close());

function heard(outcome: Outcome): Outcome {
  said += outcome.stdout + outcome.stderr;
  return outcome;
}

async function written(): Promise<string> {
  const files = [...(await rehearsal.files('state')).values(), ...(await savedPlan())];
  expect(files.length).toBeGreaterThan(3);
  // As bytes, so that what stands in a database is found as well.
  return Buffer.concat(files).toString('latin1');
}

async function savedPlan(): Promise<readonly Buffer[]> {
  return [await readFile(join(rehearsal.folder, 'plan.json'))];
}

describe('secrets', () => {
  const sessions = new Set<string>();

  beforeEach(async () => {
    said = '';
    sessions.clear();
    rehearsal = await Rehearsal.start({ people: 20, rewrite: knowCanaries });
    rehearsal.onCall(({ request }) => {
      const token = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
      if (token !== undefined) sessions.add(token);
    });
  });

  async function everyCommand(): Promise<void> {
    const environment = { ...CANARIES, SYNCLINE_KEY: KEY };
    const commands = [
      ['check'],
      ['plan', '-o', 'plan.json', '--show-values', '--log-level', 'debug'],
      ['apply', 'plan.json', '--log-level', 'debug'],
      ['plan', '--json', '--show-values'],
      ['sync', '--json', '--log-level', 'debug'],
      ['verify', '--show-values'],
      ['show'],
      ['show', 'plan.json', '--format', 'html'],
      ['state', 'show', 'Integration/salesforce', '--json'],
      ['validate', '--verbose'],
    ];
    for (const argv of commands) {
      const outcome = heard(await rehearsal.synclineIn({ environment }, ...argv));
      expect(outcome.code, `${argv.join(' ')}\n${outcome.stderr}`).toBe(0);
    }
  }

  it('stand in no output, no state, no ledger, no audit log and no saved plan', async () => {
    await everyCommand();

    expect(sessions.size).toBeGreaterThan(3);
    const places = [said, await written()];
    for (const secret of [...Object.values(CANARIES), KEY, ...sessions]) {
      for (const spelling of spellings(secret))
        for (const place of places) expect(place.includes(spelling), spelling).toBe(false);
    }
  });

  it('stand in no message of a failure', async () => {
    const wrong = {
      SALESFORCE_CLIENT_SECRET: 'wrong-canary/+1',
      SALESFORCE_CLIENT_ID: 'wrong-canary/+2',
      ACTIVECAMPAIGN_TOKEN: 'wrong-canary/+3',
    };
    const environments = [
      ...Object.entries(wrong).map((entry) => ({ ...CANARIES, ...Object.fromEntries([entry]) })),
      { ...CANARIES, SALESFORCE_URL: 'http://127.0.0.1:9' },
      { ...CANARIES, SYNCLINE_KEY: 'too-short-canary' },
    ];
    for (const environment of environments) {
      for (const argv of [
        ['plan', '--log-level', 'debug'],
        ['apply', '-y', '--json'],
      ]) {
        expect(heard(await rehearsal.synclineIn({ environment }, ...argv)).code).toBe(1);
      }
      heard(await rehearsal.synclineIn({ environment }, 'check', '--log-level', 'debug'));
    }
    for (const kind of ['500', '503', 'reset', 'truncate', 'expired-token']) {
      for (const vendor of ['salesforce', 'activecampaign'] as const) {
        await rehearsal.faults(vendor, [{ match: { method: '*', path: '*' }, kind, times: 100 }]);
        expect(heard(await rehearsal.synclineIn({ environment: CANARIES }, 'plan', '--log-level', 'debug')).code).toBe(1);
        await rehearsal.faults(vendor, []);
      }
    }

    for (const secret of [...Object.values(CANARIES), ...Object.values(wrong), ...sessions, 'too-short-canary']) {
      for (const spelling of spellings(secret)) expect(said.includes(spelling), spelling).toBe(false);
    }
  });

  it('are asked for again, and the ledger refused, where the key is another one', async () => {
    const environment = { ...CANARIES, SYNCLINE_KEY: KEY };
    await rehearsal.synclineIn({ environment }, 'apply', '-y');
    const writes = await rehearsal.writes();

    for (const key of [Buffer.alloc(32, 'x').toString('base64'), undefined]) {
      const outcome = await rehearsal.synclineIn({ environment: { ...CANARIES, SYNCLINE_KEY: key } }, 'sync');
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toMatch(/key/i);
    }
    expect(await rehearsal.writes()).toBe(writes);
  });
});

describe('personal data', () => {
  beforeEach(async () => {
    said = '';
    rehearsal = await Rehearsal.start({ people: 60 });
  });

  /** Everything by which somebody is known: addresses, and numbers that nobody else has. */
  async function known(): Promise<readonly string[]> {
    const rows = [...(await rehearsal.dump('salesforce', 'Contact')), ...(await rehearsal.dump('activecampaign', 'contact'))];
    const found = rows
      .flatMap((row) => [row['Email'], row['email'], row['Phone'], row['phone']])
      .filter((value) => typeof value === 'string' && value.length > 8);
    return [...new Set(found as string[])];
  }

  const MASKED = [
    ['plan', '--records', '1000', '-o', 'plan.json'],
    ['plan', '--records', '1000', '--json'],
    ['show', 'plan.json'],
    ['show', 'plan.json', '--format', 'json'],
    ['show', 'plan.json', '--format', 'markdown'],
    ['show', 'plan.json', '--format', 'html'],
    ['apply', '-y', '--records', '1000'],
    ['verify'],
    ['verify', '--json'],
    ['sync'],
    ['sync', '--json'],
    ['show'],
  ];

  it('is masked in every output, and stands nowhere on disk in clear', async () => {
    const people = await known();
    expect(people.length).toBeGreaterThan(80);
    for (const argv of MASKED) heard(await rehearsal.syncline(...argv));
    const [pair] = (await rehearsal.dump('activecampaign', 'contact')).slice(-1);
    await new ActiveCampaignAccount(rehearsal).create({
      firstName: 'x'.repeat(60),
      lastName: 'Long',
      email: 'quarantined@example.com',
    });
    await new SalesforceAccount(rehearsal).update(String((await rehearsal.dump('salesforce', 'Contact'))[0]!['Id']), {
      Title: 'Edited Title Of Somebody',
    });
    for (const argv of [['verify'], ['sync'], ['verify', '--json'], ['plan', '--json']]) heard(await rehearsal.syncline(...argv));

    expect(pair).toBeDefined();
    const disk = (await written()).toLowerCase();
    for (const value of [...people, 'quarantined@example.com', 'edited title of somebody']) {
      expect(said.toLowerCase().includes(value.toLowerCase()), `${value} was said`).toBe(false);
      expect(disk.includes(Buffer.from(value.toLowerCase(), 'utf8').toString('latin1')), `${value} is on disk`).toBe(false);
    }
  });

  it('is shown with --show-values, and not in the plan that is saved', async () => {
    const [email] = (await rehearsal.dump('activecampaign', 'contact')).map((row) => String(row['email']));

    const shown = await rehearsal.syncline('plan', '--records', '1000', '--show-values', '-o', 'plan.json');
    const json = await rehearsal.syncline('plan', '--records', '1000', '--show-values', '--json');

    expect(shown.stdout).toContain(email);
    expect(json.stdout).toContain(email);
    expect((await savedPlan())[0]!.toString('utf8')).not.toContain(email);
  });

  it('is readable by nobody else on disk', async () => {
    await rehearsal.syncline('apply', '-y');
    const { stat } = await import('node:fs/promises');

    for (const path of (await rehearsal.files('state')).keys()) {
      const { mode } = await stat(path);
      expect(mode & 0o077, path).toBe(0);
    }
  });
});

describe('names that are hostile to a terminal', () => {
  /** Control characters of both tables, and those that turn the direction of text. */
  const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

  beforeEach(async () => {
    rehearsal = await Rehearsal.start({ people: 60 });
    const salesforce = new SalesforceAccount(rehearsal);
    const activecampaign = new ActiveCampaignAccount(rehearsal);
    const hostile = [
      '\u001b[31mred\u001b[0m',
      '\u001b]0;title\u0007bell',
      '\u009b31mred',
      'invoice\u202egpj.exe',
      '\u2067right\u2069left',
      '::add-mask::x',
    ];
    for (const [index, text] of hostile.entries()) {
      await salesforce.create({ FirstName: text, LastName: text, Title: text, Email: `hostile${index}@example.com` });
      await activecampaign.create({ firstName: `${text} too`, lastName: text, email: `hostile${index}@example.com` });
    }
  });

  it('never reach it raw, masked or not', async () => {
    let shown = '';
    for (const argv of [
      ['plan', '--records', '1000', '--show-values'],
      ['plan', '--records', '1000', '-o', 'plan.json'],
      ['show', 'plan.json'],
      ['show', 'plan.json', '--format', 'markdown'],
      ['show', 'plan.json', '--format', 'html'],
      ['apply', '-y', '--records', '1000', '--show-values'],
      ['verify', '--show-values'],
      ['sync', '--show-values'],
    ]) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, outcome.stderr).toBe(0);
      expect(RAW.exec(outcome.stdout + outcome.stderr), argv.join(' ')).toBeNull();
      shown += outcome.stdout;
    }
    expect(shown).toContain('\\x1b[31mred');
    expect(shown).toContain('\\u{202e}');
    expect(shown).not.toMatch(/^::/m);
  });

  it('are carried over as they are', async () => {
    await rehearsal.syncline('apply', '-y');

    const names = (await rehearsal.dump('activecampaign', 'contact')).map((row) => row['firstName']);
    for (const name of ['\u001b[31mred\u001b[0m', 'invoice\u202egpj.exe', '\u2067right\u2069left']) expect(names).toContain(name);
  });
});
