/**
 * E3: what a plan counts, against a reckoning of its own over the vendors' dumps: nothing of Syncline's is asked. The
 * changed match key has its reckoning in `changed-configuration.test.ts`.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disagreements, pairsOf, populationOf, type Pair } from './agreement.ts';
import { Rehearsal, type Loose, type Row } from './harness.ts';
import { ActiveCampaignAccount, SalesforceAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;
let pairs: readonly Pair[];
/** Contacts of ActiveCampaign from before Syncline made any. */
let before: ReadonlySet<string>;
/** The plan of the new link, which shows one conflict. */
let firstScreen: string;
/** Those that somebody edited since. */
const edited = new Set<string>();

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 40, seed: 7 });
  before = new Set((await rehearsal.dump('activecampaign', 'contact')).map(({ id }) => String(id)));
  await rehearsal.edit('link.yaml', 'prefer: sf, while: pending, unit: record', 'policy: manual');
  await rehearsal.edit('link.yaml', 'guards: { deletes: 10 }', 'guards: { deletes: none }');
  firstScreen = (await rehearsal.syncline('plan', '--records', '1')).stdout;
  expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
  pairs = pairsOf(await populationOf(rehearsal));
  const salesforce = new SalesforceAccount(rehearsal);
  const activecampaign = new ActiveCampaignAccount(rehearsal);
  // Chance, the same in every run: what each pair's contact says, and where both ends were edited.
  const said = fc.sample(
    fc.record({
      Department: fc.constantFrom('', 'Sales', 'Support'),
      Title: fc.constantFrom('Engineer', 'Retired', 'engineer'),
      isContested: fc.boolean(),
    }),
    { seed: 7, numRuns: pairs.length },
  );
  for (const [index, { Department, Title }] of said.entries()) await salesforce.update(pairs[index]!.sf, { Department, Title });
  await rehearsal.advance('PT10M');
  expect((await rehearsal.syncline('sync', '--until-converged')).code).toBe(0);
  for (const [index, { isContested }] of said.entries()) {
    if (!isContested) continue;
    await salesforce.update(pairs[index]!.sf, { MailingCity: `Basel ${index}` });
    await activecampaign.setField(pairs[index]!.ac, 'City', `Bern ${index}`);
    edited.add(pairs[index]!.ac);
  }
  await rehearsal.advance('PT10M');
  expect((await rehearsal.syncline('sync')).code).toBe(3);
});

afterAll(() => rehearsal.close());

/** The plan of a changed file, which is put back afterwards. */
async function planOf(file: string, from: string, to: string): Promise<Loose> {
  const path = join(rehearsal.folder, file);
  const stored = await readFile(path, 'utf8');
  await rehearsal.edit(file, from, to);
  try {
    const outcome = await rehearsal.syncline('plan', '--json');
    expect(outcome.code, outcome.stdout).toBe(0);
    return JSON.parse(outcome.stdout);
  } finally {
    await writeFile(path, stored);
  }
}

async function salesforceById(): Promise<ReadonlyMap<string, Row>> {
  return new Map((await rehearsal.dump('salesforce', 'Contact')).map((row) => [String(row['Id']), row]));
}

const DEPARTMENT = `apiVersion: syncline/v1
kind: Resource
metadata: { name: ac-department }
spec: { integration: activecampaign, type: activecampaign/field, attributes: { title: Department, type: text } }
`;
const NOTHING = { create: 0, update: 0, delete: 0 };

describe('E2 E3 what a plan says before anything else', () => {
  it('counts every conflict that is left to a person, however few are shown, and what all of it costs', () => {
    const [, all, open] = /^ {4}(\d+) conflicts: both ends hold different values; (\d+) for a person/m.exec(firstScreen)!;
    expect(Number(all)).toBeGreaterThan(1);
    expect(open).toBe(all);
    const first = firstScreen.split('\n').slice(0, 4).join('\n');
    expect(first).toContain(`? ${all} conflicts for a person to decide.`);
    expect(first).toMatch(/^ {4}Calls: activecampaign \d+, no daily limit known; salesforce \d+, .* of \d+ \(\d+ used\)\.$/m);
  });
});

