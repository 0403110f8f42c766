import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal, type Loose } from './harness.ts';
import { ActiveCampaignAccount } from './vendor-accounts.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 6 });
});

afterAll(() => rehearsal.close());

async function planOf(...argv: readonly string[]): Promise<Loose> {
  const outcome = await rehearsal.syncline('plan', '--json', ...argv);
  return JSON.parse(outcome.stdout);
}

async function state(): Promise<Loose> {
  return JSON.parse((await rehearsal.syncline('state', 'pull')).stdout);
}

function changeOf(plan: Loose, address: string): Loose {
  return plan.resource_changes.find((change: Loose) => change.address === address);
}

/** Writes the lifecycle documents of this moment. */
async function say(...documents: readonly string[]): Promise<void> {
  const text = documents.map((document, index) => {
    const kind = document.slice(0, document.indexOf(' '));
    const spec = document.slice(kind.length + 1);
    return `apiVersion: syncline/v1\nkind: ${kind}\nmetadata: { name: change-${index} }\nspec: ${spec}\n`;
  });
  await writeFile(join(rehearsal.folder, 'lifecycle.yaml'), text.join('---\n'));
}

async function applied(...argv: readonly string[]): Promise<string> {
  const outcome = await rehearsal.syncline('apply', '-y', ...argv);
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
  return outcome.stdout;
}

async function expectNothingToDo(): Promise<void> {
  const outcome = await rehearsal.syncline('plan', '--detailed-exitcode');
  expect(outcome.code, outcome.stdout + outcome.stderr).toBe(0);
  expect(outcome.stdout).toMatch(/^No changes\./m);
}

describe('E5 what moves', () => {
  it('E5 moves a resource, a mapping and a link with all that is known of them', async () => {
    await applied();
    const before = await state();
    const known = (await rehearsal.syncline('verify', '--json')).stdout;
    const persons = JSON.parse(known).links[0].persons;
    await rehearsal.edit('link.yaml', 'metadata: { name: contacts }', 'metadata: { name: people }');
    await rehearsal.edit('link.yaml', 'metadata: { name: person }', 'metadata: { name: human }');
    await rehearsal.edit('link.yaml', 'mapping: person', 'mapping: human');
    await rehearsal.edit('resources.yaml', 'metadata: { name: ac-city }', 'metadata: { name: city }');
    await say(
      'Moved { from: Link/contacts, to: Link/customers }',
      'Moved { from: Link/customers, to: Link/people }',
      'Moved { from: Mapping/person, to: Mapping/human }',
      'Moved { from: Resource/ac-city, to: Resource/city }',
      'Moved { from: Resource/never-applied, to: Resource/ac-company }',
    );

    const plan = await planOf('--out', 'plan.json');
    const text = (await rehearsal.syncline('show', 'plan.json')).stdout;
    const writes = await rehearsal.writes();
    const declined = await rehearsal.synclineIn({ answer: 'no' }, 'apply', '--target', 'Resource/city');
    const output = await rehearsal.syncline('apply', 'plan.json');

    expect(changeOf(plan, 'Link/people')).toMatchObject({ previous_address: 'Link/contacts', change: { actions: ['no-op'] } });
    expect(plan.summary).toEqual({ add: 0, change: 0, replace: 0, destroy: 0, import: 0, forget: 0 });
    expect(plan.links[0]).toMatchObject({ address: 'Link/people', cause: 'none' });
    expect(text).toContain('  # Resource/ac-city has moved to Resource/city');
    expect(text).toMatch(/^Plan: 0 to add, 0 to change, 0 to destroy\.$/m);
    expect(declined.code).toBe(1);
    expect(output.code, output.stderr).toBe(0);
    const after = await state();
    expect(after.resources['Resource/city'].id).toBe(before.resources['Resource/ac-city'].id);
    expect(Object.keys(after.specifications)).not.toContain('Link/contacts');
    expect(after.specifications['Link/people'].generation).toBe(before.specifications['Link/contacts'].generation);
    expect(await rehearsal.writes()).toBe(writes);
    await expectNothingToDo();
    const verified = JSON.parse((await rehearsal.syncline('verify', '--json')).stdout);
    expect(verified.links[0]).toMatchObject({ address: 'Link/people', persons, differing: [] });
  });
});

