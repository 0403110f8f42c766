import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { generateTypes, presentTypes } from '../../src/config/generate-types.ts';
import { dereference, readSchemaFiles } from '../../src/config/schema-files.ts';
import type { JsonSchema } from '../../src/config/schema-files.ts';
import { createValidator, knownKinds } from '../../src/config/schema-validator.ts';

const FILES = [...readSchemaFiles()];

/** Every place of a schema that describes a value, with the file that its references begin at. */
function* settings(
  file: string,
  schema: JsonSchema,
  path: string,
): Generator<{ file: string; schema: JsonSchema; path: string }> {
  yield { file, schema, path };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property !== false) yield* settings(file, property, `${path}.${name}`);
  }
  for (const [pattern, property] of Object.entries(schema.patternProperties ?? {}))
    yield* settings(file, property, `${path}.${pattern}`);
  if (schema.additionalProperties) yield* settings(file, schema.additionalProperties, `${path}.*`);
  if (schema.items !== undefined) yield* settings(file, schema.items, `${path}[]`);
}

/** Files and their definitions, without the conditions that only narrow what is described elsewhere. */
function* everySetting(): Generator<{ file: string; schema: JsonSchema; path: string }> {
  for (const [file, schema] of FILES) {
    if (schema.type !== undefined) yield* settings(file, schema, file);
    for (const [name, definition] of Object.entries(schema.definitions ?? {}))
      yield* settings(file, definition, `${file}#${name}`);
  }
}

describe('the schemas', () => {
  test.each(FILES)('%s is valid draft-07', (_, schema) => {
    const ajv = new Ajv({ strict: false });

    expect(schema).toHaveProperty('$schema', 'http://json-schema.org/draft-07/schema#');
    expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
  });

  test('compile strictly, every reference resolved', () => {
    const ajv = createValidator();

    for (const [file] of FILES.filter(([, schema]) => schema.type !== undefined))
      expect(ajv.getSchema(`file:///${file}`), file).toBeTypeOf('function');
    expect(knownKinds()).toEqual([
      'Stack',
      'Integration',
      'Resource',
      'Mapping',
      'Link',
      'AddressBookLink',
      'CampaignImport',
      'Policy',
      'Moved',
      'Removed',
      'Import',
      'MappingTest',
    ]);
  });

  test('describe every setting and give an example of it', () => {
    const silent = [...everySetting()].filter(({ file, schema, path }) => {
      const full = dereference({ file, schema }).schema;
      const isWhole =
        /^[^.]+\.schema\.json(#\w+)?$/.test(path) || path.endsWith('.spec') || path.endsWith('schema.json.metadata');
      return full.description === undefined || (!isWhole && (schema.examples ?? full.examples) === undefined);
    });

    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test('let no unknown setting pass', () => {
    const open = [...everySetting()].filter(({ schema, path }) => {
      const isMap = schema.type === 'object' && schema.additionalProperties === undefined;
      // The root and the tables of methods only pick a branch, and the branch is closed.
      const picks = schema.allOf?.some((part) => part.then !== undefined) === true;
      // Closed by the resource type and by the provider.
      const closedElsewhere = path.endsWith('spec.attributes') || path.endsWith('spec.authentication');
      return isMap && !picks && !closedElsewhere;
    });

    expect(open.map(({ path }) => path)).toEqual([]);
  });

  test('give examples that they themselves accept', () => {
    const ajv = createValidator();
    for (const [index, { file, schema, path }] of [...everySetting()].entries()) {
      if (schema.examples === undefined || schema.$ref !== undefined) continue;
      const { examples, definitions: _, default: __, ...rest } = schema;
      const base = {
        $id: `file:///${file}.${index}`,
        definitions: readSchemaFiles().get(file)!.definitions ?? {},
      };
      const validate = ajv.compile({ ...base, ...structuredClone(rest) });
      for (const example of examples) {
        // Attributes and authentication are judged by the type and the provider, which are not part of this example.
        expect(validate(structuredClone(example)), `${path}: ${JSON.stringify(example)}`).toBe(true);
      }
    }
  });

  test('give as many descriptions of words as there are words', () => {
    const uneven = [...everySetting()].filter(
      ({ schema }) => schema.enumDescriptions !== undefined && schema.enumDescriptions.length !== schema.enum?.length,
    );

    expect(uneven.map(({ path }) => path)).toEqual([]);
  });
});

test('the generated types are up to date with the schemas', async () => {
  expect(await generateTypes()).toBe(presentTypes());
});
