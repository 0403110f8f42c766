import { describe, expect, test } from 'vitest';
import {
  canonicalSpecification,
  configurationDigest,
  declarationAt,
  flowTargets,
  pathAt,
} from '../../src/config/configuration.ts';
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

describe('the example', () => {
  test('loads without a diagnostic', async () => {
    const { configuration, diagnostics, leftAlone } = await loadConfiguration(EXAMPLE, nodeConfigurationFileSystem());

    expect(diagnostics).toEqual([]);
    expect(leftAlone).toEqual([]);
    expect([...configuration.integrations.keys()]).toEqual(['activecampaign', 'salesforce']);
    expect([...configuration.links.keys()]).toEqual(['contacts']);
    expect(configuration.resources.size).toBe(13);
  });

  test('knows its specifications with defaults filled in', async () => {
    const { configuration } = await loadConfiguration(EXAMPLE, nodeConfigurationFileSystem());

    expect(configuration.links.get('contacts')!.spec).toEqual({
      ends: {
        sf: { integration: 'salesforce', object: 'Contact', enter: 'everyone', externalId: 'Syncline_Id__c' },
        ac: { integration: 'activecampaign', object: 'contact', enter: 'everyone' },
      },
      mapping: 'person',
      flows: { 'to-sf': { every: 'PT10M', orAfter: 100 }, 'to-ac': { every: 'PT1H' } },
      conflicts: { prefer: 'sf', while: 'pending', unit: 'record' },
      onDelete: { sf: 'unlink', ac: 'unlink' },
      guards: { deletes: 10, optIns: 0 },
      owns: {},
      retain: 'values',
      active: true,
    });
    expect(configuration.integrations.get('activecampaign')!.spec).toMatchObject({ active: true, callBudget: { share: 0.8 } });
    expect(configuration.resources.get('ac-newsletter')!.spec).toEqual({
      integration: 'activecampaign',
      type: 'activecampaign/list',
      mode: 'expected',
      adopt: false,
      preventDestroy: false,
      // The vendor's defaults are the provider's business.
      attributes: { name: 'Newsletter' },
      dependsOn: [],
    });
  });

  test('an end without a rule for deletions unlinks', async () => {
    const complete = new URL('complete/', import.meta.url).pathname;
    const link =
      'apiVersion: syncline/v1\nkind: Link\nmetadata: { name: a }\nspec:\n  ends:\n    sf: { integration: salesforce, object: Contact, enter: nobody }\n    ac: { integration: activecampaign, object: contact, enter: everyone }\n  mapping: person\n  flows: { to-sf: { every: P1D }, to-ac: { every: P1D } }\n  conflicts: { prefer: ac }\n  onDelete: { ac: ignore }\n';
    const base = await nodeConfigurationFileSystem().readFile(`${complete}configuration.yaml`, 100_000);
    const { configuration, diagnostics } = await loadConfiguration(
      ROOT,
      memoryFileSystem({ [`${ROOT}/a.yaml`]: link, [`${ROOT}/b.yaml`]: base }),
    );

    expect(diagnostics).toEqual([]);
    expect(configuration.links.get('a')!.spec.onDelete).toEqual({ sf: 'unlink', ac: 'ignore' });
  });
});

describe('places of settings', () => {
  test('a setting is found by its path, one that was left out by what surrounds it', async () => {
    const { configuration } = await loadConfiguration(EXAMPLE, nodeConfigurationFileSystem());
    const { source } = configuration.links.get('contacts')!;

    expect(source()).toMatchObject({ file: 'link.yaml', line: 25, column: 1, text: 'apiVersion: syncline/v1' });
    expect(source(['spec', 'conflicts', 'prefer'])).toMatchObject({ line: 36, column: 24, endColumn: 26 });
    expect(source(['spec', 'retain'])).toMatchObject({ line: 28, column: 1 });
    expect(source(['spec', 'flows', 'to-ac', 'orAfter'])).toMatchObject({ line: 35, column: 5, endColumn: 10 });
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
  expect(declarationAt(configuration, 'Stack/prod')).toBe(configuration.stacks.get('prod'));
  expect(declarationAt(configuration, 'Stack/test')).toBeUndefined();
});

test('entries of mappings name paths by end, and flows name ends', () => {
  expect(pathAt({ sf: 'Email', flow: 'both' }, 'sf')).toBe('Email');
  expect(pathAt({ sf: 'Email' }, 'constructor')).toBeUndefined();
  expect(flowTargets('both', ['sf', 'ac'])).toEqual(['sf', 'ac']);
  expect(flowTargets('to-ac', ['sf', 'ac'])).toEqual(['ac']);
  expect(flowTargets('off', ['sf', 'ac'])).toEqual([]);
});
