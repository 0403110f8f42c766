/**
 * The typed model of a configuration: what every other part of the program sees of the YAML.
 *
 * Specifications have their defaults filled in, so nothing below asks again what a missing setting
 * means. Every declaration knows where each of its settings stands, for diagnostics that are found
 * later (types of fields, permissions, plans).
 */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { Address } from '../model/address.ts';
import type { SourceRange } from '../model/diagnostics/diagnostic.ts';
import type {
  AddressBookLinkSpec,
  CampaignImportSpec,
  ImportSpec,
  IntegrationSpec,
  LinkSpec,
  MappingSpec,
  MovedSpec,
  PolicySpec,
  RemovedSpec,
  ResourceSpec,
  StackSpec,
} from './generated/documents.ts';

/** What each kind of document says. */
export interface Specifications {
  readonly Stack: StackSpec;
  readonly Integration: IntegrationSpec;
  readonly Resource: ResourceSpec;
  readonly Mapping: MappingSpec;
  readonly Link: LinkSpec;
  readonly AddressBookLink: AddressBookLinkSpec;
  readonly CampaignImport: CampaignImportSpec;
  readonly Policy: PolicySpec;
  readonly Moved: MovedSpec;
  readonly Removed: RemovedSpec;
  readonly Import: ImportSpec;
}

export type Kind = keyof Specifications;

/** One document of the configuration. */
export interface Declaration<K extends Kind = Kind> {
  readonly address: Address;
  readonly kind: K;
  readonly name: string;
  readonly spec: Specifications[K];
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Where a setting stands: `source(['spec', 'ends', 'sf'])`. The range of its value; where it was
   * left out, of the nearest setting around it; without a path, of the document's first key.
   */
  readonly source: (path?: readonly (string | number)[]) => SourceRange;
}

export type StackDeclaration = Declaration<'Stack'>;
export type IntegrationDeclaration = Declaration<'Integration'>;

/** All documents by kind and name, each map sorted by name. */
export interface Configuration {
  readonly stacks: ReadonlyMap<string, StackDeclaration>;
  readonly integrations: ReadonlyMap<string, IntegrationDeclaration>;
  readonly resources: ReadonlyMap<string, Declaration<'Resource'>>;
  readonly mappings: ReadonlyMap<string, Declaration<'Mapping'>>;
  readonly links: ReadonlyMap<string, Declaration<'Link'>>;
  readonly addressBookLinks: ReadonlyMap<string, Declaration<'AddressBookLink'>>;
  readonly campaignImports: ReadonlyMap<string, Declaration<'CampaignImport'>>;
  readonly policies: ReadonlyMap<string, Declaration<'Policy'>>;
  readonly moved: ReadonlyMap<string, Declaration<'Moved'>>;
  readonly removed: ReadonlyMap<string, Declaration<'Removed'>>;
  readonly imports: ReadonlyMap<string, Declaration<'Import'>>;
}

/** What says nothing. */
export const EMPTY_CONFIGURATION: Configuration = {
  stacks: new Map(),
  integrations: new Map(),
  resources: new Map(),
  mappings: new Map(),
  links: new Map(),
  addressBookLinks: new Map(),
  campaignImports: new Map(),
  policies: new Map(),
  moved: new Map(),
  removed: new Map(),
  imports: new Map(),
};

/** Every declaration, by kind and then by name. */
export function declarationsOf(configuration: Configuration): readonly Declaration[] {
  const kinds: readonly ReadonlyMap<string, Declaration>[] = Object.values(configuration);
  return kinds.flatMap((declarations) => [...declarations.values()]);
}

/** A value of JSON, keys of objects in one order. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * What a declaration says, as state and plans store it: its `spec` with defaults filled in and
 * keys sorted; no name, no labels, no comments, nothing of where it stood.
 */
export function canonicalSpecification(declaration: Declaration): JsonValue {
  return JSON.parse(canonicalize(declaration.spec)!) as JsonValue;
}

/**
 * SHA-256, in hexadecimal, of everything that the configuration says. It does not depend on how
 * documents are spread over files, on their order, on comments or on the spelling of the YAML.
 */
export function configurationDigest(configuration: Configuration): string {
  const documents = declarationsOf(configuration)
    .map(({ address, labels, spec }) => ({ address, labels, spec }))
    .toSorted((one, other) => (one.address < other.address ? -1 : 1));
  return createHash('sha256').update(canonicalize(documents)!).digest('hex');
}

/** The path that an entry of a mapping names at an end. */
export function pathAt(entry: object, end: string): string | undefined {
  const path = Object.hasOwn(entry, end) ? (entry as Record<string, unknown>)[end] : undefined;
  return typeof path === 'string' ? path : undefined;
}

/** The ends that an entry of a mapping is written to under this flow. */
export function flowTargets(flow: string, ends: readonly string[]): readonly string[] {
  if (flow === 'both') return ends;
  return ends.filter((end) => flow === `to-${end}`);
}
