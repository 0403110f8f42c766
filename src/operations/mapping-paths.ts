import { compileMapping } from '../mapping/compile.ts';
import type { MappingSpecification } from '../mapping/specification.ts';

/** Every path that a mapping reads or writes at each end, before anything is known of the fields. */
export function mappingPaths(specification: MappingSpecification): Readonly<Record<string, readonly string[]>> {
  const ends = Object.keys(specification.between);
  const nothing = Object.fromEntries(ends.map((end) => [end, new Map()]));
  const { mapping } = compileMapping('', specification, nothing);
  if (mapping === undefined) return Object.fromEntries(ends.map((end) => [end, []]));
  return Object.fromEntries(
    ends.map((end) => {
      const written = mapping.fields.map((field) => field.write[end]).filter((path) => path !== undefined);
      return [end, [...new Set([...mapping.paths[end]!, ...written])].sort()];
    }),
  );
}
