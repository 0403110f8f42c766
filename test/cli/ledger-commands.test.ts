/** The commands over the ledger, on one person of one rehearsal: each has its own laws in test/records. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportKey, generateKey, parseKey } from '../../src/storage/keys.ts';
import { openLocalStorage } from '../../src/storage/local/storage.ts';
import { jsonLines, lineOf, Rehearsal } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

const EMAIL = 'ann@example.com';

let rehearsal: Rehearsal;
let salesforce: SalesforceAccount;
let activecampaign: ActiveCampaignAccount;
let ann: { readonly sf: string; readonly ac: string };

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
  salesforce = new SalesforceAccount(rehearsal);
  activecampaign = new ActiveCampaignAccount(rehearsal);
  const sf = await salesforce.create({ FirstName: 'Ann', LastName: 'Example', Email: EMAIL, Phone: '0100' });
  await rehearsal.syncline('apply', '-y');
  ann = { sf, ac: (await activecampaign.find(EMAIL)).id };
  await salesforce.update(sf, { Phone: '0200' });
  await rehearsal.advance('PT1H');
  await rehearsal.syncline('sync');
});

afterAll(() => rehearsal.close());

describe('E8 history', () => {
  it('shows what was written, masked unless values are asked for', async () => {
    const masked = await rehearsal.syncline('history', 'Link/contacts', EMAIL);
    const clear = await rehearsal.syncline('history', 'Link/contacts', ann.sf, '--show-values');

    expect(masked.code, masked.stderr).toBe(0);
    expect(masked.stdout).toContain('(from sf: edited there)');
    expect(masked.stdout).not.toMatch(/0200|ann@example/i);
    expect(clear.stdout).toContain('~ phone: "0100" -> "0200"  (from sf: edited there)');
    expect(clear.stdout.indexOf('updated')).toBeLessThan(clear.stdout.indexOf('created'));
  });

  it('is JSON where JSON is asked for', async () => {
    const [found] = jsonLines(await rehearsal.syncline('history', 'Link/contacts', EMAIL, '--json', '--show-values'));

    expect(found).toMatchObject({ address: 'Link/contacts', key: EMAIL });
    expect(found.changes[0]).toMatchObject({
      command: 'sync',
      end: 'ac',
      id: ann.ac,
      action: 'update',
      fields: { phone: { before: '0100', after: '0200', origin: 'sf', reason: 'changed' } },
    });
  });

  it('refuses a key of nobody without repeating it', async () => {
    const outcome = await rehearsal.syncline('history', 'Link/contacts', 'nobody@example.com');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('LEDGER_UNKNOWN_PERSON');
    expect(outcome.stderr).not.toContain('nobody@');
  });
});

describe('E8 runs', () => {
  it('lists what ran and what it wrote', async () => {
    const [listed] = jsonLines(await rehearsal.syncline('runs', '--json'));
    const text = await rehearsal.syncline('runs', '--limit', '1');

    expect(listed.runs.map(({ command, outcome }: { command: string; outcome: string }) => [command, outcome])).toEqual([
      ['sync', 'synchronised'],
      ['apply', 'applied'],
    ]);
    expect(listed.runs[0].writes).toEqual([{ link: 'Link/contacts', end: 'ac', action: 'update', records: 1 }]);
    expect(text.stdout.trim().split('\n')).toHaveLength(1);
    expect(text.stdout).toContain('Link/contacts ac 1 updated');
  });
});

describe('E8 undo', () => {
  async function newestRun(): Promise<string> {
    const [listed] = jsonLines(await rehearsal.syncline('runs', '--json', '--limit', '1'));
    return listed.runs[0].id as string;
  }

  it('shows what it would take back and does nothing without approval', async () => {
    const run = await newestRun();
    const before = await rehearsal.everything();

    const declined = await rehearsal.synclineIn({ answer: 'no' }, 'undo', run, '--show-values');
    const unasked = await rehearsal.syncline('undo', run);

    expect(declined.stdout).toContain(`~ ac #${ann.ac}  ${EMAIL}\n      phone: "0200" -> "0100"`);
    expect(declined.stdout).toContain('Undo: 1 record to put back, 0 to delete');
    expect(declined).toMatchObject({ code: 1, stdout: expect.stringContaining('Undo cancelled.') as string });
    expect(unasked.stderr).toContain('APPLY_NEEDS_APPROVAL');
    expect(unasked.stdout).not.toMatch(/0200|ann@example/i);
    expect(withoutVolatile(await rehearsal.everything())).toEqual(withoutVolatile(before));
  });

  it('writes once it is approved, holds through the next cycle, and is a run that can be undone', async () => {
    const run = await newestRun();

    const undone = await rehearsal.syncline('undo', run.slice(0, 8), '-y');
    await rehearsal.advance('PT1H');
    const cycle = await rehearsal.syncline('sync', '--json');

    expect(undone.code, undone.stderr).toBe(0);
    expect(undone.stdout).toContain('Undo complete! 1 record put back, 0 deleted.');
    expect(lineOf(cycle, 'cycle_summary').ends).toMatchObject({ sf: { updated: 0 }, ac: { updated: 0 } });
    expect((await activecampaign.find(EMAIL)).phone).toBe('0100');
    expect((await salesforce.find(EMAIL)).Phone).toBe('0200');

    const [undo] = jsonLines(await rehearsal.syncline('runs', '--json')).flatMap(({ runs }) =>
      runs.filter(({ command }: { command: string }) => command === 'undo'),
    );
    const again = await rehearsal.syncline('undo', undo.id as string, '-y', '--json');
    expect(lineOf(again, 'undo_summary').result).toMatchObject({ outcome: 'undone', updated: 1, undone: undo.id });
    expect((await activecampaign.find(EMAIL)).phone).toBe('0200');
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
  });

  it('refuses a run that nobody knows', async () => {
    const outcome = await rehearsal.syncline('undo', 'ffffffff-ffff', '-y');

    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('LEDGER_UNKNOWN_RUN') as string });
  });
});

describe('E8 why', () => {
  it('names the rule and the evidence behind a field', async () => {
    const phone = await rehearsal.syncline('why', 'Link/contacts', EMAIL, 'Phone', '--show-values');
    const [all] = jsonLines(await rehearsal.syncline('why', 'Link/contacts', ann.ac, '--end', 'ac', '--json'));

    expect(phone.code, phone.stderr).toBe(0);
    expect(phone.stdout).toContain(`sf #${ann.sf} linked`);
    expect(phone.stdout).toMatch(/phone {2}\(both; prefer sf\)\n {2}ac phone = "0200", sf Phone = "0200"\n {2}written to ac at /);
    expect(all.fields.length).toBeGreaterThan(10);
    expect(JSON.stringify(all)).not.toMatch(/0200|ann@example/i);
    expect(all.fields.find(({ field }: { field: string }) => field === 'consent newsletter')).toMatchObject({
      policy: 'an opt-out wins; only ac opts in again',
      suppressions: [],
    });
  });

  it('refuses a field that is not mapped', async () => {
    const outcome = await rehearsal.syncline('why', 'Link/contacts', EMAIL, 'Fax');

    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('LEDGER_UNKNOWN_FIELD') as string });
  });
});

describe('E8 E7 forget', () => {
  it('asks first, says what it does not do, erases, and no cycle brings the person back', async () => {
    const declined = await rehearsal.synclineIn({ answer: 'no' }, 'forget', EMAIL);
    expect(declined).toMatchObject({ code: 1, stdout: expect.stringContaining('Forget cancelled.') as string });
    expect(declined.stdout).toContain('the records themselves stay where they are');
    expect(declined.stdout).not.toMatch(/ann@example/i);
    expect((await rehearsal.syncline('history', 'Link/contacts', EMAIL)).code).toBe(0);

    const done = await rehearsal.syncline('forget', EMAIL, '-y', '--json');
    await salesforce.update(ann.sf, { Phone: '0300' });
    await rehearsal.advance('PT1H');
    const cycle = await rehearsal.syncline('sync', '--json');

    expect(done.code, done.stderr).toBe(0);
    expect(jsonLines(done)[0]).toMatchObject({ outcome: 'forgotten', addresses: 1 });
    expect(lineOf(cycle, 'cycle_summary').ends).toMatchObject({ sf: { updated: 0 }, ac: { created: 0, updated: 0 } });
    expect((await activecampaign.find(EMAIL)).phone).toBe('0200');
    expect((await rehearsal.syncline('history', 'Link/contacts', EMAIL)).code).toBe(1);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
    expect((await rehearsal.syncline('audit', 'log')).stdout).toMatch(/ forget {2}/);
    expect([...(await rehearsal.files('state'))].filter(([, bytes]) => bytes.includes(EMAIL))).toEqual([]);
  });
});

describe('E5 audit export', () => {
  it('gives the log as it stands, whose chain anybody can follow, and never writes over one', async () => {
    const stored = await readFile(join(rehearsal.folder, 'state', 'audit.jsonl'), 'utf8');

    const exported = await rehearsal.syncline('audit', 'export');
    const written = await rehearsal.syncline('audit', 'export', '--out', 'audit-export.jsonl', '--json');
    const again = await rehearsal.syncline('audit', 'export', '--out', 'audit-export.jsonl');

    expect(exported).toMatchObject({ code: 0, stdout: stored, stderr: '' });
    expect(jsonLines(exported)[0]).toMatchObject({ seq: 1, previous: '0'.repeat(64), hash: jsonLines(exported)[1]!['previous'] });
    expect(jsonLines(written)[0]).toMatchObject({ file: 'audit-export.jsonl', intact: true });
    expect(await readFile(join(rehearsal.folder, 'audit-export.jsonl'), 'utf8')).toBe(stored);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') as string });
  });

  it('of a log that was changed is whole, and says where', async () => {
    const path = join(rehearsal.folder, 'state', 'audit.jsonl');
    const stored = await readFile(path, 'utf8');
    const changed = stored.replace('"type":"apply"', '"type":"plan"');
    await writeFile(path, changed);

    const exported = await rehearsal.syncline('audit', 'export');

    await writeFile(path, stored);
    expect(exported).toMatchObject({
      code: 1,
      stdout: changed,
      stderr: expect.stringMatching(/not intact\n {2}line 1 \(altered\)/) as string,
    });
  });
});

describe('E8 key rotate', () => {
  const WRITES_NOTHING = { sf: { created: 0, updated: 0 }, ac: { created: 0, updated: 0 } };

  /** One more cycle, in which nobody has edited anything. */
  async function quietCycle(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    await rehearsal.advance('PT1H');
    const cycle = await rehearsal.synclineIn({ environment }, 'sync', '--json');
    expect(cycle.code, cycle.stderr).toBe(0);
    expect(lineOf(cycle, 'cycle_summary').ends).toMatchObject(WRITES_NOTHING);
  }

  it('goes on with a key that an interrupted attempt made, hashes anew what it can, and names the key that stays', async () => {
    const folder = join(rehearsal.folder, 'state');
    const clock = { now: () => 0, sleep: async () => undefined };
    const { keys } = openLocalStorage({ folder, stack: 'default', synclineVersion: '0.0.0', clock });
    const former = keys.open().currentId;
    const made = keys.rotate().currentId;
    await quietCycle();

    const rotated = await rehearsal.syncline('key', 'rotate', '--json');

    expect(rotated.code, rotated.stderr).toBe(0);
    expect(jsonLines(rotated)[0]).toMatchObject({
      former_key: former,
      key: made,
      source: 'file',
      kept: [{ key: former, use: 'suppression list' }],
      removed: [],
    });
    await quietCycle();
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    const logged = (await rehearsal.syncline('audit', 'log', '--json')).stdout;
    expect(logged).toContain('key_rotated');
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
    for (const { key } of jsonLines({ stdout: await readFile(join(folder, 'syncline.key'), 'utf8') } as never))
      expect(logged).not.toContain(key);

    const again = await rehearsal.syncline('key', 'rotate');
    expect(again.stdout).toContain(`Hashes of suppression list stay under key ${former}`);
    expect(again.stdout).toContain(`Removed from the key file: ${made}.`);
    await quietCycle();
  });

  it('takes the key that was put before the others in SYNCLINE_KEY, and refuses to go on without it', async () => {
    const SYNCLINE_KEY = exportKey(generateKey());
    const { id } = parseKey(SYNCLINE_KEY, 'test');

    const rotated = await rehearsal.synclineIn({ environment: { SYNCLINE_KEY } }, 'key', 'rotate');
    expect(rotated.stdout).toMatch(new RegExp(`Keep these keys in SYNCLINE_KEY or the key file: ${id}, [0-9a-f]{8}\\.`));
    await quietCycle({ SYNCLINE_KEY });

    const twice = await rehearsal.synclineIn({ environment: { SYNCLINE_KEY } }, 'key', 'rotate');
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('NEW,OLD') as string });
    const without = await rehearsal.syncline('sync');
    expect(without).toMatchObject({ code: 1, stderr: expect.stringMatching(`${id}[^]*STORAGE_KEY_MISSING`) as string });
  });
});

/** Locks, and the calls of the day, which a plan counts too. */
function withoutVolatile(content: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(content).filter(([path]) => !/lock|ledger\.sqlite/.test(path)));
}
