/**
 * Reads a folder of YAML into a typed configuration, or says everything that is wrong with it.
 *
 * The flow: find files, read and validate their documents (`load-documents.ts`), then check those
 * against each other. Whatever is at fault becomes a diagnostic with its place; nothing is thrown for
 * what a file may hold. No vendor and no secret is needed.
 */
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Configuration, Declaration, Kind } from './configuration.ts';
import type { DocumentSource } from './document-source.ts';
import type { DraftConfiguration, DraftDeclaration } from './draft.ts';
import { Findings } from './draft.ts';
import type { ConfigurationFileSystem } from './file-system.ts';
import type { LinkSpec } from './generated/documents.ts';
import { findFiles } from './find-files.ts';
import { checkAddressBookLinks } from './address-book-rules.ts';
import { checkCampaignImports } from './campaign-import-rules.ts';
import { checkLifecycle } from './lifecycle-rules.ts';
import { checkLinks } from './link-rules.ts';
import { LoadedDocuments, loadFile, type LeftAlone } from './load-documents.ts';
import { checkMappings } from './mapping-rules.ts';
import { checkPolicies } from './policy-rules.ts';
import { checkResources } from './resource-rules.ts';
import { checkStacks } from './stack-rules.ts';
import type { ValidatedDocument } from './validate-document.ts';

export interface LoadedConfiguration {
  /**
   * Complete only when no diagnostic is an error: then every reference in it leads somewhere.
   * Otherwise documents that are not valid are left out, and mappings that contradict themselves.
   */
  readonly configuration: Configuration;
  readonly diagnostics: readonly Diagnostic[];
  /** Documents that are not Syncline's, for `validate --verbose`. */
  readonly leftAlone: readonly LeftAlone[];
  /** Files that hold documents of Syncline, relative to the root. */
  readonly files: readonly string[];
}

/**
 * Loads every document below a folder.
 *
 * @param root absolute path of the folder; `file` of diagnostics is relative to it
 */
export async function loadConfiguration(root: string, fileSystem: ConfigurationFileSystem): Promise<LoadedConfiguration> {
  const loading = new LoadedDocuments();
  const { files, problems } = await findFiles(root, fileSystem);
  for (const { code, path, detail, hint } of problems)
    loading.refuse(code, { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 }, detail, hint);
  for (const file of files) await loadFile(file, fileSystem, loading);
  return finish(loading);
}

function finish(loaded: LoadedDocuments): LoadedConfiguration {
  const documents = loaded.withoutDuplicates();
  for (const { source } of documents) if (source.kind === 'MappingTest') reportMisplaced(source, loaded);
  const findings = new Findings();
  const draft = toDraft(documents, loaded.incomplete);
  checkStacks(draft, findings);
  checkResources(draft, findings);
  checkMappings(draft, findings);
  checkLinks(draft, findings);
  checkAddressBookLinks(draft, findings);
  checkCampaignImports(draft, findings);
  checkLifecycle(draft, findings);
  checkPolicies(draft, findings);
  const faulty = new Set(findings.diagnostics.map(({ address }) => address));
  // A mapping that contradicts itself would be found at fault again by whoever compiles it.
  const sound = documents.filter(({ valid, source }) => valid && (source.kind !== 'Mapping' || !faulty.has(source.address)));
  return {
    configuration: toConfiguration(sound),
    diagnostics: [...loaded.diagnostics, ...findings.diagnostics].toSorted(byPlace),
    leftAlone: loaded.leftAlone,
    files: loaded.files,
  };
}

/** Nobody would ever run it. */
function reportMisplaced(source: DocumentSource, loaded: LoadedDocuments): void {
  loaded.add(
    'CONFIG_MISPLACED_DOCUMENT',
    source.valueRange(['kind']),
    'Tests of mappings are read from files named *.test.yaml only.',
    `move it to ${source.file.path.replace(/\.ya?ml$/, '.test.yaml')}`,
    source.address,
  );
}

function toDraft(documents: readonly ValidatedDocument[], incomplete: boolean): DraftConfiguration {
  const ofKind = <K extends Kind>(kind: K): ReadonlyMap<string, DraftDeclaration<K>> => {
    const named = documents.filter(({ source }) => source.kind === kind && source.name !== undefined);
    return new Map(
      named.map(({ source, value }) => {
        const spec = (
          typeof value['spec'] === 'object' && value['spec'] !== null ? value['spec'] : {}
        ) as DraftDeclaration<K>['spec'];
        return [source.name!, { kind, name: source.name!, address: source.address!, spec, source }];
      }),
    );
  };
  return {
    stacks: [...ofKind('Stack').values()],
    integrations: ofKind('Integration'),
    resources: ofKind('Resource'),
    mappings: ofKind('Mapping'),
    links: ofKind('Link'),
    addressBookLinks: ofKind('AddressBookLink'),
    campaignImports: ofKind('CampaignImport'),
    policies: ofKind('Policy'),
    moved: ofKind('Moved'),
    removed: ofKind('Removed'),
    imports: ofKind('Import'),
    incomplete,
  };
}

function toConfiguration(documents: readonly ValidatedDocument[]): Configuration {
  const sorted = documents.toSorted((one, other) => (one.source.name! < other.source.name! ? -1 : 1));
  const ofKind = <K extends Kind>(kind: K): ReadonlyMap<string, Declaration<K>> =>
    new Map(
      sorted
        .filter(({ source }) => source.kind === kind)
        .map((document) => [document.source.name!, toDeclaration(kind, document)]),
    );
  return {
    stacks: ofKind('Stack'),
    integrations: ofKind('Integration'),
    resources: ofKind('Resource'),
    mappings: ofKind('Mapping'),
    links: ofKind('Link'),
    addressBookLinks: ofKind('AddressBookLink'),
    campaignImports: ofKind('CampaignImport'),
    policies: ofKind('Policy'),
    moved: ofKind('Moved'),
    removed: ofKind('Removed'),
    imports: ofKind('Import'),
  };
}

function toDeclaration<K extends Kind>(kind: K, { source, value }: ValidatedDocument): Declaration<K> {
  const { metadata, spec } = value as unknown as { metadata: { labels: Record<string, string> }; spec: Declaration<K>['spec'] };
  return {
    address: source.address as Address,
    kind,
    name: source.name!,
    spec: kind === 'Link' ? (withDeletionRules(spec as LinkSpec) as Declaration<K>['spec']) : spec,
    labels: metadata.labels,
    source: (path) => (path === undefined ? source.keyRange([]) : source.valueRange(path)),
  };
}

/** The one default that a schema cannot fill in, since the names of the ends are the user's. */
function withDeletionRules(spec: LinkSpec): LinkSpec {
  const rules = Object.keys(spec.ends).map((end) => [end, spec.onDelete[end] ?? 'unlink'] as const);
  return { ...spec, onDelete: Object.fromEntries(rules) };
}

function byPlace(one: Diagnostic, other: Diagnostic): number {
  const [a, b] = [one.source!, other.source!];
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
