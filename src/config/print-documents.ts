import { stringify } from 'yaml';
import { LoadedDocuments, loadText } from './load-documents.ts';
import { SourceFile } from './source-file.ts';

/** A document as it is written into a file. */
export interface PrintedDocument {
  readonly kind: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Documents as YAML text that loads as the same again; empty where there are none. */
export function printDocuments(documents: readonly PrintedDocument[]): string {
  return documents.map(printDocument).join('---\n');
}

/** What is wrong with a document, in sentences. */
export function faultsOfDocument(document: PrintedDocument): readonly string[] {
  const loading = new LoadedDocuments();
  loadText(new SourceFile('generated.yaml', printDocument(document)), loading);
  return loading.diagnostics.map(({ detail }) => detail);
}

/** Characters that nobody sees, or that turn round what follows. */
const UNSEEN = /[\p{Cf}\p{Zl}\p{Zp}]/gu;

function printDocument({ kind, name, spec }: PrintedDocument): string {
  const document = { apiVersion: 'syncline/v1', kind, metadata: { name }, spec };
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
  if (text.search(UNSEEN) < 0) return text;
  // Between double quotes such a character can be written as what it is.
  const quoted = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, defaultStringType: 'QUOTE_DOUBLE' });
  return quoted.replaceAll(UNSEEN, (character) => `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}`);
}
