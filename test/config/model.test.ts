import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalSpecification, configurationDigest, flowTargets, pathAt } from '../../src/config/configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { nodeConfigurationFileSystem } from '../../src/config/node-file-system.ts';
import { ROOT, memoryFileSystem, oneFile } from './memory-file-system.ts';

const EXAMPLE = new URL('../../examples/activecampaign-salesforce/', import.meta.url).pathname;
const STACK =
  'apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: prod, labels: { team: crm } }\nspec:\n  integrations: { }\n';

async function digestOf(files: Readonly<Record<string, string>>): Promise<string> {
  const loaded = await loadConfiguration(ROOT, memoryFileSystem(files));
  expect(loaded.diagnostics).toEqual([]);
  return configurationDigest(loaded.configuration);
}

const COMPLETE = readFileSync(new URL('complete/configuration.yaml', import.meta.url), 'utf8');
const LINK = `apiVersion: syncline/v1
kind: Link
metadata: { name: contacts }
spec:
  ends:
    sf: { integration: salesforce, object: Contact, enter: nobody }
    ac: { integration: activecampaign, object: contact, enter: everyone }
  mapping: person
  flows:
    to-sf: { every: PT10M, orAfter: 100 }
    to-ac: { every: PT1H }
  conflicts: { prefer: sf }
  onDelete: { ac: ignore }
`;

async function loadLink() {
  const { configuration, diagnostics } = await loadConfiguration(
    ROOT,
    memoryFileSystem({ [`${ROOT}/complete.yaml`]: COMPLETE, [`${ROOT}/link.yaml`]: LINK }),
  );
  expect(diagnostics).toEqual([]);
  return configuration;
}

test('the example loads without a diagnostic', async () => {
  const { configuration, diagnostics, leftAlone } = await loadConfiguration(EXAMPLE, nodeConfigurationFileSystem());

  expect(diagnostics).toEqual([]);
  expect(leftAlone).toEqual([]);
  expect([...configuration.integrations.keys()]).toEqual(['activecampaign', 'salesforce']);
  expect([...configuration.links.keys()]).toEqual(['contacts']);
  expect(configuration.resources.size).toBeGreaterThan(0);
});

describe('specifications have their defaults filled in', () => {
  test('a link, also by end', async () => {
    expect((await loadLink()).links.get('contacts')!.spec).toEqual({
      ends: {
        sf: { integration: 'salesforce', object: 'Contact', enter: 'nobody', onLeave: 'unlink' },
        ac: { integration: 'activecampaign', object: 'contact', enter: 'everyone', onLeave: 'unlink' },
      },
      mapping: 'person',
      flows: { 'to-sf': { every: 'PT10M', orAfter: 100 }, 'to-ac': { every: 'PT1H' } },
      conflicts: { policy: 'prefer', prefer: 'sf', unlessBlank: false, unit: 'field' },
      onDelete: { sf: 'unlink', ac: 'ignore' },
      deleteBeatsEdit: false,
      guards: {},
      owns: {},
      retain: 'values',
      active: true,
    });
  });

  test('a mapping, in every entry', async () => {
    expect((await loadLink()).mappings.get('person')!.spec).toEqual({
      between: { sf: 'salesforce/Contact', ac: 'activecampaign/contact' },
      match: [{ sf: 'Email', ac: 'email', normalize: 'email' }],
      fields: [
        { sf: 'Email', ac: 'email', flow: 'both', createOnly: false },
        { sf: 'Title', ac: 'field/Job Title', flow: 'to-ac', createOnly: false },
      ],
      consent: [],
    });
  });

  test('an integration and a resource, whose attributes are left to the provider', async () => {
    const { integrations, resources } = await loadLink();

    expect(integrations.get('activecampaign')!.spec).toMatchObject({ active: true, callBudget: { share: 0.8 } });
    expect(resources.get('job-title')!.spec).toEqual({
      integration: 'activecampaign',
      type: 'activecampaign/field',
      mode: 'managed',
      adopt: false,
      preventDestroy: false,
      allowReplace: false,
      attributes: { title: 'Job Title', type: 'text' },
      dependsOn: [],
    });
  });
});

describe('places of settings', () => {
  test('a setting is found by its path, one that was left out by what surrounds it', async () => {
    const { source } = (await loadLink()).links.get('contacts')!;

    expect(source()).toMatchObject({ file: 'link.yaml', line: 1, column: 1, text: 'apiVersion: syncline/v1' });
    expect(source(['spec', 'conflicts', 'prefer'])).toMatchObject({ line: 12, column: 24, endLine: 12, endColumn: 26 });
    expect(source(['spec', 'retain'])).toMatchObject({ line: 4, column: 1, endColumn: 5 });
    expect(source(['spec', 'flows', 'to-ac', 'orAfter'])).toMatchObject({ line: 11, column: 5, endColumn: 10 });
  });

  test('an entry of a list is found, also through an alias', async () => {
    const { configuration } = await loadConfiguration(
      ROOT,
      oneFile(
        'apiVersion: syncline/v1\nkind: Stack\nmetadata: { name: a, labels: { one: &value x, two: *value } }\nspec: { integrations: {} }\n',
      ),
    );

    expect(configuration.stacks.get('a')!.labels).toEqual({ one: 'x', two: 'x' });
    expect(configuration.stacks.get('a')!.source(['metadata', 'labels', 'two'])).toMatchObject({ line: 3, column: 52 });
  });
});

describe('the digest', () => {
  test('says what the configuration says, not how it is written', async () => {
    const second = STACK.replace('prod', 'test');
    const one = await digestOf({ [`${ROOT}/a.yaml`]: `${STACK}---\n${second}` });
    const other = await digestOf({
      [`${ROOT}/z.yaml`]: STACK,
      [`${ROOT}/b.yaml`]: `# a comment\nspec: { "integrations": {}, default: false }\nmetadata:\n  labels:\n    team: "crm"\n  name: test\nkind: Stack\napiVersion: syncline/v1\n`,
    });

    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(other).toBe(one);
  });

  test('changes with every value, label and name', async () => {
    const digests = await Promise.all(
      [
        STACK,
        STACK.replace('prod', 'test'),
        STACK.replace('crm', 'sales'),
        STACK.replace('integrations: { }', 'integrations: { }\n  rehearsal: true'),
      ].map((text) => digestOf({ [`${ROOT}/a.yaml`]: text })),
    );

    expect(new Set(digests).size).toBe(4);
  });
});

test('a canonical specification has no name, no labels and its keys in one order', async () => {
  const { configuration } = await loadConfiguration(ROOT, oneFile(STACK));

  expect(JSON.stringify(canonicalSpecification(configuration.stacks.get('prod')!))).toBe(
    '{"default":false,"integrations":{},"rehearsal":false}',
  );
});

test('entries of mappings name paths by end, and flows name ends', () => {
  expect(pathAt({ sf: 'Email', flow: 'both' }, 'sf')).toBe('Email');
  expect(pathAt({ sf: 'Email' }, 'constructor')).toBeUndefined();
  expect(flowTargets('both', ['sf', 'ac'])).toEqual(['sf', 'ac']);
  expect(flowTargets('to-ac', ['sf', 'ac'])).toEqual(['ac']);
  expect(flowTargets('off', ['sf', 'ac'])).toEqual([]);
});
