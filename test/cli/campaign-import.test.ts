import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDotdigitalSandbox } from '../../src/sandbox/dotdigital/sandbox.ts';
import { oroSandboxWith } from '../../src/sandbox/orocrm/sandbox.ts';
import { jsonLines, lineOf, Rehearsal, type Loose, type Outcome, type Row } from './harness.ts';

const ADDRESS = 'CampaignImport/newsletter';
/** What people of the CRM and of the sandbox's account are known to have in common: made once, by the seed. */
const PEOPLE = 25;

const importOf = (more = ''): string => `apiVersion: syncline/v1
kind: CampaignImport
metadata: { name: newsletter }
spec:
  source: { integration: dotdigital, addressBooks: [Newsletter] }
  destination: { integration: orocrm, object: contact, marketingList: Newsletter }
${more}`;

let rehearsal: Rehearsal;
/** What an undisturbed first import records. */
let clean: readonly string[] = [];
/** On which days the account sent its campaigns. */
let sentOn: readonly string[];
/** A contact who opens a campaign some hours after the first import. */
let returning: string;

async function workWith(yaml: string): Promise<void> {
  for (const file of ['link.yaml', 'resources.yaml', 'campaigns.yaml']) await rm(join(rehearsal.folder, file), { force: true });
  await writeFile(join(rehearsal.folder, 'import.yaml'), yaml);
}

async function plannedImport(): Promise<Loose> {
  const { links } = JSON.parse((await rehearsal.syncline('plan', '--json')).stdout) as Loose;
  return links[0];
}

/** What the CRM holds of campaigns: who did what, without ids and in one order. */
async function recorded(): Promise<readonly string[]> {
  const [campaigns, activities] = [
    await rehearsal.dump('orocrm', 'campaigns'),
    await rehearsal.dump('orocrm', 'marketingactivities'),
  ];
  const codes = new Map(campaigns.map((row) => [row['id'], row['code']]));
  const textOf = (row: Row): string =>
    [codes.get(row['campaign'].id), row['marketingActivityType'].id, row['entity'].id, row['actionDate'], row['details']].join(
      ' ',
    );
  return activities.map(textOf).toSorted();
}

async function dotdigital(method: string, path: string, body: unknown): Promise<void> {
  const authorization = `Basic ${Buffer.from('apiuser-sandbox@apiconnector.com:sandbox').toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(`${rehearsal.sandbox.origins['dotdigital']}${path}`, {
    method,
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

async function oro(method: string, path: string, body?: unknown): Promise<void> {
  const origin = rehearsal.sandbox.origins['orocrm']!;
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'sandbox', client_secret: 'sandbox' });
  const token = (await (await fetch(`${origin}/oauth2-token`, { method: 'POST', body: form })).json()) as Loose;
  const type = 'application/vnd.api+json';
  const headers = { accept: type, 'content-type': type, authorization: `Bearer ${token.access_token}` };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${origin}/api${path}`, { method, headers, ...sent });
  expect(answer.ok, await answer.text()).toBe(true);
}

const known = (row: Row, rows: readonly Row[]): Row | undefined =>
  rows.find((one) => String(one['email']).toLowerCase() === String(row['primaryEmail']).toLowerCase());

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: PEOPLE, example: 'oro-dotdigital' });
  const daysAgo = (days: number): string => new Date(rehearsal.sandbox.clock.now() - days * 86_400_000).toISOString();
  sentOn = [40, 12].map((days) => daysAgo(days).slice(0, 10));
});

afterAll(() => rehearsal.close());

