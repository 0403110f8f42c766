/**
 * Validation without any vendor: schemas and references (config), then the mappings' types against
 * what is known offline: each provider's standard fields, and the fields that resources declare.
 */
import type { Configuration } from '../config/configuration.ts';
import { loadConfiguration, type LoadedConfiguration } from '../config/load-configuration.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { FieldDescription } from '../model/value.ts';
import { compileMapping } from '../mapping/compile.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { creatingEnds, type LinkSpecification } from './active-links.ts';
import { checkScopes } from './link-scopes.ts';
import { mappingPaths } from './mapping-paths.ts';

export interface Validation {
  readonly loaded: LoadedConfiguration;
  readonly diagnostics: readonly Diagnostic[];
}

export async function validate(root: string): Promise<Validation> {
  const loaded = await loadConfiguration(root, nodeConfigurationFileSystem());
  const diagnostics = [...loaded.diagnostics];
  diagnostics.push(...checkResources(loaded.configuration), ...checkMappings(loaded.configuration));
  diagnostics.push(
    ...checkScopes(loaded.configuration, (provider, object) => declaredFields(loaded.configuration, provider, object)),
  );
  return { loaded, diagnostics };
}

function checkResources(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.resources.values()].flatMap((document) => {
    const type = PROVIDERS[document.spec.type.split('/')[0]!]?.resourceTypes[document.spec.type];
    const attributes = document.spec.attributes as unknown as Readonly<Record<string, unknown>>;
    return (type?.validate(attributes) ?? []).map((found) => ({
      ...found,
      address: document.address,
      source: document.source(['spec', 'attributes']),
    }));
  });
}

function checkMappings(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.mappings.values()].flatMap((document) => {
    const specification = document.spec as unknown as MappingSpecification;
    const paths = mappingPaths(specification);
    const known: Record<string, ReadonlyMap<string, FieldDescription>> = {};
    for (const [end, place] of Object.entries(specification.between)) {
      const [providerName, object] = splitPlace(place);
      const provider = PROVIDERS[providerName];
      const fields = new Map<string, FieldDescription>();
      for (const path of paths[end] ?? []) {
        const field = provider?.catalog.field(object, path);
        if (field !== undefined && field !== 'account') fields.set(path, field);
      }
      for (const field of declaredFields(configuration, providerName, object)) fields.set(field.path, field);
      known[end] = fields;
    }
    const exists = (end: string, path: string): boolean | undefined => {
      const [providerName, object] = splitPlace(specification.between[end]!);
      const field = PROVIDERS[providerName]?.catalog.field(object, path);
      return field === 'account' ? true : field !== undefined || (known[end]?.has(path) ?? false);
    };
    const compilation = compileMapping(document.name, specification, known, (path) => document.source(['spec', ...path]), {
      creates: createdEnds(configuration, document.name, Object.keys(specification.between)),
      exists,
    });
    return compilation.diagnostics;
  });
}

function splitPlace(place: string): readonly [string, string] {
  const slash = place.indexOf('/');
  return [place.slice(0, slash), place.slice(slash + 1)];
}

function declaredFields(configuration: Configuration, providerName: string, object: string): readonly FieldDescription[] {
  return [...configuration.resources.values()].flatMap((document) => {
    const type = PROVIDERS[providerName]?.resourceTypes[document.spec.type];
    const provided = type?.field?.(type.normalize(document.spec.attributes as unknown as Readonly<Record<string, unknown>>));
    return provided?.object === object ? [provided.field, ...(provided.also ?? [])] : [];
  });
}

function createdEnds(configuration: Configuration, mapping: string, ends: readonly string[]): readonly string[] {
  const links = [...configuration.links.values()].filter((link) => link.spec.mapping === mapping);
  return [...new Set(links.flatMap((link) => creatingEnds(link.spec as unknown as LinkSpecification, ends)))];
}
