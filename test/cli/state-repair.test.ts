import { mkdirSync, renameSync } from 'node:fs';
import { copyFile, readFile, rename, rm, rmdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pairsOf, populationOf } from './agreement.ts';
import { jsonLines, Rehearsal, type Loose, type Outcome } from './harness.ts';
import { SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
});

afterEach(() => rehearsal.close());

function path(name: string): string {
  return join(rehearsal.folder, 'state', name);
}

async function planJson(): Promise<Loose> {
  const outcome = await rehearsal.syncline('plan', '--json');
  expect(outcome.code, outcome.stdout).toBe(0);
  return JSON.parse(outcome.stdout);
}

async function state(): Promise<Loose> {
  return JSON.parse((await rehearsal.syncline('state', 'pull')).stdout);
}

/** Runs a command that has to be refused, with its code and nothing written, here or there. */
async function refused(code: string, exit: number, ...argv: readonly string[]): Promise<Outcome> {
  const [writes, before] = [await rehearsal.writes(), await rehearsal.files('state')];
  const outcome = await rehearsal.syncline(...argv);
  expect(outcome.stderr, outcome.stdout).toContain(code);
  expect(outcome.code).toBe(exit);
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
  expect(await rehearsal.writes()).toBe(writes);
  // A claim of the ledger is no content.
  expect((await rehearsal.files('state')).get(path('syncline.state.json'))).toEqual(before.get(path('syncline.state.json')));
  return outcome;
}

describe('E5 state mv', () => {
  it('of a link keeps its persons: the next cycle carries over what waited, and creates nobody', async () => {
    const [pair] = pairsOf(await populationOf(rehearsal));
    await new SalesforceAccount(rehearsal).update(pair!.sf, { MailingCity: 'Basel' });
    const moved = await rehearsal.syncline('state', 'mv', 'Link/contacts', 'Link/people');
    expect(moved.code, moved.stderr).toBe(0);
    expect(moved.stdout).toMatch(/Link\/people now with \d+ linked persons/);
    await rehearsal.edit('link.yaml', 'metadata: { name: contacts }', 'metadata: { name: people }');

    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
    const [link] = (await planJson()).links;
    expect(link).toMatchObject({ address: 'Link/people', cause: 'none', backlog: { ac: 1 } });
    const synced = jsonLines(await rehearsal.syncline('sync', '--json')).find((line) => line.type === 'cycle_summary');
    expect(synced).toMatchObject({ link: 'Link/people', ends: { sf: { created: 0 }, ac: { created: 0, updated: 1 } } });
    expect((await rehearsal.syncline('verify')).code).toBe(0);
    const runs = await rehearsal.syncline('runs', '--json');
    expect(runs.stdout).not.toContain('Link/contacts');

    // The old address is free again: a link there is another one.
    await rehearsal.edit('link.yaml', 'metadata: { name: people }', 'metadata: { name: contacts }');
    expect((await planJson()).links[0]).toMatchObject({ cause: 'new', ends: { sf: { create: 0 }, ac: { create: 0 } } });
  });

  it('of a resource and of a mapping leaves the plan nothing to do', async () => {
    const before = (await state()).resources['Resource/ac-tag'];
    expect((await rehearsal.syncline('state', 'mv', 'Resource/ac-tag', 'Resource/tag')).code).toBe(0);
    expect((await rehearsal.syncline('state', 'mv', 'Mapping/person', 'Mapping/people')).code).toBe(0);
    await rehearsal.edit('resources.yaml', 'name: ac-tag }', 'name: tag }');
    await rehearsal.edit('link.yaml', 'metadata: { name: person }', 'metadata: { name: people }');
    await rehearsal.edit('link.yaml', 'mapping: person', 'mapping: people');

    expect((await state()).resources['Resource/tag']).toMatchObject({ id: before.id });
    const plan = await rehearsal.syncline('plan', '--detailed-exitcode');
    expect(plan.code, plan.stdout).toBe(0);
  });

  it('refuses what it cannot do', async () => {
    await refused('STATE_UNKNOWN_ADDRESS', 1, 'state', 'mv', 'Link/other', 'Link/people');
    await refused('STATE_MOVE_REFUSED', 1, 'state', 'mv', 'Link/contacts', 'Mapping/contacts');
    await refused('STATE_MOVE_REFUSED', 1, 'state', 'mv', 'Resource/ac-tag', 'Resource/ac-city');
    await refused('STATE_MOVE_REFUSED', 1, 'state', 'mv', 'Integration/salesforce', 'Integration/crm');
  });
});

