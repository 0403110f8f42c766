import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import { parseDuration } from '../model/time.ts';
import { ROOT_SCHEMA, branches, referenceTarget, schemaFile, schemaFiles } from './schema-files.ts';
import type { JsonSchema } from './schema-files.ts';

/** An error with the schema that it violates and the value that does so. */
export type SchemaError = ErrorObject<string, Record<string, unknown>> & { readonly parentSchema: JsonSchema };

/** Relative references need a base; nothing is ever fetched from it. */
const BASE = 'file:///';

let validator: Ajv | undefined;

/** The kinds of documents that there are, in the order of the schema. */
export function knownKinds(): readonly string[] {
  return [...branches(schemaFile(ROOT_SCHEMA), 'kind').keys()];
}

/**
 * Validates a document of a known kind, and fills in defaults where settings are missing.
 * @param document changed in place
 */
export function validateKind(kind: string, document: object): readonly SchemaError[] {
  validator ??= createValidator();
  const branch = branches(schemaFile(ROOT_SCHEMA), 'kind').get(kind)!;
  // Compiled when the first document of the kind is validated.
  const validate = validator.getSchema(BASE + referenceTarget(branch.file, branch.schema.$ref!).file)!;
  // No schema of ours is asynchronous.
  void validate(document);
  return (validate.errors ?? []) as SchemaError[];
}

/** Ajv with every schema of the folder and the few words of our own. */
export function createValidator(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    verbose: true,
    useDefaults: true,
    messages: false,
    logger: false,
    // Each schema is compiled once and used on a handful of documents: optimising costs more than it saves.
    code: { optimize: false },
    // The schemas are ours: a test validates them, not every run.
    validateSchema: false,
  });
  ajv.addVocabulary(['markdownDescription', 'enumDescriptions', 'patternErrorMessage', 'tsType', 'secret', 'hosts']);
  ajv.addFormat('duration', isDuration);
  for (const [file, schema] of schemaFiles()) ajv.addSchema(ownDefaults(file, schema), BASE + file);
  return ajv;
}

/**
 * Attributes of resources keep their gaps: which defaults a vendor has depends on the other
 * attributes, so the provider fills them in. In the schema they only inform the reader.
 */
function ownDefaults(file: string, schema: JsonSchema): JsonSchema {
  if (!file.startsWith('resource-types/')) return schema;
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    if (property === false) return [name, property];
    const { default: _, ...rest } = property;
    return [name, rest];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

function isDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    return false;
  }
}