describe('E3 the consequences of a change, counted twice', () => {
  it('of a field that is added: everybody whose record says something there', async () => {
    const contacts = await salesforceById();
    const expected = pairs.filter(({ sf }) => (contacts.get(sf)!['Department'] ?? '') !== '').length;

    const path = join(rehearsal.folder, 'department.yaml');
    await writeFile(path, DEPARTMENT);
    const { links, summary } = await planOf(
      'link.yaml',
      '    - { sf: VIP__c,',
      '    - { sf: Department, ac: field/Department, flow: to-ac }\n    - { sf: VIP__c,',
    );
    await rm(path);

    expect(summary).toMatchObject({ add: 1, destroy: 0 });
    expect(expected).toBeGreaterThan(3);
    expect(links[0]).toMatchObject({ cause: 'mapping', ends: { sf: NOTHING, ac: { ...NOTHING, update: expected } } });
  });

  it.each([
    ['unlink', () => 0],
    // What Syncline created goes, unless somebody has edited it since.
    ['delete', (leaving: readonly Pair[]) => leaving.filter(({ ac }) => !before.has(ac) && !edited.has(ac)).length],
  ] as const)('of a filter that is narrowed: who leaves, where that means %s', async (onLeave, deletes) => {
    const contacts = await salesforceById();
    const leaving = pairs.filter(({ sf }) => contacts.get(sf)!['Title'] !== 'Engineer');
    expect(leaving.length).toBeGreaterThan(3);

    const { links, summary } = await planOf(
      'link.yaml',
      'sf: { integration: salesforce, object: Contact, enter: everyone,',
      `sf: { integration: salesforce, object: Contact, enter: { criteria: 'sf.Title == "Engineer"' }, onLeave: ${onLeave},`,
    );

    expect(summary).toMatchObject({ add: 0, change: 1, destroy: 0 });
    expect(links[0]).toMatchObject({ cause: 'scope', ends: { sf: NOTHING, ac: { ...NOTHING, delete: deletes(leaving) } } });
    const gone = links[0].records.filter(({ action }: Loose) => action === 'delete').length;
    expect(gone).toBe(Math.min(50, deletes(leaving)));
  });

  it('of a policy for conflicts: who is decided, and who wins', async () => {
    // All that is left different waits for a person: these edits, and what was found at both ends at first.
    const differing = disagreements(await populationOf(rehearsal)).map((line) => line.split(' ')[0]);
    const people = new Set(differing).size;
    expect(people).toBeGreaterThan(edited.size - 1);

    for (const [winner, loser] of [
      ['ac', 'sf'],
      ['sf', 'ac'],
    ] as const) {
      const { links } = await planOf('link.yaml', 'policy: manual', `prefer: ${winner}`);
      expect(links[0]).toMatchObject({
        cause: 'mapping',
        conflict_count: differing.length,
        ends: { [winner]: NOTHING, [loser]: { ...NOTHING, update: people } },
      });
      expect(new Set(links[0].conflicts.map((conflict: Loose) => conflict.winner))).toEqual(new Set([winner]));
    }
  });

  it('of a link that is removed: no record of either end, whatever it would otherwise do', async () => {
    const documents = (await readFile(join(rehearsal.folder, 'link.yaml'), 'utf8')).split('---\n');
    const { links, summary, resource_changes: changes } = await planOf('link.yaml', documents[1]!, '');

    expect(links).toEqual([]);
    expect(summary).toMatchObject({ add: 0, change: 0, destroy: 1 });
    expect(changes.find(({ address }: Loose) => address === 'Link/contacts').change.actions).toEqual(['delete']);
  });
});

describe('E3 E4 an integration that is pointed at another account', () => {
  it('is refused before anything is written, and tells what belongs to the former one and how to let go of it', async () => {
    const state = JSON.parse((await rehearsal.syncline('state', 'pull')).stdout);
    const account = state.accounts.activecampaign.id;
    state.accounts.activecampaign.id = 'another';
    await writeFile(join(rehearsal.folder, 'edited.json'), JSON.stringify(state));
    expect((await rehearsal.syncline('state', 'push', '--edited', 'edited.json')).code).toBe(0);
    const writes = await rehearsal.writes();
    const resources = Object.values<Loose>(state.resources).filter(({ integration }) => integration === 'activecampaign');

    const refused = async (): Promise<readonly string[]> => {
      const errors: string[] = [];
      for (const argv of [['plan'], ['apply', '-y'], ['sync']]) {
        const outcome = await rehearsal.syncline(...argv);
        expect(outcome.code, argv.join(' ')).toBe(4);
        expect(outcome.stderr).toMatch(/RECORD_WRONG_ACCOUNT/);
        expect(outcome.stderr).toContain('not to another, to which belongs what the state holds of it');
        errors.push(outcome.stderr);
      }
      return errors;
    };
    for (const error of await refused()) {
      expect(error).toContain(`Persons whom Link/contacts has linked with records of another: ${pairs.length}.\n`);
      expect(error).toContain(`Resources that the state has with their ids of another: ${resources.length}.\n`);
    }
    // That the stack declares the account it leads to makes the records of the other one no part of it.
    await rehearsal.edit('stacks.yaml', '    activecampaign:\n', `    activecampaign:\n      account: ${account}\n`);
    const [planned] = await refused();
    expect(await rehearsal.writes()).toBe(writes);

    for (const [, command] of planned!.matchAll(/^ +syncline (state rm \S+)$/gm)) {
      expect((await rehearsal.syncline(...command!.split(' '))).code, command).toBe(0);
    }
    const left = JSON.parse((await rehearsal.syncline('state', 'pull')).stdout);
    expect(Object.keys(left.accounts)).toEqual(['salesforce']);
    // The account is the one it was, and holds everything: what was forgotten is there, and somebody's.
    expect((await rehearsal.syncline('plan')).stderr).toMatch(/RESOURCE_EXISTS/);
  });
});
