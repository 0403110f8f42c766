/**
 * The JSON Schemas (draft-07) under `schemas/`: the one source of validation, of the generated
 * types, of what `explain` says and of what editors complete. A kind, a provider and a resource
 * type are one file each; the `if`/`then` lists of `syncline.schema.json`, `integration.schema.json`
 * and `resource.schema.json` say which file belongs to which word.
 */
import { readFileSync } from 'node:fs';

/** As much of a schema as this code reads; everything else is Ajv's business. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly enumDescriptions?: readonly string[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema | false>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly format?: string;
  readonly patternErrorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** The value is a reference to a secret; a literal in its place is never echoed. */
  readonly secret?: boolean;
  /** Hosts that a provider's endpoint may name; `*.` stands for one or more labels. */
  readonly hosts?: readonly string[];
}

/** A schema and the file that its relative references begin at. */
export interface LocatedSchema {
  readonly file: string;
  readonly schema: JsonSchema;
}

export const ROOT_SCHEMA = 'syncline.schema.json';

const SCHEMA_FOLDER = new URL('../../schemas/', import.meta.url);

/** The files that the root schema leads to, by their path below `schemas/`, sorted. */
export function readSchemaFiles(): ReadonlyMap<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  const pending = [ROOT_SCHEMA];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    const text = readFileSync(new URL(name, SCHEMA_FOLDER), 'utf8');
    found.set(name, JSON.parse(text) as JsonSchema);
    for (const [, reference] of text.matchAll(/"\$ref":\s*"([^"]+)"/g)) pending.push(referenceTarget(name, reference!).file);
  }
  return new Map([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

let files: ReadonlyMap<string, JsonSchema> | undefined;

/** As `readSchemaFiles`, read once a process. */
export function schemaFiles(): ReadonlyMap<string, JsonSchema> {
  files ??= readSchemaFiles();
  return files;
}

/** Path of the file and name of the definition (empty for the file itself) that a `$ref` in `file` points at. */
export function referenceTarget(file: string, reference: string): { readonly file: string; readonly definition: string } {
  const [path = '', fragment = ''] = reference.split('#');
  const target = path === '' ? file : new URL(path, `file:///${file}`).pathname.slice(1);
  return { file: target, definition: fragment.replace('/definitions/', '') };
}

/** Follows `$ref`, also where it is the only member of an `allOf`, until a schema of substance. */
export function dereference(located: LocatedSchema): LocatedSchema {
  let { file, schema } = located;
  while (schema.$ref !== undefined) {
    const target = referenceTarget(file, schema.$ref);
    const base = schemaFiles().get(target.file);
    const found = target.definition === '' ? base : base?.definitions?.[target.definition];
    if (found === undefined) throw new Error(`The schema ${file} refers to ${schema.$ref}, which does not exist.`);
    file = target.file;
    schema = found;
  }
  return { file, schema };
}

/** The branches of an `if`/`then` list: the schema that applies for each value of the discriminating property. */
export function branches(located: LocatedSchema, property: string): ReadonlyMap<string, LocatedSchema> {
  const found = new Map<string, LocatedSchema>();
  for (const branch of located.schema.allOf ?? []) {
    const condition = branch.if?.properties?.[property];
    if (condition === undefined || condition === false || branch.then === undefined) continue;
    for (const value of condition.enum ?? [condition.const])
      found.set(String(value), { file: located.file, schema: branch.then });
  }
  return found;
}

/** A file of the folder by its path below `schemas/`. */
export function schemaFile(file: string): LocatedSchema {
  return dereference({ file, schema: { $ref: file } });
}