/** Resources alone: nothing is read of people, so that applying costs next to nothing. */
async function declare(resources: Readonly<Record<string, string>>): Promise<void> {
  const text = Object.entries(resources).map(
    ([name, spec]) => `apiVersion: syncline/v1\nkind: Resource\nmetadata: { name: ${name} }\nspec: ${spec}\n`,
  );
  await writeFile(join(rehearsal.folder, 'resources.yaml'), text.join('---\n'));
}

const field = (title: string, more = '', type = 'text') =>
  `{ integration: activecampaign, type: activecampaign/field, attributes: { title: ${title}, type: ${type} }${more} }`;
const SET = '{ integration: salesforce, type: salesforce/permission-set, attributes: { name: Helpers, label: Helpers } }';

const titles = async () => (await rehearsal.dump('activecampaign', 'field')).map((row) => row['title']);

describe('E5 what goes, stays and is imported', () => {
  beforeAll(async () => {
    await rehearsal.startAnew();
    await rm(join(rehearsal.folder, 'link.yaml'));
    await rm(join(rehearsal.folder, 'person.test.yaml'));
  });

  it('E5 forgets what holds people’s data, and destroys it only where a document says so', async () => {
    await declare({ kept: field('Kept'), lost: field('Lost'), left: SET, helpers: SET.replaceAll('Helpers', 'Others') });
    await applied();
    await declare({});
    await say('Removed { address: Resource/lost, destroy: true }', 'Removed { address: Resource/left }');

    const plan = await planOf();
    const text = (await rehearsal.syncline('plan')).stdout;
    await applied();

    expect(plan.summary).toMatchObject({ destroy: 2, forget: 2 });
    expect(changeOf(plan, 'Resource/kept').change.actions).toEqual(['forget']);
    expect(changeOf(plan, 'Resource/lost')).toMatchObject({ action_reason: 'removed', change: { actions: ['delete'] } });
    expect(changeOf(plan, 'Resource/left').change.actions).toEqual(['forget']);
    expect(changeOf(plan, 'Resource/helpers').change.actions).toEqual(['delete']);
    expect(text).toContain('what people hold in it is lost');
    expect(await titles()).toEqual(expect.arrayContaining(['Kept']));
    expect(await titles()).not.toContain('Lost');
    await expectNothingToDo();
  });

  it('E5 refuses a move onto something that the state holds', async () => {
    await declare({ first: field('First'), second: field('Second') });
    await say();
    await applied();
    await declare({ second: field('Second') });
    await say('Moved { from: Resource/first, to: Resource/second }');

    const refused = await rehearsal.syncline('plan');

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('STATE_MOVE_REFUSED');
    expect(refused.stderr).toContain('lifecycle.yaml:4:35');
  });

  it('E5 keeps preventDestroy when its block is gone, however late it was set', async () => {
    await say();
    await declare({ guarded: field('Guarded') });
    await applied();
    const writes = await rehearsal.writes();
    await declare({ guarded: field('Guarded', ', preventDestroy: true') });
    const plan = await planOf();
    await applied();
    expect(await rehearsal.writes()).toBe(writes);
    await declare({});
    await say('Removed { address: Resource/guarded, destroy: true }');

    const refused = await rehearsal.syncline('apply', '-y');
    await declare({ guarded: field('Guarded', ', preventDestroy: false') });
    await say();
    await applied();
    await declare({});
    await say('Removed { address: Resource/guarded, destroy: true }');
    await applied();

    expect(changeOf(plan, 'Resource/guarded')).toMatchObject({
      action_reason: 'settings_changed',
      change: { actions: ['update'], before: { preventDestroy: false }, after: { preventDestroy: true } },
    });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('RESOURCE_PREVENT_DESTROY');
    expect(await titles()).not.toContain('Guarded');
  });

  it('E5 destroys what belonged to an integration that goes with it', async () => {
    await declare({ orphan: field('Orphan') });
    await say();
    await applied();
    await declare({});
    // In both stacks.
    for (const _ of [1, 2]) await rehearsal.edit('stacks.yaml', '    activecampaign:', '    ac:');
    await rehearsal.edit('integrations.yaml', 'metadata: { name: activecampaign }', 'metadata: { name: ac }');
    await say('Removed { address: Resource/orphan, destroy: true }');

    await applied();

    expect(await titles()).not.toContain('Orphan');
    expect(Object.keys((await state()).specifications)).not.toContain('Integration/activecampaign');
    for (const _ of [1, 2]) await rehearsal.edit('stacks.yaml', '    ac:', '    activecampaign:');
    await rehearsal.edit('integrations.yaml', 'metadata: { name: ac }', 'metadata: { name: activecampaign }');
    await say();
    await applied();
  });

  it('E15 imports an object by its id: as it is, or as it is declared', async () => {
    const account = new ActiveCampaignAccount(rehearsal);
    const [same, other] = [await account.createField('Colour', 'text'), await account.createField('Size', 'text')];
    await declare({ colour: field('Colour'), size: field('Shoe size') });
    await say(`Import { to: Resource/colour, id: '${same}' }`, `Import { to: Resource/size, id: '${other}' }`);
    const changed: string[] = [];
    const stop = rehearsal.onCall(({ request, taken }) => {
      if (!taken && request.method === 'PUT') changed.push(request.path);
    });

    const plan = await planOf('--out', 'plan.json');
    const text = (await rehearsal.syncline('plan')).stdout;
    expect((await rehearsal.syncline('apply', 'plan.json')).code).toBe(0);
    stop();

    expect(plan.summary).toMatchObject({ import: 2, add: 0, change: 0 });
    expect(changeOf(plan, 'Resource/colour').change).toMatchObject({ actions: ['no-op'], importing: { id: same } });
    expect(changeOf(plan, 'Resource/size').change).toMatchObject({ actions: ['update'], importing: { id: other } });
    expect(text).toMatch(/^Plan: 2 to import, 0 to add, 0 to change, 0 to destroy\.$/m);
    expect(changed).toEqual([`/api/3/fields/${other}`]);
    expect((await state()).resources['Resource/size']).toMatchObject({ id: other, created_by_syncline: false });
    await expectNothingToDo();
  });

  it.each([
    ['RESOURCE_IMPORT_MISSING', { wanted: field('Wanted') }, "Import { to: Resource/wanted, id: '99999' }"],
    ['RESOURCE_IMPORT_DIFFERS', { wanted: field('Weight', '', 'date') }, "Import { to: Resource/wanted, id: 'WEIGHT' }"],
    ['RESOURCE_IMPORT_CONFLICT', { wanted: field('Colour') }, "Import { to: Resource/wanted, id: 'COLOUR' }"],
    ['RESOURCE_IMPORT_CONFLICT', { wanted: field('Size') }, "Import { to: Resource/colour, id: 'WEIGHT' }"],
  ])('E15 refuses an import that cannot be meant: %s', async (code, resources, document) => {
    const colour = (await state()).resources['Resource/colour'].id;
    const fields = await rehearsal.dump('activecampaign', 'field');
    const weight =
      fields.find((row) => row['title'] === 'Weight')?.['id'] ??
      (await new ActiveCampaignAccount(rehearsal).createField('Weight', 'text'));
    await declare({ colour: field('Colour'), size: field('Shoe size'), ...resources });
    await say(document.replace('WEIGHT', String(weight)).replace('COLOUR', colour));

    const refused = await rehearsal.syncline('apply', '-y');

    expect(refused.code, refused.stdout).toBe(1);
    expect(refused.stderr).toContain(code);
  });
});

