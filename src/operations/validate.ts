/**
 * Validation without any vendor: schemas and references (config), then the mappings' types against
 * what is known offline: each provider's standard fields, and the fields that resources declare.
 */
import type { Configuration } from '../config/configuration.ts';
import { loadConfiguration, type LoadedConfiguration } from '../config/load-configuration.ts';
import { nodeConfigurationFileSystem } from '../config/node-file-system.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { FieldDescription } from '../model/value.ts';
import { compileMapping } from '../mapping/compile.ts';
import { compilePolicyCondition } from '../mapping/policy-expression.ts';
import type { CheckOptions } from '../mapping/described-field.ts';
import type { MappingSpecification } from '../mapping/specification.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { creatingEnds, type LinkSpecification } from './active-links.ts';
import { impliedLink, impliedPlace, placesOf, type AddressBookLinkDeclaration } from './address-book-links.ts';
import { checkAddressBooks, type DeclaredFields } from './address-book-rules.ts';
import { checkCampaignRoles } from './campaign-imports.ts';
import { checkScope, checkScopes } from './link-scopes.ts';
import { mappingPaths } from './mapping-paths.ts';

export interface Validation {
  readonly loaded: LoadedConfiguration;
  readonly diagnostics: readonly Diagnostic[];
}

export async function validate(root: string): Promise<Validation> {
  const loaded = await loadConfiguration(root, nodeConfigurationFileSystem());
  const diagnostics = [...loaded.diagnostics];
  const { configuration } = loaded;
  const declared = (provider: string, object: string) => declaredFields(configuration, provider, object);
  const books = checkAddressBooks(configuration, declared);
  diagnostics.push(
    ...checkResources(configuration),
    ...checkMappings(configuration),
    ...checkConditions(configuration),
    ...checkScopes(configuration, declared),
    ...books,
  );
  const faulty = new Set(books.map(({ address }) => address));
  for (const document of configuration.addressBookLinks.values())
    if (!faulty.has(document.address)) diagnostics.push(...checkImplied(configuration, document, declared));
  diagnostics.push(...checkCampaignRoles(configuration));
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

function checkConditions(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.policies.values()].flatMap(({ address, spec, source }) =>
    (spec.rules.require ?? []).flatMap(({ that }, index): Diagnostic[] => {
      const condition = compilePolicyCondition(that);
      if (!('fault' in condition)) return [];
      const place = source(['spec', 'rules', 'require', index, 'that']);
      return [{ severity: 'error', code: 'POLICY_CONDITION_INVALID', address, source: place, detail: condition.fault }];
    }),
  );
}

function checkMappings(configuration: Configuration): readonly Diagnostic[] {
  return [...configuration.mappings.values()].flatMap((document) => {
    const specification = document.spec as unknown as MappingSpecification;
    return checkMapping(configuration, document.name, specification, (path) => document.source(['spec', ...path]), {
      creates: createdEnds(configuration, document.name, Object.keys(specification.between)),
    });
  });
}

/** The mapping and the criteria that an address book link implies, told at its own settings. */
function checkImplied(
  configuration: Configuration,
  document: AddressBookLinkDeclaration,
  declared: DeclaredFields,
): readonly Diagnostic[] {
  const places = placesOf(document, configuration);
  // What it lacks was reported by whoever checks the reference.
  if (places.list === undefined || places.book === undefined) return [];
  const implied = { list: places.list, book: places.book };
  const link = impliedLink(document, implied);
  const source = (path: readonly (string | number)[]) => document.source(impliedPlace(document, path));
  const mapping = link.mapping as unknown as MappingSpecification;
  const { enter } = link.ends['list']!;
  const found = [
    ...checkMapping(configuration, document.name, mapping, source, { creates: ['book'] }),
    ...checkScope(document.address, enter, 'list', implied.list, declared, document.source(['spec', 'list', 'criteria'])),
  ];
  return found.map((diagnostic) => ({ ...diagnostic, address: document.address }));
}

function checkMapping(
  configuration: Configuration,
  name: string,
  specification: MappingSpecification,
  source: (path: readonly (string | number)[]) => SourceRange,
  options: Pick<CheckOptions, 'creates'>,
): readonly Diagnostic[] {
  const known = knownFields(configuration, specification);
  const exists = (end: string, path: string): boolean | undefined => {
    const [providerName, object] = splitPlace(specification.between[end]!);
    const field = PROVIDERS[providerName]?.catalog.field(object, path);
    return field === 'account' ? true : field !== undefined || (known[end]?.has(path) ?? false);
  };
  return compileMapping(name, specification, known, source, { ...options, exists }).diagnostics;
}

/** What is known offline of the fields that a mapping names: each provider's standard ones, and those that resources declare. */
export function knownFields(
  configuration: Configuration,
  specification: MappingSpecification,
): Readonly<Record<string, ReadonlyMap<string, FieldDescription>>> {
  const paths = mappingPaths(specification);
  const known: Record<string, ReadonlyMap<string, FieldDescription>> = {};
  for (const [end, place] of Object.entries(specification.between)) {
    const [providerName, object] = splitPlace(place);
    const provider = PROVIDERS[providerName];
    const fields = new Map<string, FieldDescription>();
    for (const path of [...(paths[end] ?? []), ...(provider?.catalog.paths(object) ?? [])]) {
      const field = provider?.catalog.field(object, path);
      if (field !== undefined && field !== 'account') fields.set(path, field);
    }
    for (const field of declaredFields(configuration, providerName, object)) fields.set(field.path, field);
    known[end] = fields;
  }
  return known;
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