describe('E5 state rm', () => {
  it('of a link forgets its persons, which are matched anew without duplicates when it is applied again', async () => {
    const people = await rehearsal.dump('salesforce', 'Contact');
    const said = await rehearsal.syncline('state', 'rm', 'Link/contacts', '--dry-run');
    expect(said.stdout).toMatch(/would be forgotten: \d+ linked persons/);
    const forgotten = await rehearsal.syncline('state', 'rm', 'Link/contacts');
    expect(forgotten.stdout).toContain('No record is changed');

    expect((await planJson()).links).toMatchObject([
      { cause: 'new', ends: { sf: { create: 0, update: 0 }, ac: { create: 0, update: 0 } } },
    ]);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect(await rehearsal.dump('salesforce', 'Contact')).toHaveLength(people.length);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('refuses what something else needs', async () => {
    const outcome = await refused('STATE_MOVE_REFUSED', 1, 'state', 'rm', 'Mapping/person');
    expect(outcome.stderr).toContain('Link/contacts');
    await refused('STATE_MOVE_REFUSED', 1, 'state', 'rm', 'Integration/salesforce');
  });
});

describe('E5 a link without state mv', () => {
  it('removed and added again goes on from what was agreed', async () => {
    const text = await readFile(join(rehearsal.folder, 'link.yaml'), 'utf8');
    const parts = text.split(/^---\n/m);
    await writeFile(join(rehearsal.folder, 'link.yaml'), parts.filter((part) => !/kind: Link\n/.test(part)).join('---\n'));
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    const [pair] = pairsOf(await populationOf(rehearsal));
    await new SalesforceAccount(rehearsal).update(pair!.sf, { MailingCity: 'Basel' });
    await writeFile(join(rehearsal.folder, 'link.yaml'), text);

    const known = pairsOf(await populationOf(rehearsal)).length;
    expect((await planJson()).links).toMatchObject([
      {
        cause: 'new',
        ends: { sf: { create: 0, update: 0 }, ac: { create: 0, update: 1 } },
        persons: { known, joined: 0, apart: 0 },
      },
    ]);
    expect((await rehearsal.syncline('plan')).stdout).toContain(`Persons: ${known} linked already`);
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });

  it('under another name is told apart from a new one, with the command that keeps what was agreed', async () => {
    await rehearsal.edit('link.yaml', 'metadata: { name: contacts }', 'metadata: { name: people }');

    const plan = await planJson();

    expect(plan.diagnostics).toMatchObject([{ severity: 'warning', code: 'LINK_RENAMED' }]);
    expect(plan.links).toMatchObject([{ address: 'Link/people', ends: { sf: { create: 0 }, ac: { create: 0 } } }]);
    expect((await rehearsal.syncline('plan')).stderr).toContain('syncline state mv Link/contacts Link/people');
  });
});

describe('E5 state push', () => {
  it('takes a newer state and one edited by hand, and refuses every other', async () => {
    const file = join(rehearsal.folder, 'pulled.json');
    const pulled = await rehearsal.syncline('state', 'pull');
    await writeFile(file, pulled.stdout);
    expect(jsonLines(await rehearsal.syncline('state', 'push', 'pulled.json', '--json'))).toMatchObject([{ changed: false }]);

    const content = JSON.parse(pulled.stdout);
    await writeFile(file, JSON.stringify({ ...content, accounts: {} }));
    const outcome = await refused('STATE_DIGEST_MISMATCH', 1, 'state', 'push', 'pulled.json');
    expect(outcome.stderr).toContain('syncline state push --edited pulled.json');
    const edited = await rehearsal.syncline('state', 'push', '--edited', 'pulled.json');
    expect(edited.code, edited.stderr).toBe(0);
    expect(await state()).toMatchObject({ serial: content.serial + 1, accounts: {} });

    await writeFile(file, pulled.stdout);
    await refused('STATE_STALE_SERIAL', 4, 'state', 'push', 'pulled.json');
    await refused('STATE_STALE_SERIAL', 4, 'state', 'push', '--edited', 'pulled.json');
    await writeFile(file, JSON.stringify({ ...content, lineage: 'another' }));
    await refused('LEDGER_LINEAGE_MISMATCH', 1, 'state', 'push', '--edited', 'pulled.json');
    await writeFile(file, pulled.stdout.slice(0, 300));
    await refused('STATE_UNREADABLE', 1, 'state', 'push', 'pulled.json');

    await writeFile(file, pulled.stdout);
    const forced = await rehearsal.syncline('state', 'push', '--force', 'pulled.json');
    expect(forced.code, forced.stderr).toBe(0);
    expect(await state()).toMatchObject({ serial: content.serial + 2, accounts: content.accounts });
    expect((await rehearsal.syncline('audit', 'verify')).code).toBe(0);
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
  });
});

describe('E5 a state that cannot be written after objects were made', () => {
  it('is kept in a file that can be pushed, with the ids of what was made', async () => {
    await rehearsal.startAnew();
    const stored = path('syncline.state.json');
    // From the middle of the apply on, there is no state to write over.
    let broken = false;
    const stop = rehearsal.onCall(({ request, taken }) => {
      if (broken || !taken || request.method !== 'POST' || !request.path.includes('/fields')) return;
      broken = true;
      renameSync(stored, `${stored}.away`);
      mkdirSync(stored);
    });
    const applied = await rehearsal.syncline('apply', '-y');
    stop();

    expect(applied.code).toBe(1);
    expect(applied.stderr).toContain('STATE_RESCUED');
    expect(applied.stderr).toContain('syncline state push errored.state.json');
    expect(applied.stderr).not.toMatch(/\n\s+at /);
    await rmdir(stored);
    await rename(`${stored}.away`, stored);
    const before = await state();
    const pushed = await rehearsal.syncline('state', 'push', 'errored.state.json');
    expect(pushed.code, pushed.stderr).toBe(0);
    const after = await state();
    expect(after).toMatchObject({ lineage: before.lineage, serial: before.serial + 1 });
    const made = await rehearsal.dump('activecampaign', 'field');
    const known = Object.values(after.resources as Record<string, Loose>).map(({ id }) => id);
    for (const { id } of made) expect(known).toContain(String(id));

    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    const titles = (await rehearsal.dump('activecampaign', 'field')).map((row) => row['title']);
    expect(new Set(titles).size).toBe(titles.length);
    expect((await rehearsal.syncline('verify')).code).toBe(0);
  });
});

describe('E5 bad input', () => {
  it('is refused when a state was copied back from a backup, with the way out', async () => {
    await copyFile(path('syncline.state.json'), path('kept.json'));
    expect((await rehearsal.syncline('pause', 'Link/contacts')).code).toBe(0);
    await copyFile(path('kept.json'), path('syncline.state.json'));

    for (const argv of [['plan'], ['sync'], ['apply', '-y']]) await refused('STATE_ROLLED_BACK', 4, ...argv);
    const outcome = await refused('STATE_ROLLED_BACK', 4, 'pause', 'Link/contacts');
    expect(outcome.stderr).toContain('syncline state push --force');

    expect((await rehearsal.syncline('state', 'push', '--force', path('syncline.state.json'))).code).toBe(0);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
  });

  it('is refused when the ledger is missing, truncated, of another lineage or no ledger', async () => {
    const ledger = path('ledger.sqlite');
    const whole = await readFile(ledger);
    const cases: readonly (readonly [string, () => Promise<void>])[] = [
      ['LEDGER_MISSING', () => rm(ledger)],
      ['LEDGER_MISSING', () => writeFile(ledger, '')],
      ['LEDGER_DAMAGED', () => truncate(ledger, Math.floor(whole.length / 2))],
      ['LEDGER_DAMAGED', () => truncate(ledger, 700)],
      ['LEDGER_DAMAGED', () => writeFile(ledger, 'no database at all, but long enough to be taken for one\n'.repeat(100))],
    ];
    for (const [code, damage] of cases) {
      for (const argv of [['plan'], ['sync']]) {
        await writeFile(ledger, whole, { mode: 0o600 });
        await damage();
        const outcome = await rehearsal.syncline(...argv);
        expect(outcome.stderr, `${code} ${argv.join(' ')}`).toContain(code);
        expect(outcome.code).toBe(1);
        expect(outcome.stderr).toContain('syncline state new-ledger');
      }
    }
    const people = await rehearsal.dump('activecampaign', 'contact');
    const renewed = await rehearsal.syncline('state', 'new-ledger');
    expect(renewed.code, renewed.stderr).toBe(0);
    expect((await planJson()).links).toMatchObject([{ cause: 'new', ends: { sf: { create: 0 }, ac: { create: 0 } } }]);
    expect((await rehearsal.syncline('sync')).code).toBe(0);
    expect(await rehearsal.dump('activecampaign', 'contact')).toHaveLength(people.length);
    expect((await rehearsal.syncline('plan', '--detailed-exitcode')).code).toBe(0);
  });
});
