/**
 * Declarations as the rules between documents see them: validated one by one, but perhaps with
 * faults. A value that was at fault is absent, so that all other mistakes still come to light in
 * the same run, and none is reported twice.
 */
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { Diagnostic, SourceRange } from '../model/diagnostics/diagnostic.ts';
import type { Kind, Specifications } from './configuration.ts';
import type { DocumentSource } from './document-source.ts';
import type { ValuePath } from './value-reader.ts';

export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T;

export interface DraftDeclaration<K extends Kind = Kind> {
  readonly kind: K;
  readonly name: string;
  readonly address: string;
  readonly spec: Draft<Specifications[K]>;
  readonly source: DocumentSource;
}

export interface DraftConfiguration {
  readonly stacks: readonly DraftDeclaration<'Stack'>[];
  readonly integrations: ReadonlyMap<string, DraftDeclaration<'Integration'>>;
  readonly resources: ReadonlyMap<string, DraftDeclaration<'Resource'>>;
  readonly mappings: ReadonlyMap<string, DraftDeclaration<'Mapping'>>;
  readonly links: ReadonlyMap<string, DraftDeclaration<'Link'>>;
  readonly addressBookLinks: ReadonlyMap<string, DraftDeclaration<'AddressBookLink'>>;
  readonly campaignImports: ReadonlyMap<string, DraftDeclaration<'CampaignImport'>>;
  readonly policies: ReadonlyMap<string, DraftDeclaration<'Policy'>>;
  readonly moved: ReadonlyMap<string, DraftDeclaration<'Moved'>>;
  readonly removed: ReadonlyMap<string, DraftDeclaration<'Removed'>>;
  readonly imports: ReadonlyMap<string, DraftDeclaration<'Import'>>;
  /**
   * Whether documents may be missing because a file could not be read. Then nothing is said of
   * references that lead nowhere: they may lead there.
   */
  readonly incomplete: boolean;
}

/** Collects the diagnostics of the rules between documents. */
export class Findings {
  readonly diagnostics: Diagnostic[] = [];

  /** A fault of a value. */
  atValue(declaration: DraftDeclaration, path: ValuePath, code: DiagnosticCode, detail: string, hint?: string): void {
    this.#add(declaration, declaration.source.valueRange(path), code, detail, hint);
  }

  /** A fault of a key, or of what is missing beneath it. */
  atKey(declaration: DraftDeclaration, path: ValuePath, code: DiagnosticCode, detail: string, hint?: string): void {
    this.#add(declaration, declaration.source.keyRange(path), code, detail, hint);
  }

  #add({ address }: DraftDeclaration, source: SourceRange, code: DiagnosticCode, detail: string, hint?: string): void {
    this.diagnostics.push({ severity: 'error', code, detail, address, source, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The entries of a map that are there. */
export function entriesOf<T>(map: { readonly [key: string]: T | undefined } | undefined): readonly (readonly [string, T])[] {
  return Object.entries(map ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined && entry[1] !== null);
}
