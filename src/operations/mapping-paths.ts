import { compileMapping } from '../mapping/compile.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { MappingSpecification } from '../mapping/specification.ts';

/** A mapping before anything is known of its fields: entries are in the order of the specification. */
export function compileUnknown(specification: MappingSpecification): CompiledMapping | undefined {
  const nothing = Object.fromEntries(Object.keys(specification.between).map((end) => [end, new Map()]));
  return compileMapping('', specification, nothing).mapping;
}

/** Every path that a mapping reads or writes at each end, before anything is known of the fields. */
export function mappingPaths(specification: MappingSpecification): Readonly<Record<string, readonly string[]>> {
  const ends = Object.keys(specification.between);
  const mapping = compileUnknown(specification);
  if (mapping === undefined) return Object.fromEntries(ends.map((end) => [end, []]));
  return Object.fromEntries(
    ends.map((end) => {
      const written = mapping.fields.map((field) => field.write[end]).filter((path) => path !== undefined);
      return [end, [...new Set([...mapping.paths[end]!, ...written])].sort()];
    }),
  );
}
