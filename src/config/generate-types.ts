/**
 * Writes `generated/documents.ts` from the JSON Schemas: the types of documents as they are after
 * loading, which is why a setting with a default is never optional.
 *
 *     node src/config/generate-types.ts            writes the file
 *     node src/config/generate-types.ts --check    exits 1 when the file is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';
import { branches, readSchemaFiles, referenceTarget } from './schema-files.ts';
import type { JsonSchema } from './schema-files.ts';

const TARGET = new URL('generated/documents.ts', import.meta.url);

const BANNER = `/**
 * Generated from schemas/ by src/config/generate-types.ts. Change the schemas and run it again.
 */`;

type Mutable = { -readonly [Key in keyof JsonSchema]: JsonSchema[Key] } & Record<string, unknown>;

/** The text that `generated/documents.ts` must have. */
export async function generateTypes(): Promise<string> {
  const definitions: Record<string, JsonSchema> = {};
  for (const [file, schema] of readSchemaFiles()) {
    // The root only picks a kind, and the attributes of resources are spelled out one by one below.
    if (file === 'syncline.schema.json') continue;
    for (const definition of Object.values(schema.definitions ?? {})) {
      // Only parts with a title become types of their own; the others are words and numbers.
      if (definition.title !== undefined) definitions[definition.title] = convert(file, definition);
    }
    if (schema.type !== undefined) definitions[schema.title!] = convert(file, schema);
  }
  definitions['Authentication'] = {
    description: 'How an integration proves who it is, before its secrets are resolved.',
    tsType: Object.keys(definitions)
      .filter((title) => title.endsWith('Authentication'))
      .join(' | '),
  } as JsonSchema;
  const text = await compile({ title: 'Bundle', type: 'object', additionalProperties: false, definitions } as never, 'Bundle', {
    bannerComment: BANNER,
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 130 },
  });
  return (
    text
      // How j2t found a type is of no interest to a reader.
      .replaceAll(/^ *\/\*\*\n(?: *\* This interface was referenced by .*\n *\* via the .*\n)+ *\*\/\n/gm, '')
      .replaceAll(/\n *\*\n(?: *\* This interface was referenced by .*\n *\* via the .*\n)+/g, '\n')
      .replace(/export interface Bundle \{\}\n/, '')
  );
}

function convert(file: string, schema: JsonSchema): JsonSchema {
  const options = schema.properties?.['method'] ? [...branches({ file, schema }, 'method').values()] : [];
  if (options.length > 0) {
    return {
      title: schema.title!,
      description: schema.description!,
      anyOf: options.map((option) => convert(option.file, option.schema)),
    } as JsonSchema;
  }
  const reference = schema.$ref ?? soleReference(schema);
  if (reference !== undefined) return convertReference(file, reference, schema);
  const result: Mutable = { ...schema };
  delete result.allOf;
  delete result.definitions;
  delete result['propertyNames'];
  // A doc comment per example would drown the descriptions.
  delete result.examples;
  if (schema.properties !== undefined) {
    result.properties = mapValues(schema.properties, (property) => (property === false ? false : convert(file, property)));
    if (!file.startsWith('resource-types/')) result.required = withDefaults(schema);
  }
  if (schema.patternProperties !== undefined)
    result.patternProperties = mapValues(schema.patternProperties, (part) => convert(file, part));
  if (schema.additionalProperties) result.additionalProperties = convert(file, schema.additionalProperties);
  if (schema.items !== undefined) result.items = convert(file, schema.items);
  return result;
}

function soleReference(schema: JsonSchema): string | undefined {
  return schema.allOf?.length === 1 && schema['tsType' as keyof JsonSchema] === undefined ? schema.allOf[0]!.$ref : undefined;
}

function convertReference(file: string, reference: string, schema: JsonSchema): JsonSchema {
  const target = referenceTarget(file, reference);
  const base = readSchemaFiles().get(target.file)!;
  const found = target.definition === '' ? base : base.definitions![target.definition]!;
  if (found.title !== undefined) return { $ref: `#/definitions/${found.title}` };
  return { ...convert(target.file, found), ...(schema.description === undefined ? {} : { description: schema.description }) };
}

function withDefaults(schema: JsonSchema): readonly string[] {
  const filled = Object.entries(schema.properties ?? {}).filter(
    ([, property]) => property !== false && property.default !== undefined,
  );
  return [...new Set([...(schema.required ?? []), ...filled.map(([name]) => name)])];
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** The text that the file has now; empty when it does not exist. */
export function presentTypes(): string {
  try {
    return readFileSync(TARGET, 'utf8');
  } catch {
    return '';
  }
}

/* oxlint-disable no-restricted-globals -- run by hand and by the checks, never by the program */
if (import.meta.main) {
  const text = await generateTypes();
  if (!process.argv.includes('--check')) {
    writeFileSync(TARGET, text);
  } else if (text !== presentTypes()) {
    process.stderr.write('src/config/generated/documents.ts is out of date: run node src/config/generate-types.ts\n');
    process.exitCode = 1;
  }
}
