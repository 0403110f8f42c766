/** Where in the files the settings of a link stand, for what only its accounts can tell of them. */
import type { Configuration } from '../config/configuration.ts';
import { pathAt } from '../config/configuration.ts';
import type { Locate } from '../mapping/findings.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import type { SourceRange } from '../model/diagnostics/diagnostic.ts';
import { impliedPlace } from './address-book-links.ts';
import type { LinkSource } from './active-links.ts';
import { compileUnknown } from './mapping-paths.ts';

export interface LinkPlaces {
  /** A part of the mapping: of its own document, or of the settings that imply it. */
  readonly mapping: Locate;
  /** A setting of an end. */
  end(name: string, setting: 'enter' | 'archive' | 'externalId'): SourceRange;
  readonly policy: SourceRange;
  /** Where a field of an end is named first: in the mapping, or else by the end itself. */
  field(end: string, path: string): SourceRange | undefined;
}

/** `undefined` for a link that no document of the configuration declares. */
export function linkPlaces(configuration: Configuration, { address, link, mapping }: LinkSource): LinkPlaces | undefined {
  const name = address.split('/')[1]!;
  const document = configuration.links.get(name);
  const implying = configuration.addressBookLinks.get(name);
  const specification = mapping as unknown as MappingSpecification;
  if (implying?.address === address) {
    const part: Locate = (path) => implying.source(impliedPlace(implying, path));
    return {
      mapping: part,
      end: (end) => implying.source(end === 'list' ? ['spec', 'list', 'criteria'] : ['spec', 'addressBook']),
      policy: implying.source(['spec', 'conflicts', 'policy']),
      field: (end, path) => part([...(entryOf(specification, end, path) ?? [])]),
    };
  }
  if (document?.address !== address) return undefined;
  const named = typeof link.mapping === 'string' ? configuration.mappings.get(link.mapping) : undefined;
  const part: Locate = (path) => named?.source(['spec', ...path]) ?? document.source(['spec', 'mapping', ...path]);
  return {
    mapping: part,
    end: (end, setting) => document.source(['spec', 'ends', end, setting]),
    policy: document.source(['spec', 'conflicts', 'policy']),
    field(end, path) {
      const entry = entryOf(specification, end, path);
      if (entry !== undefined) return part([...entry]);
      const { externalId, archive } = link.ends[end]!;
      const setting = externalId === path ? 'externalId' : Object.hasOwn(archive ?? {}, path) ? 'archive' : 'enter';
      return document.source(['spec', 'ends', end, setting]);
    },
  };
}

/** The first entry of a mapping that reads or writes a path at an end: `['fields', 3, 'sf']`, or its `value` where an expression reads it. */
function entryOf(specification: MappingSpecification, end: string, path: string): readonly (string | number)[] | undefined {
  const compiled = compileUnknown(specification);
  const uses = ({ read }: { readonly read: Readonly<Record<string, readonly string[]>> }): boolean =>
    read[end]?.includes(path) ?? false;
  const field = compiled?.fields.findIndex((one) => uses(one) || one.write[end] === path) ?? -1;
  if (field >= 0) return ['fields', field, pathAt(specification.fields[field]!, end) === path ? end : 'value'];
  const match = compiled?.match.findIndex(uses) ?? -1;
  if (match >= 0) return ['match', match, end];
  const consent = (specification.consent ?? []).findIndex((entry) => pathAt(entry, end) === path);
  return consent >= 0 ? ['consent', consent, end] : undefined;
}
