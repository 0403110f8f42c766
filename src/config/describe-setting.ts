import { ROOT_SCHEMA, branches, dereference, schemaFile } from './schema-files.ts';
import type { JsonSchema, LocatedSchema } from './schema-files.ts';
import { nearest } from './suggestion.ts';

/** What the schemas say of one setting, for `syncline explain KIND.path`. */
export interface SettingDescription {
  /** The path in full: `Link.spec.ends.*.enter`, a star for names of the user's own. */
  readonly path: string;
  readonly description: string;
  /** `text`, `a number`, `a whole number`, `true or false`, `a list`, `a map`, joined by `or`. */
  readonly type: string;
  /** Whether it is needed always; a setting may be needed only beside others. */
  readonly required: boolean;
  readonly default?: unknown;
  readonly examples: readonly unknown[];
  /** The values that are allowed, with what each means. */
  readonly values: readonly { readonly value: string; readonly description?: string }[];
  /** Settings beneath this one. */
  readonly settings: readonly { readonly name: string; readonly description: string; readonly required: boolean }[];
}

export type DescribedSetting = { readonly setting: SettingDescription } | { readonly suggestion: string | undefined };

interface Place {
  readonly schemas: readonly LocatedSchema[];
  readonly path: string;
  readonly required: boolean;
}

/**
 * Describes a setting: `Link`, `Link.spec.ends`, `Link.ends.sf.enter` (the name of an end stands
 * for any), `Integration.spec.authentication.token`, `salesforce/custom-field.length`.
 *
 * @returns where there is no such setting, the path that was probably meant
 */
export function describeSetting(path: string): DescribedSetting {
  const roots = rootSchemas();
  const root = [...roots.keys()].find((candidate) => path === candidate || path.startsWith(`${candidate}.`));
  if (root === undefined) {
    const [word = ''] = path.split('.');
    const similar = nearest(word, roots.keys());
    return { suggestion: similar === undefined ? undefined : similar + path.slice(word.length) };
  }
  let place: Place = { schemas: [roots.get(root)!], path: root, required: true };
  const steps = path
    .slice(root.length + 1)
    .split('.')
    .filter((step) => step !== '');
  for (const step of steps) {
    const name = step.replace(/\[\d*\]$/, '');
    // `spec` may be left out, since everybody does.
    const next = descend(place, name) ?? (place.path === root ? descend(descend(place, 'spec') ?? place, name) : undefined);
    if (next === undefined) {
      const similar = nearest(
        name,
        settingsOf(place).map((setting) => setting.name),
      );
      return { suggestion: similar === undefined ? place.path : `${place.path}.${similar}` };
    }
    place = next;
  }
  return { setting: describe(place) };
}

/** Kinds, and resource types for their attributes. */
function rootSchemas(): ReadonlyMap<string, LocatedSchema> {
  const kinds = branches(schemaFile(ROOT_SCHEMA), 'kind');
  const spec = schemaFile('resource.schema.json').schema.properties!['spec'] as JsonSchema;
  const types = branches({ file: 'resource.schema.json', schema: spec }, 'type');
  const attributes = [...types].map(
    ([type, { file, schema }]) => [type, { file, schema: schema.properties!['attributes'] as JsonSchema }] as const,
  );
  return new Map([...kinds, ...attributes]);
}

/** A part of what applies to one value, and whether it does so only under a condition. */
interface Part extends LocatedSchema {
  readonly conditional: boolean;
}

/** A schema with all that applies to the same value: references, and the branches of conditions. */
function expand(located: LocatedSchema, conditional = false): readonly Part[] {
  const { file, schema } = dereference(located);
  const parts = (schema.allOf ?? []).flatMap((part) =>
    expand({ file, schema: part.then ?? part }, conditional || part.then !== undefined),
  );
  return [{ file, schema, conditional }, ...parts];
}

function requires(parts: readonly Part[], name: string): boolean {
  return parts.some(({ schema, conditional }) => !conditional && schema.required?.includes(name) === true);
}

/** What names of the user's own stand for. */
function namedSchema(schema: JsonSchema): JsonSchema | undefined {
  return schema.additionalProperties || Object.values(schema.patternProperties ?? {})[0];
}

function descend(place: Place, name: string): Place | undefined {
  const schemas = place.schemas.flatMap((schema) => expand(schema));
  const found = schemas.flatMap(({ file, schema }) => {
    const property = schema.properties?.[name];
    return property === undefined || property === false ? [] : [{ file, schema: property }];
  });
  if (found.length > 0) {
    return { schemas: found, path: `${place.path}.${name}`, required: requires(schemas, name) };
  }
  for (const { file, schema } of schemas) {
    if (schema.items !== undefined) {
      const entry = descend({ schemas: [{ file, schema: schema.items }], path: place.path, required: false }, name);
      if (entry !== undefined) return entry;
    }
    const named = namedSchema(schema);
    if (named !== undefined) return { schemas: [{ file, schema: named }], path: `${place.path}.*`, required: false };
  }
  return undefined;
}

function describe(place: Place): SettingDescription {
  const schemas = place.schemas.flatMap((located) => expand(located)).map(({ schema }) => schema);
  const [first] = place.schemas.map(({ schema }) => schema);
  const described = schemas.find((schema) => schema.description !== undefined);
  const fallback = schemas.find((schema) => schema.default !== undefined);
  const listed = schemas.find((schema) => schema.enum !== undefined);
  return {
    path: place.path,
    description: first?.description ?? described?.description ?? '',
    type: typeOf(schemas),
    required: place.required,
    ...(fallback === undefined ? {} : { default: fallback.default }),
    examples: (schemas.find((schema) => schema.examples !== undefined)?.examples ?? []) as readonly unknown[],
    values: (listed?.enum ?? []).map((value, index) => {
      const description = listed?.enumDescriptions?.[index];
      return { value: String(value), ...(description === undefined ? {} : { description }) };
    }),
    settings: settingsOf(place),
  };
}

function settingsOf(place: Place): SettingDescription['settings'] {
  const parts = place.schemas
    .flatMap((located) => expand(located))
    .flatMap((part) => {
      const { items } = part.schema;
      return items === undefined ? [part] : [part, ...expand({ file: part.file, schema: items })];
    });
  const settings = describedProperties(parts, '');
  if (settings.length > 0) return settings;
  return parts.flatMap(({ file, schema }) => {
    const named = namedSchema(schema);
    return named === undefined ? [] : describedProperties(expand({ file, schema: named }), '*.');
  });
}

function describedProperties(parts: readonly Part[], prefix: string): SettingDescription['settings'] {
  const settings = new Map<string, SettingDescription['settings'][number]>();
  for (const { file, schema } of parts) {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (property === false || settings.has(name)) continue;
      const description = expand({ file, schema: property }).find((part) => part.schema.description !== undefined)?.schema
        .description;
      // Conditions repeat properties to narrow them; only what introduces one describes it.
      if (description === undefined) continue;
      settings.set(name, {
        name: prefix + name,
        description: property.description ?? description,
        required: requires(parts, name),
      });
    }
  }
  return [...settings.values()];
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

function typeOf(schemas: readonly JsonSchema[]): string {
  const declared = schemas.find((schema) => schema.type !== undefined)?.type;
  if (declared === undefined) return 'text';
  return [declared]
    .flat()
    .map((type) => TYPE_NAMES[type] ?? type)
    .join(' or ');
}
