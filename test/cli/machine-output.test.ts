import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, lineOf, Rehearsal, type Loose, type Outcome } from './harness.ts';
import { SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start();
});

afterEach(() => rehearsal.close());

function keysOf(value: Loose): string[] {
  return Object.keys(value as object).toSorted();
}

/** Every name of the contract has to be there; more may be. */
function expectKeys(value: Loose, names: string): void {
  expect(keysOf(value)).toEqual(expect.arrayContaining(names.split(' ')));
}

function expectLines(outcome: Outcome): void {
  for (const line of jsonLines(outcome)) {
    expectKeys(line, '@timestamp @level @message type');
    expect(line['@timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  }
}

describe('E2 E3 plan --json', () => {
  it('is one object with the names of the contract', async () => {
    const outcome = await rehearsal.syncline('plan', '--json', '--detailed-exitcode');

    expect(outcome).toMatchObject({ code: 2, stderr: '' });
    const plan = JSON.parse(outcome.stdout) as Loose;
    expectKeys(
      plan,
      'format_version syncline_version timestamp configuration_hash state resource_changes resource_drift links diagnostics policies summary',
    );
    expectKeys(plan.state, 'lineage serial');
    expect(keysOf(plan.summary)).toEqual(expect.arrayContaining(['add', 'change', 'destroy', 'replace']));
    expect(plan.summary).toMatchObject({ add: 16, change: 0, replace: 0, destroy: 0 });
    for (const change of plan.resource_changes) {
      expectKeys(change, 'address provider type change action_reason');
      expectKeys(change.change, 'actions before after after_unknown before_sensitive after_sensitive replace_paths');
    }
    const actions = plan.resource_changes.map((change: Loose) => change.change.actions.join());
    expect(new Set(actions)).toEqual(new Set(['create', 'no-op']));
    const [link] = plan.links;
    expectKeys(link, 'address generation cause ends ceiling conflicts skipped backlog calls records left_out');
    expect(link).toMatchObject({ address: 'Link/contacts', generation: 1, cause: 'new' });
    expect(Object.keys(link.ends).toSorted()).toEqual(['ac', 'sf']);
    for (const end of Object.values(link.ends)) expectKeys(end, 'integration object create update delete unchanged');
    for (const calls of Object.values(link.calls)) expectKeys(calls, 'planned minimum daily_limit daily_used');
    expect(Object.keys(link.calls).toSorted()).toEqual(['activecampaign', 'salesforce']);
    for (const record of link.records) {
      expectKeys(record, 'key end action fields reason');
      for (const field of Object.values(record.fields)) expectKeys(field, 'before after');
    }
  });

  it('prints what a saved plan holds, the same by show', async () => {
    const planned = await rehearsal.syncline('plan', '--json', '-out=plan.json');

    const shown = await rehearsal.syncline('show', '--format', 'json', 'plan.json');

    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(planned.stdout));
  });
});

describe('E4 apply --json and E6 sync --json', () => {
  it('tell what happens line by line', async () => {
    const outcome = await rehearsal.syncline('apply', '--json', '--auto-approve');

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expectLines(outcome);
    const types = jsonLines(outcome).map((line) => String(line.type));
    expect(types[0]).toBe('version');
    expect([...new Set(types)]).toEqual(
      expect.arrayContaining([
        'version',
        'planned_change',
        'change_summary',
        'apply_start',
        'apply_complete',
        'cycle_start',
        'cycle_progress',
        'cycle_summary',
      ]),
    );
    expect(types.filter((type) => type === 'planned_change')).toHaveLength(16);
    expect(types.filter((type) => type === 'apply_complete')).toHaveLength(16);
    expect(lineOf(outcome, 'change_summary')['@message']).toBe('Apply complete! Resources: 16 added, 0 changed, 0 destroyed.');
  });

  it('sum up each cycle with the names of the contract', async () => {
    await rehearsal.syncline('apply', '-y');
    const salesforce = new SalesforceAccount(rehearsal);
    const [contact] = (await rehearsal.dump('salesforce', 'Contact')).filter((row) => row['Email'] !== null);
    await salesforce.update(String(contact!['Id']), { Title: 'Promoted' });

    const outcome = await rehearsal.syncline('sync', '--json');

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expectLines(outcome);
    const summary = lineOf(outcome, 'cycle_summary');
    expectKeys(summary, 'link generation ends conflicts quarantined calls converged');
    expect(summary).toMatchObject({
      link: 'Link/contacts',
      generation: 1,
      ends: { ac: { created: 0, updated: 1, deleted: 0 }, sf: { created: 0, updated: 0, deleted: 0 } },
      conflicts: 0,
      quarantined: 0,
      converged: true,
      calls: { salesforce: expect.any(Number), activecampaign: expect.any(Number) },
    });
  });

  it('count the calls that the vendors saw', async () => {
    await rehearsal.syncline('apply', '-y');
    const before = await total();

    const outcome = await rehearsal.syncline('sync', '--json');

    // A cycle counts from its start; what proves who we are comes before it.
    const after = await total();
    const counted = Object.values(lineOf(outcome, 'cycle_summary').calls as Record<string, number>).reduce(
      (sum, count) => sum + count,
      0,
    );
    expect(counted).toBeLessThanOrEqual(after - before);
    expect(after - before - counted).toBeLessThanOrEqual(4);
  });
});

async function total(): Promise<number> {
  const calls = [...(await rehearsal.calls('salesforce')), ...(await rehearsal.calls('activecampaign'))];
  return calls.reduce((sum, call) => sum + call.count, 0);
}

describe('E9 verify --json', () => {
  it('lists who agrees, who differs, who is missing and who is held', async () => {
    await rehearsal.syncline('apply', '-y');
    const agreeing = await rehearsal.syncline('verify', '--json');
    const salesforce = new SalesforceAccount(rehearsal);
    const [contact] = (await rehearsal.dump('salesforce', 'Contact')).filter((row) => row['Email'] !== null);
    await salesforce.update(String(contact!['Id']), { Title: 'Promoted' });
    await salesforce.create({ LastName: 'Newcomer', Email: 'newcomer@example.com' });

    const outcome = await rehearsal.syncline('verify', '--json');

    expect(agreeing.code).toBe(0);
    expect(outcome).toMatchObject({ code: 2, stderr: '' });
    const [link] = JSON.parse(outcome.stdout).links;
    expectKeys(link, 'address persons agreeing differing only held');
    expect(link.differing).toEqual([
      { key: expect.stringContaining('*'), field: expect.any(String), values: { sf: 'P***', ac: null } },
    ]);
    expect(link.only).toEqual({ sf: ['n***@e***.com'], ac: [] });
    expect(link.persons - link.agreeing).toBe(1);
    for (const held of link.held) expectKeys(held, 'key reason');
  });
});

describe('--json leaves nothing but JSON on standard output', () => {
  const FAILURES: Readonly<Record<string, readonly string[]>> = {
    'an unknown command': ['no-such-command', '--json'],
    'an unknown flag': ['plan', '--json', '--no-such-flag'],
    'a missing argument': ['state', 'show', '--json'],
    'an apply without approval': ['apply', '--json'],
    'a plan file that is not there': ['apply', '--json', 'nowhere.json'],
    'a state that holds nothing': ['state', 'show', 'Link/contacts', '--json'],
    'a sync before an apply': ['sync', '--json'],
    'a verify before an apply': ['verify', '--json'],
    'an unknown stack': ['plan', '--json', '--stack', 'nowhere'],
    'an unknown backend': ['plan', '--json', '--backend', 'ftp://example.com'],
    'an unknown code': ['explain', 'NO_SUCH_CODE', '--json'],
    'an unknown example': ['init', 'elsewhere', '--from', 'no-such-example', '--json'],
    'an unknown integration': ['check', 'no-such-integration', '--json'],
    'an address that is none': ['sync', 'nonsense', '--json'],
    'a parallelism of nothing': ['apply', '--json', '-y', '--parallelism', '0'],
    'a log level that there is not': ['plan', '--json', '--log-level', 'loud'],
    'a working folder that is none': ['plan', '--json', '-C', 'link.yaml'],
    'a lock timeout that is none': ['plan', '--json', '--lock-timeout', 'soon'],
    'a show of nothing': ['show', 'nowhere.json', '--json'],
  };

  it.each(Object.entries(FAILURES))('after %s', async (_, argv) => {
    const outcome = await rehearsal.syncline(...argv);

    expect(outcome.code).toBe(1);
    const lines = jsonLines(outcome);
    expect(lines.some((line) => line.type === 'diagnostic' && line.diagnostic.severity === 'error')).toBe(true);
    expect(lines.at(-1).diagnostic.detail.length).toBeGreaterThan(5);
  });

  it('after a mistake in the configuration', async () => {
    await rehearsal.edit('link.yaml', 'flow: both', 'flow: sideways');

    for (const argv of [['validate'], ['plan'], ['apply', '-y'], ['check']]) {
      const outcome = await rehearsal.syncline(...argv, '--json');
      expect(outcome.code, argv.join(' ')).toBe(1);
      const found = jsonLines(outcome).filter((line) => line.type === 'diagnostic');
      expect(found[0].diagnostic).toMatchObject({
        severity: 'error',
        file: 'link.yaml',
        line: expect.any(Number),
        column: expect.any(Number),
      });
    }
  });

  it('after a refused credential', async () => {
    const environment = { ACTIVECAMPAIGN_TOKEN: 'wrong' };
    for (const argv of [['plan'], ['apply', '-y'], ['check']]) {
      const outcome = await rehearsal.synclineIn({ environment }, ...argv, '--json');
      expect(outcome.code, argv.join(' ')).toBe(1);
      expect(jsonLines(outcome).length).toBeGreaterThan(0);
    }
  });

  it('for every command that succeeds', async () => {
    await rehearsal.syncline('apply', '-y');
    const commands = [
      ['version'],
      ['validate'],
      ['check'],
      ['plan'],
      ['show'],
      ['state', 'list'],
      ['state', 'show', 'Link/contacts'],
      ['explain', 'RECORD_GUARD'],
      ['explain', 'Link.spec.ends'],
      ['verify'],
      ['sync'],
      ['apply', '-y'],
      ['init', 'another'],
    ];
    for (const argv of commands) {
      const outcome = await rehearsal.syncline(...argv, '--json');
      expect(outcome.code, argv.join(' ')).toBe(0);
      expect(jsonLines(outcome).length, argv.join(' ')).toBeGreaterThan(0);
    }
  });
});