describe('E5 import', () => {
  it('E5 takes an object over at once, and leaves it as it is', async () => {
    const id = await new ActiveCampaignAccount(rehearsal).createField('Taste', 'text');
    await rm(join(rehearsal.folder, 'state'), { recursive: true });
    await declare({
      taste: field('Flavour'),
      letters: '{ integration: activecampaign, type: activecampaign/list, mode: expected, attributes: { name: Letters } }',
    });
    await say();
    const writes = await rehearsal.writes();

    const imported = await rehearsal.syncline('import', 'Resource/taste', id);
    const again = await rehearsal.syncline('import', 'Resource/taste', id, '--json');
    const refused = [
      await rehearsal.syncline('import', 'Resource/taste', '1'),
      await rehearsal.syncline('import', 'Resource/undeclared', id),
      await rehearsal.syncline('import', 'Resource/letters', '1'),
    ];
    const plan = await planOf();

    expect(imported.code, imported.stderr).toBe(0);
    expect(imported.stdout).toContain(`Resource/taste: Import complete [id=${id}]`);
    expect(JSON.parse(again.stdout)).toMatchObject({ type: 'import', address: 'Resource/taste', id });
    expect(refused.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(refused.map(({ stderr }) => /RESOURCE_IMPORT_[A-Z]+/.exec(stderr)![0])).toEqual([
      'RESOURCE_IMPORT_CONFLICT',
      'RESOURCE_IMPORT_UNDECLARED',
      'RESOURCE_IMPORT_UNDECLARED',
    ]);
    expect(await rehearsal.writes()).toBe(writes);
    expect(changeOf(plan, 'Resource/taste').change).toMatchObject({
      actions: ['update'],
      before: { title: 'Taste' },
      after: { title: 'Flavour' },
    });
    await applied();
    expect(await titles()).toContain('Flavour');
    await expectNothingToDo();
    expect((await rehearsal.syncline('audit', 'log')).stdout).toContain('imported');
  });

  it('E5 of a field of Salesforce plans with what only the field itself tells', async () => {
    const label = (more: string) =>
      `{ integration: salesforce, type: salesforce/custom-field, attributes: { object: Contact, name: Shoe__c, label: Shoe, type: Text${more} } }`;
    await declare({ shoe: label(', description: Left or right') });
    await applied();
    const { id } = (await state()).resources['Resource/shoe'];
    await rehearsal.syncline('state', 'rm', 'Resource/shoe');
    await say(`Import { to: Resource/shoe, id: ${id} }`);

    const same = await planOf();
    await declare({ shoe: label('') });
    const other = await planOf();

    expect(changeOf(same, 'Resource/shoe').change).toMatchObject({ actions: ['no-op'], importing: { id } });
    expect(changeOf(other, 'Resource/shoe').change).toMatchObject({
      actions: ['update'],
      before: { description: 'Left or right' },
    });
  });
});

describe('E4 a plan of a part', () => {
  it('E4 is saved and applied as this part, whatever else there is to do', async () => {
    await declare({
      colour: field('Colour'),
      size: field('Shoe size'),
      one: field('One'),
      two: field('Two', ', dependsOn: [Resource/one]'),
      three: field('Three'),
    });
    await say();

    const plan = await planOf('--out', 'plan.json', '--target', 'Resource/two');
    const applying = await rehearsal.syncline('apply', 'plan.json');

    expect(plan.summary).toMatchObject({ add: 2 });
    expect(applying.code, applying.stderr).toBe(0);
    expect(applying.stdout).toContain('Apply complete! Resources: 2 added, 0 changed, 0 destroyed.');
    expect(await titles()).toEqual(expect.arrayContaining(['One', 'Two']));
    expect(await titles()).not.toContain('Three');
  });
});
