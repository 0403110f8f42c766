import { compileMapping } from '../../src/mapping/compile.ts';
import type { Compilation } from '../../src/mapping/compile.ts';
import type { CheckOptions } from '../../src/mapping/described-field.ts';
import type { CompiledField, CompiledMapping, KnownFields } from '../../src/mapping/mapping.ts';
import type { FieldSpecification, MappingSpecification } from '../../src/mapping/specification.ts';
import type { FieldDescription, FieldType } from '../../src/model/value.ts';

/** A field that anybody may write, of one type, unless told otherwise. */
export function field(path: string, type: FieldType, traits: Partial<FieldDescription> = {}): FieldDescription {
  return { path, label: path, type, createable: true, updateable: true, required: false, unique: false, ...traits };
}

export function known(fields: Readonly<Record<string, readonly FieldDescription[]>>): KnownFields {
  return Object.fromEntries(Object.entries(fields).map(([end, list]) => [end, new Map(list.map((item) => [item.path, item]))]));
}

const KEYS = { sf: field('Email', 'email'), ac: field('email', 'email', { required: true }) };

/** Compiles one entry beside an ordinary match key. */
export function compileOne(
  entry: FieldSpecification,
  fields: { readonly sf?: readonly FieldDescription[]; readonly ac?: readonly FieldDescription[] } = {},
  options: CheckOptions = {},
): Compilation {
  return compileMapping(
    'person',
    specificationOf([entry]),
    known({ sf: [KEYS.sf, ...(fields.sf ?? [])], ac: [KEYS.ac, ...(fields.ac ?? [])] }),
    undefined,
    options,
  );
}

export function specificationOf(
  fields: readonly FieldSpecification[],
  rest: Partial<MappingSpecification> = {},
): MappingSpecification {
  return {
    between: { sf: 'salesforce/Contact', ac: 'activecampaign/contact' },
    match: [{ sf: 'Email', ac: 'email', normalize: 'email' }],
    fields,
    ...rest,
  };
}

/** The one field of a mapping that has to compile. */
export function onlyField(compilation: Compilation): CompiledField {
  const [first] = compiled(compilation).fields;
  if (first === undefined) throw new Error('The mapping has no field.');
  return first;
}

export function compiled(compilation: Compilation): CompiledMapping {
  if (compilation.mapping === undefined) throw new Error(JSON.stringify(compilation.diagnostics, undefined, 2));
  return compilation.mapping;
}

/** Severity and code of each diagnostic, the shape that most tests ask for. */
export function verdict({ diagnostics }: Compilation): string[] {
  return diagnostics.map(({ severity, code }) => `${severity} ${code}`);
}