describe('C12 C13 campaigns that were sent to an address book', () => {
  beforeAll(() => workWith(importOf()));

  it('are planned with their calls, and nothing is written for it', async () => {
    const before = await rehearsal.everything();
    const validated = await rehearsal.syncline('validate');
    const planned = await rehearsal.syncline('plan', '--detailed-exitcode', '-o', 'plan.json');
    const text = planned.stdout + planned.stderr;
    const { 'plan.json': _, ...after } = Object.fromEntries(
      Object.entries(await rehearsal.everything()).map(([name, value]) => [name.split('/').at(-1)!, value]),
    );

    expect(validated.code, validated.stdout).toBe(0);
    expect(planned.code, text).toBe(2);
    expect(text).toContain(`Newsletter 1, sent ${sentOn[0]}`);
    expect(text).not.toContain('Spring draft');
    expect(text).toContain('OroCRM has no place for e-mail campaigns and statistics of e-mail campaigns');
    expect(text).not.toMatch(/@example/);
    expect(Object.values(after).toSorted()).toEqual(Object.values(before).toSorted());
    expect(await rehearsal.writes()).toBe(0);
  });

  it('become campaigns and activities of contacts, as the reviewed plan said', async () => {
    const plan = JSON.parse((await rehearsal.syncline('show', 'plan.json', '--format', 'json')).stdout) as Loose;
    const { ends, calls } = plan.links[0];
    const applied = await rehearsal.syncline('apply', 'plan.json');
    const campaigns = await rehearsal.dump('orocrm', 'campaigns');
    const activities = await rehearsal.dump('orocrm', 'marketingactivities');
    const contacts = await rehearsal.dump('orocrm', 'contacts');
    const sent = (await rehearsal.dump('dotdigital', 'campaignActivity')).filter((row) =>
      contacts.some((contact) => known(contact, [row]) !== undefined),
    );

    expect(applied.code, applied.stderr).toBe(0);
    expect(campaigns.map(({ name, code }) => [name, code])).toEqual([
      ['Newsletter 1', 'dotdigital-1'],
      ['Newsletter 2', 'dotdigital-2'],
    ]);
    expect(campaigns[0]!['description']).toMatch(
      new RegExp(`^Sent to \\d+ on ${sentOn[0]}; delivered \\d+\\.\\nOpened by \\d+, clicked by \\d+, unsubscribed \\d+\\.`),
    );
    expect(activities).toHaveLength(ends.activities.create);
    expect(activities.filter((row) => row['marketingActivityType'].id === 'send')).toHaveLength(sent.length);
    expect(calls.orocrm.planned).toBe(calls.orocrm.minimum);
    expect(applied.stdout).toContain(`activities ${ends.activities.create} created`);
    expect(applied.stdout).toContain('converged.');
  });

  it('are told by state, runs and the audit log, and change nothing more', async () => {
    const writes = await rehearsal.writes();
    const synced = await rehearsal.syncline('sync', '--json');
    const planned = await rehearsal.syncline('plan', '--detailed-exitcode');
    const listed = await rehearsal.syncline('state', 'list');
    const runs = await rehearsal.syncline('runs');
    const audit = await rehearsal.syncline('audit', 'verify');

    expect(synced.code, synced.stderr).toBe(0);
    expect(lineOf(synced, 'cycle_summary')).toMatchObject({ link: ADDRESS, converged: true });
    expect(planned.code, planned.stdout).toBe(0);
    expect(planned.stdout).toContain('No changes.');
    expect(listed.stdout).toContain(ADDRESS);
    expect(runs.stdout).toMatch(/activities \d+ created/);
    expect(audit.code).toBe(0);
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('E8 are listed with their totals and by whom they were made, and no run takes them back', async () => {
    const [newest] = JSON.parse((await rehearsal.syncline('runs', '--json')).stdout).runs.filter(
      ({ writes }: Loose) => writes.length > 0,
    );
    const [stored] = await rehearsal.dump('orocrm', 'campaigns');
    const recordedNow = (await recorded()).length;
    const listed = await rehearsal.syncline('history', ADDRESS, '--json');
    const one = await rehearsal.syncline('history', ADDRESS, 'Newsletter 1');
    const unknown = await rehearsal.syncline('history', ADDRESS, 'ada@example.com');
    const writes = await rehearsal.writes();
    const undone = await rehearsal.syncline('undo', newest.id, '-y');

    const { campaigns } = JSON.parse(listed.stdout) as Loose;
    const sum = (of: string): number => campaigns.reduce((total: number, { activities }: Loose) => total + activities[of], 0);
    expect(campaigns.map(({ name }: Loose) => name)).toEqual(['Newsletter 1', 'Newsletter 2']);
    expect(campaigns[0]).toMatchObject({ record: '1', created_by: newest.id, sent_at: expect.stringContaining(sentOn[0]!) });
    expect(stored!['description']).toContain(`Sent to ${campaigns[0].totals.sent} on`);
    expect([sum('recorded'), sum('refused')]).toEqual([recordedNow, 0]);
    expect(one.stdout).toContain(stored!['description'].split('\n')[1]);
    expect(one.stdout).toContain('Nothing of it is taken back by undo');
    expect(one.stdout).not.toContain('Newsletter 2');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('CAMPAIGN_UNKNOWN') });
    expect(undone.code, undone.stderr).toBe(0);
    expect(undone.stdout).toContain(`${ADDRESS}: what it recorded stays`);
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('bring what people did since then, once, in few calls', async () => {
    const before = await recorded();
    const descriptions = (await rehearsal.dump('orocrm', 'campaigns')).map((row) => row['description']);
    await oro('PATCH', '/campaigns/1', { data: { type: 'campaigns', id: '1', attributes: { description: 'Ours.' } } });
    await rehearsal.advance('PT6H');
    const synced = await rehearsal.syncline('sync', '--json');
    const after = await recorded();
    const writes = await rehearsal.writes();
    const again = await rehearsal.syncline('sync', '--json');

    const added = after.filter((one) => !before.includes(one));
    expect(added.length).toBeGreaterThan(0);
    expect(added.every((one) => one.startsWith('dotdigital-2 open '))).toBe(true);
    returning = added[0]!.split(' ')[2]!;
    expect(lineOf(synced, 'cycle_summary').ends.activities.created).toBe(after.length - before.length);
    const texts = (await rehearsal.dump('orocrm', 'campaigns')).map((row) => row['description']);
    expect(texts).toEqual(['Ours.', descriptions[1]]);
    expect(lineOf(again, 'cycle_summary').converged).toBe(true);
    expect(await rehearsal.writes()).toBe(writes);
    expect(lineOf(again, 'cycle_summary').calls.dotdigital).toBeLessThanOrEqual(7);
  });

  it('wait for people whom the CRM does not know, and are recorded once it does', async () => {
    const contacts = await rehearsal.dump('orocrm', 'contacts');
    const rows = await rehearsal.dump('dotdigital', 'campaignActivity');
    const stranger = rows.find((row) => contacts.every((contact) => known(contact, [row]) === undefined))!;
    const before = await recorded();

    await rehearsal.advance('PT10M');
    const attributes = { firstName: 'New', primaryEmail: String(stranger['email']).toUpperCase() };
    await oro('POST', '/contacts', { data: { type: 'contacts', attributes } });
    await rehearsal.syncline('sync');

    const { id } = (await rehearsal.dump('orocrm', 'contacts')).at(-1)!;
    const added = (await recorded()).filter((one) => !before.includes(one));
    expect(added.length).toBeGreaterThanOrEqual(2);
    expect(added.every((one) => one.split(' ')[2] === id)).toBe(true);
  });

  it('E7 unsubscribe whoever leaves from the list, and never take that back', async () => {
    const unsubscribed = async (): Promise<readonly unknown[]> =>
      (await rehearsal.dump('orocrm', 'marketinglistunsubscribeditems')).map((row) => row['entityId']);
    const contacts = await rehearsal.dump('orocrm', 'contacts');
    const marked = await unsubscribed();
    const members = (await rehearsal.dump('dotdigital', 'addressBookContact')).map((row) => row['contactId']);
    const people = (await rehearsal.dump('dotdigital', 'contact')).filter((row) => members.includes(row['id']));
    const contact = contacts.find((row) => known(row, people) !== undefined && !marked.includes(Number(row['id'])))!;
    const person = known(contact, people)!;

    await dotdigital('POST', '/v2/contacts/unsubscribe', { email: person['email'] });
    const synced = await rehearsal.syncline('sync', '--json');
    const left = await unsubscribed();
    await dotdigital('POST', '/v2/contacts/resubscribe', { unsubscribedContact: { email: person['email'] } });
    await rehearsal.advance('PT1H');
    const writes = await rehearsal.writes();
    await rehearsal.syncline('sync');

    expect(lineOf(synced, 'cycle_summary').ends.list.updated).toBe(1);
    expect(left.filter((id) => !marked.includes(id))).toEqual([Number(contact['id'])]);
    expect(await unsubscribed()).toEqual(left);
    expect(await rehearsal.writes()).toBe(writes);
  });

  it('E16 stop while they are paused', async () => {
    const paused = await rehearsal.syncline('pause', ADDRESS);
    const synced = await rehearsal.syncline('sync');
    const planned = await rehearsal.syncline('plan');
    const resumed = await rehearsal.syncline('resume', ADDRESS);

    expect(paused.code, paused.stderr).toBe(0);
    expect(synced.stderr).toContain(`${ADDRESS} is left out`);
    expect(planned.stdout).toContain('paused');
    expect(resumed.code).toBe(0);
  });

  it('E8 forget whoever asks for it, and record nothing of them again', async () => {
    const contacts = await rehearsal.dump('orocrm', 'contacts');
    const rows = await rehearsal.dump('dotdigital', 'campaignActivity');
    const stranger = String(rows.find((row) => contacts.every((contact) => known(contact, [row]) === undefined))!['email']);
    const before = await recorded();

    const forgotten = await rehearsal.syncline('forget', stranger, '-y', '--json');
    await oro('POST', '/contacts', { data: { type: 'contacts', attributes: { firstName: 'Back', primaryEmail: stranger } } });
    await rehearsal.edit('import.yaml', '[Newsletter]', '[Newsletter, Customers]');
    const applied = await rehearsal.syncline('apply', '-y');

    expect(forgotten.code, forgotten.stderr).toBe(0);
    expect(JSON.parse(forgotten.stdout)).toMatchObject({ imported: expect.any(Number) });
    expect(applied.code, applied.stderr).toBe(0);
    expect(await recorded()).toEqual(before);
    expect((await rehearsal.syncline('forget', 'nobody@nowhere.example', '-y')).code).toBe(1);
  });

  it('leave nothing of anybody in clear, on disk or in output', async () => {
    const emails = (await rehearsal.dump('dotdigital', 'contact'))
      .map((row) => String(row['email']))
      .filter((text) => text.includes('@'));
    const files = [...(await rehearsal.files('state')).values()].map((bytes) => bytes.toString('latin1')).join('\n');

    expect(emails.filter((email) => files.includes(email))).toEqual([]);
  });
});

describe('C12 C13 what goes wrong in the middle', () => {
  /** At which call activities are recorded for the first time. */
  let recording = 0;

  beforeAll(async () => {
    await rehearsal.startAnew();
    await workWith(importOf());
    let calls = 0;
    const stop = rehearsal.onCall(({ request, taken }) => {
      if (taken) return;
      calls += 1;
      if (request.method === 'PATCH' && recording === 0) recording = calls;
    });
    await rehearsal.syncline('apply', '-y');
    stop();
    clean = await recorded();
  });

  beforeEach(async () => {
    await rehearsal.startAnew();
    await workWith(importOf());
  });

  it('loses answers to campaigns, activities and unsubscriptions: they are looked up, and nothing is there twice', async () => {
    const lost = { kind: 'lost-response', times: 1 };
    await rehearsal.faults('orocrm', [
      { match: { method: 'POST', path: '/api/campaigns' }, ...lost },
      { match: { method: 'PATCH', path: '/api/campaigns/*' }, ...lost },
      { match: { method: 'POST', path: '/api/rest/*' }, ...lost },
    ]);
    const applied = await rehearsal.syncline('apply', '-y');
    const synced = await rehearsal.syncline('sync');

    expect(applied.stdout).toContain('without an answer');
    expect(await rehearsal.faultsLeft('orocrm')).toEqual([]);
    expect(synced.code, synced.stderr).toBe(0);
    expect(await recorded()).toEqual(clean);
    expect(await rehearsal.dump('orocrm', 'campaigns')).toHaveLength(2);
  });

  it('is continued after an interruption between two calls, and ends as an unbroken run does', async () => {
    const interrupted = await rehearsal.synclineIn({ interruptAt: recording }, 'apply', '-y');
    const between = await recorded();
    const again = await rehearsal.syncline('apply', '-y');

    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(between.length).toBeLessThan(clean.length);
    expect(again.code, again.stderr).toBe(0);
    expect(await recorded()).toEqual(clean);
  });

  it('keeps apart what the CRM refuses, and tries it again when a person says so', async () => {
    await rehearsal.syncline('apply', '-y', '--no-sync');
    const [contact] = (await rehearsal.dump('orocrm', 'contacts')).filter((row) =>
      clean.some((one) => one.split(' ')[2] === row['id']),
    );
    const refusing = rehearsal.onCall(({ request, taken }) => {
      if (taken || request.method !== 'PATCH') return;
      // As an extension would that knows a rule of its own.
      const body = JSON.parse(request.body.toString('utf8')) as Loose;
      for (const one of body.included)
        if (one.relationships.entity.data.id === contact!['id']) one.relationships.entity.data.id = '9999';
      (request as { body: Buffer }).body = Buffer.from(JSON.stringify(body));
    });
    const synced = await rehearsal.syncline('sync');
    refusing();
    const listed = await rehearsal.syncline('quarantine', 'list', '--json');
    const retried = await rehearsal.syncline('quarantine', 'retry');
    const again = await rehearsal.syncline('sync');

    expect(synced.code, synced.stderr).toBe(3);
    expect(jsonLines(listed)[0].records[0]).toMatchObject({ link: ADDRESS, end: 'activities', key: `#${contact!['id']}` });
    expect(retried.code, retried.stderr).toBe(0);
    expect(again.code, again.stderr).toBe(0);
    expect(await recorded()).toEqual(clean);
    expect((await rehearsal.syncline('quarantine', 'list')).stdout).not.toContain(ADDRESS);
  });

  it('notices contacts that were deleted, says so once, and knows whoever comes back by the address', async () => {
    await rehearsal.syncline('apply', '-y');
    const gone = (await rehearsal.dump('orocrm', 'contacts')).find(({ id }) => id === returning);
    await oro('DELETE', `/contacts/${gone!['id']}`);
    await rehearsal.advance('PT6H');

    const noticed = await rehearsal.syncline('sync', '--json');
    const writes = await rehearsal.writes();
    const again = await rehearsal.syncline('sync', '--json');
    const quiet = await rehearsal.writes();
    const before = await recorded();
    await oro('POST', '/contacts', { data: { type: 'contacts', attributes: { primaryEmail: gone!['primaryEmail'] } } });
    const back = await rehearsal.syncline('sync', '--json');

    const codes = (outcome: Outcome): readonly Loose[] =>
      jsonLines(outcome).flatMap(({ type, diagnostic }) => (type === 'diagnostic' ? [diagnostic.code] : []));
    expect(noticed.code, noticed.stderr).toBe(0);
    expect(codes(noticed)).toContain('CAMPAIGN_RECORDS_GONE');
    expect(lineOf(noticed, 'cycle_summary')).toMatchObject({ quarantined: 0, converged: true });
    expect(codes(again)).not.toContain('CAMPAIGN_RECORDS_GONE');
    expect(quiet).toBe(writes);
    const { id } = (await rehearsal.dump('orocrm', 'contacts')).at(-1)!;
    const added = (await recorded()).filter((one) => !before.includes(one));
    expect(added.length).toBe(lineOf(back, 'cycle_summary').ends.activities.created);
    expect(added.length).toBeGreaterThan(0);
    expect(added.every((one) => one.split(' ')[2] === id)).toBe(true);
  });

  it('finds what an earlier ledger recorded, and records it once only', async () => {
    await rehearsal.syncline('apply', '-y');
    const renewed = await rehearsal.syncline('state', 'new-ledger');
    const applied = await rehearsal.syncline('apply', '-y');

    expect(renewed.code, renewed.stderr).toBe(0);
    expect(applied.code, applied.stderr).toBe(0);
    expect(await recorded()).toEqual(clean);
  });
});

describe('C12 what is declared', () => {
  it('merges campaigns into one, with their totals added up', async () => {
    await rehearsal.startAnew();
    await workWith(importOf('  merge: [{ name: Autumn, campaigns: [Newsletter 1, Newsletter 2, Spring draft] }]\n'));
    const planned = await plannedImport();
    const applied = await rehearsal.syncline('apply', '-y');
    const campaigns = await rehearsal.dump('orocrm', 'campaigns');

    expect(planned.records[0].reason).toContain('Autumn, merged from Newsletter 1, Newsletter 2');
    expect(applied.code, applied.stderr).toBe(0);
    expect(campaigns).toHaveLength(1);
    expect(campaigns[0]).toMatchObject({ name: 'Autumn', startDate: sentOn[0] });
    expect(campaigns[0]!['description']).toMatch(
      new RegExp(`^Merged from Newsletter 1, Newsletter 2\\.\\nSent to \\d+ on ${sentOn.join(', ')}`),
    );
    expect(await rehearsal.dump('orocrm', 'marketingactivities')).toHaveLength(planned.ends.activities.create);
  });

  it('is read anew where other books are named, and nothing is recorded twice', async () => {
    const before = await recorded();
    await rehearsal.edit('import.yaml', '[Newsletter]', '[Newsletter, Customers]');
    const planned = await plannedImport();
    const applied = await rehearsal.syncline('apply', '-y');

    expect(planned).toMatchObject({ cause: 'scope', ends: { activities: { create: 0 } } });
    expect(applied.code, applied.stderr).toBe(0);
    expect(await recorded()).toEqual(before);
  });

  it('is refused where a vendor has no part in it', async () => {
    await rehearsal.edit('import.yaml', 'object: contact', 'object: account');
    const object = await rehearsal.syncline('validate');
    await rehearsal.edit('import.yaml', 'integration: dotdigital', 'integration: orocrm');
    const source = await rehearsal.syncline('validate');

    expect(object.code).toBe(1);
    expect(object.stdout + object.stderr).toMatch(
      /CAMPAIGN_NO_PART[\s\S]*import\.yaml:6:\d+[\s\S]*records no activities on "account"/,
    );
    expect(source.stdout + source.stderr).toContain('OroCRM reports no campaigns.');
  });

  it('is taken from a link that is named: accounts, address book, list and purpose', async () => {
    await rehearsal.startAnew();
    const yaml = 'apiVersion: syncline/v1\nkind: CampaignImport\nmetadata: { name: newsletter }\nspec: { link: newsletter }\n';
    await writeFile(join(rehearsal.folder, 'campaigns.yaml'), yaml);
    await rehearsal.edit('link.yaml', 'consent: { authority: book }', 'consent: { authority: book, purpose: news }');
    const applied = await rehearsal.syncline('apply', '-y');
    const { specifications } = JSON.parse((await rehearsal.syncline('show', '--format', 'json')).stdout) as Loose;
    const checked = await rehearsal.syncline('check', 'orocrm');
    await writeFile(join(rehearsal.folder, 'second.yaml'), importOf().replace('name: newsletter', 'name: second'));
    const twice = await rehearsal.syncline('validate');
    await rm(join(rehearsal.folder, 'second.yaml'));
    await rehearsal.edit(
      'campaigns.yaml',
      'link: newsletter',
      'link: newsleter, source: { integration: dotdigital, addressBooks: [A] }',
    );
    const wrong = await rehearsal.syncline('validate');
    await rehearsal.edit('campaigns.yaml', 'link: newsleter, source', 'source');
    const half = await rehearsal.syncline('validate');

    expect(applied.code, applied.stderr).toBe(0);
    expect(await recorded()).toEqual(clean);
    expect(specifications[ADDRESS].specification).toMatchObject({
      source: { integration: 'dotdigital', addressBooks: ['Newsletter'] },
      destination: { integration: 'orocrm', object: 'contact', marketingList: 'Newsletter' },
      purpose: 'news',
    });
    expect(checked.stdout).toContain(ADDRESS);
    expect(checked.stdout).toContain('exposes marketing lists');
    expect(twice.stdout + twice.stderr).toContain('CONFIG_IMPORTED_TWICE');
    expect(wrong.stdout + wrong.stderr).toMatch(
      /CONFIG_UNKNOWN_KEY[\s\S]*CONFIG_UNKNOWN_REFERENCE|CONFIG_UNKNOWN_REFERENCE[\s\S]*CONFIG_UNKNOWN_KEY/,
    );
    expect(half.stdout + half.stderr).toMatch(/CONFIG_MISSING_KEY[\s\S]*no "destination"/);
  });
});

describe('C12 C13 a stock installation', () => {
  it('shows no list: who leaves is remembered and not unsubscribed, and plan and check say so', async () => {
    const stock = await Rehearsal.start({
      people: 10,
      example: 'oro-dotdigital',
      vendors: [createDotdigitalSandbox, oroSandboxWith({})],
    });
    const former = rehearsal;
    rehearsal = stock;
    try {
      await workWith(importOf().replace('[Newsletter]', '[Newsletter, Nobody]'));
      const checked = await stock.syncline('check', 'orocrm');
      const planned = await stock.syncline('plan');
      const applied = await stock.syncline('apply', '-y');

      expect(checked.stdout).toContain(`There is no place for e-mail campaigns and statistics of e-mail campaigns of ${ADDRESS}`);
      expect(checked.stdout).toContain('does not expose marketing lists');
      expect(planned.stdout + planned.stderr).toContain('does not show a marketing list "Newsletter"');
      expect(planned.stdout + planned.stderr).toContain('has no address book "Nobody"');
      expect(applied.code, applied.stderr).toBe(0);
      expect((await stock.calls('orocrm')).filter(({ route }) => route.includes('unsubscribe'))).toEqual([]);
      expect((await stock.dump('orocrm', 'campaigns')).length).toBeGreaterThan(0);
    } finally {
      await stock.close();
      rehearsal = former;
    }
  });
});
