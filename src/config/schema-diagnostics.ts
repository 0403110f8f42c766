/**
 * Turns the errors of the validator into diagnostics: one a mistake, each at the place where a
 * person would put the finger.
 */
import type { DiagnosticCode } from '../model/diagnostics/codes.ts';
import type { SourceRange } from '../model/diagnostics/diagnostic.ts';
import { valueAt, type DocumentSource } from './document-source.ts';
import { schemaFiles } from './schema-files.ts';
import type { JsonSchema } from './schema-files.ts';
import type { SchemaError } from './schema-validator.ts';
import { didYouMean, nearest } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

export interface Finding {
  readonly code: DiagnosticCode;
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly source: SourceRange;
  /** The value that nothing more can be said of. */
  readonly path: ValuePath;
}

/** Explains every error once, those that only follow from another left out. */
export function explainErrors(document: DocumentSource, errors: readonly SchemaError[]): Finding[] {
  const findings: Finding[] = [];
  const explained = new Set<string>();
  const relevant = errors.filter((error) => error.keyword !== 'if' && error.keyword !== 'propertyNames');
  // Of several errors of one value, that of its type says it all.
  for (const error of relevant.toSorted((one, other) => rank(one) - rank(other))) {
    const path = toPath(error.instancePath, document.value);
    if (isReported(document, error, path)) continue;
    const finding = explain(document, error, path, relevant);
    if (finding === undefined) continue;
    const place = `${finding.source.line}:${finding.source.column} ${error.keyword === 'required' ? String(error.params['missingProperty']) : ''}`;
    if (explained.has(place)) continue;
    explained.add(place);
    findings.push(finding);
  }
  return findings;
}

function rank(error: SchemaError): number {
  return error.keyword === 'type' ? 0 : 1;
}

/** Whether reading the value has already found a fault that this error would only repeat. */
function isReported(document: DocumentSource, error: SchemaError, path: ValuePath): boolean {
  if (isForeignEnd(document, path)) return true;
  return document.problems.some((problem) => {
    if (problem.incomplete === true)
      return (error.keyword === 'required' || error.keyword === 'minProperties') && samePath(problem.path, path);
    if (problem.code === 'CONFIG_DUPLICATE_KEY') return false;
    return problem.path.length <= path.length && problem.path.every((step, index) => path[index] === step);
  });
}

/**
 * Whether a path of a mapping entry stands under a word that is none of the mapping's ends: such a
 * word is most likely a misspelt setting (`createonly: true`), and `mapping-rules.ts` says so.
 */
function isForeignEnd(document: DocumentSource, path: ValuePath): boolean {
  if (document.kind !== 'Mapping' || path.length !== 4 || typeof path[2] !== 'number') return false;
  const between = valueAt(document.value, ['spec', 'between']);
  const word = String(path[3]);
  if (typeof between !== 'object' || between === null || ENTRY_SETTINGS.has(word)) return false;
  return /^[a-z][a-z0-9]*$/.test(word) && !Object.hasOwn(between, word);
}

/** Settings of mapping entries, which would otherwise pass for names of ends. */
const ENTRY_SETTINGS: ReadonlySet<string> = new Set(['flow', 'as', 'value', 'normalize', 'purpose', 'channel', 'authority']);

function explain(
  document: DocumentSource,
  error: SchemaError,
  path: ValuePath,
  errors: readonly SchemaError[],
): Finding | undefined {
  const schema = error.parentSchema;
  if (error.propertyName !== undefined) return explainName(document, error, path);
  switch (error.keyword) {
    case 'additionalProperties':
      return explainUnknownKey(document, error, path);
    case 'required':
      return explainMissingKey(document, error, path, errors);
    case 'type':
      return explainType(document, error, path);
    case 'false schema': {
      const type = (valueAt(document.value, path.slice(0, -1)) as { type?: unknown }).type;
      const detail = `"${String(path.at(-1))}" has no meaning with type ${String(type)}.`;
      return { code: 'CONFIG_UNEXPECTED_KEY', detail, hint: 'remove it', source: document.keyRange(path), path };
    }
    case 'enum': {
      const allowed = (schema.enum ?? []).map(String);
      const detail = `${settingName(path)} cannot be ${shown(error.data, path)}.`;
      return {
        code: 'CONFIG_INVALID_VALUE',
        detail,
        hint: didYouMean(String(error.data), allowed),
        source: document.valueRange(path),
        path,
      };
    }
    case 'format':
      return {
        code: 'CONFIG_INVALID_DURATION',
        detail: `${settingName(path)} cannot be ${shown(error.data, path)}, which is no duration.`,
        hint: DURATION_HINT,
        source: document.valueRange(path),
        path,
      };
    case 'pattern': {
      const code = path.length === 2 && path[0] === 'metadata' ? 'CONFIG_INVALID_NAME' : 'CONFIG_INVALID_VALUE';
      const rule = schema.patternErrorMessage ?? 'It has not the form that is asked for.';
      const detail = `${settingName(path)} cannot be ${shown(error.data, path)}. ${rule}`;
      return { code, detail, hint: example(schema), source: document.valueRange(path), path };
    }
    default:
      return { code: 'CONFIG_INVALID_VALUE', detail: limitDetail(error, path), source: limitSource(document, error, path), path };
  }
}

function explainName(document: DocumentSource, error: SchemaError, path: ValuePath): Finding {
  const name = error.propertyName!;
  const at = [...path, name];
  const rule =
    error.keyword === 'not'
      ? 'The word has another meaning in the same place.'
      : (error.parentSchema.patternErrorMessage ?? 'A name has 1 to 63 characters.');
  return {
    code: 'CONFIG_INVALID_NAME',
    detail: `"${cut(name)}" cannot be a name here. ${rule}`,
    source: document.keyRange(at),
    path: at,
  };
}

function explainUnknownKey(document: DocumentSource, error: SchemaError, path: ValuePath): Finding {
  // Not the validated value, where defaults are filled in by now.
  const present = valueAt(document.value, path) as object;
  const allowed = Object.keys(error.parentSchema.properties ?? {}).filter((name) => !Object.hasOwn(present, name));
  return unknownKey(document, path, String(error.params['additionalProperty']), allowed);
}

function unknownKey(document: DocumentSource, path: ValuePath, key: string, allowed: readonly string[]): Finding {
  const at = [...path, key];
  const detail = `${owner(document, path)} has no setting named "${cut(key)}".`;
  return { code: 'CONFIG_UNKNOWN_KEY', detail, hint: didYouMean(key, allowed), source: document.keyRange(at), path: at };
}

function explainMissingKey(
  document: DocumentSource,
  error: SchemaError,
  path: ValuePath,
  errors: readonly SchemaError[],
): Finding | undefined {
  const missing = String(error.params['missingProperty']);
  const data = error.data as Readonly<Record<string, unknown>>;
  const known = error.parentSchema.properties ?? {};
  // A misspelt key is one mistake and not two.
  const misspelt = Object.keys(data).find((key) => known[key] === undefined && nearest(key, [missing]) !== undefined);
  if (misspelt !== undefined)
    return isUnknown(misspelt, error, errors) ? undefined : unknownKey(document, path, misspelt, [missing]);
  const setting = known[missing] ?? attributeSchema(document, path, missing);
  const about = setting === undefined || setting === false || setting.description === undefined ? '' : ` ${setting.description}`;
  const detail = `${owner(document, path)} needs "${missing}".${about}`;
  const hint = setting === undefined || setting === false ? undefined : example(setting, missing);
  return { code: 'CONFIG_MISSING_KEY', detail, hint, source: document.keyRange(path), path: [...path, missing] };
}

/** What is known of an attribute that only some settings beside it make necessary. */
function attributeSchema(document: DocumentSource, path: ValuePath, name: string): JsonSchema | false | undefined {
  if (document.kind !== 'Resource' || path.join('.') !== 'spec.attributes') return undefined;
  const type = valueAt(document.value, ['spec', 'type']);
  return schemaFiles().get(`resource-types/${String(type)}.schema.json`)?.properties?.[name];
}

/** Whether a key is reported as unknown: by the schema, or later as the name of an end that there is not. */
function isUnknown(key: string, error: SchemaError, errors: readonly SchemaError[]): boolean {
  if (error.parentSchema.patternProperties !== undefined) return true;
  return errors.some(
    (other) =>
      other.keyword === 'additionalProperties' &&
      other.instancePath === error.instancePath &&
      other.params['additionalProperty'] === key,
  );
}

function explainType(document: DocumentSource, error: SchemaError, path: ValuePath): Finding {
  const { data } = error;
  const source = document.valueRange(path);
  if (data === null) {
    return {
      code: 'CONFIG_WRONG_TYPE',
      detail: `${settingName(path)} has no value.`,
      hint: example(error.parentSchema),
      source,
      path,
    };
  }
  if (error.parentSchema.secret === true) {
    return {
      code: 'CONFIG_LITERAL_SECRET',
      detail: `${settingName(path)} holds a secret, and the secret itself stands here.`,
      hint: 'write { env: NAME } or { file: path }, and replace the secret at the vendor if this file was ever committed',
      source,
      path,
    };
  }
  const expected = [error.params['type']].flat().map((type) => TYPE_NAMES[String(type)] ?? String(type));
  const found = isConfidential(path)
    ? typeName(data)
    : typeof data === 'number' && !expected.includes('text')
      ? String(data)
      : typeName(data);
  return {
    code: 'CONFIG_WRONG_TYPE',
    detail: `${settingName(path)} must be ${expected.join(' or ')}, not ${found}.`,
    hint: typeHint(error, expected, path),
    source,
    path,
  };
}

const DURATION_HINT = 'write PT10M for ten minutes, PT1H for an hour, P1D for a day';

function typeHint(error: SchemaError, expected: readonly string[], path: ValuePath): string | undefined {
  const { data } = error;
  if (error.parentSchema.format === 'duration') return DURATION_HINT;
  if (expected.includes('text') && (typeof data === 'number' || typeof data === 'boolean')) {
    return isConfidential(path) ? 'quote it' : `quote it: "${String(data)}"`;
  }
  const bare = typeof data === 'string' && !isConfidential(path) ? data : '';
  if (/^-?\d+$/.test(bare) && (expected.includes('a whole number') || expected.includes('a number')))
    return `write it without quotes: ${bare}`;
  if (/^(?:true|false)$/i.test(bare) && expected.includes('true or false'))
    return `write it without quotes: ${bare.toLowerCase()}`;
  if (/^(?:yes|on)$/i.test(bare) && expected.includes('true or false')) return 'write true';
  if (/^(?:no|off)$/i.test(bare) && expected.includes('true or false')) return 'write false';
  return example(error.parentSchema);
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of settings',
};

function typeName(data: unknown): string {
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'boolean') return String(data);
  return TYPE_NAMES[typeof data] ?? 'empty';
}

/** Keywords that limit how much there may be of something. */
function limitDetail(error: SchemaError, path: ValuePath): string {
  const limit = Number(error.params['limit']);
  const name = settingName(path);
  const schema = error.parentSchema as JsonSchema & { minProperties?: number; maxProperties?: number };
  switch (error.keyword) {
    case 'minimum':
      return `${name} must be at least ${limit}, not ${String(error.data)}.`;
    case 'maximum':
      return `${name} must be at most ${limit}, not ${String(error.data)}.`;
    case 'minLength':
      return `${name} must not be empty.`;
    case 'maxLength':
      return `${name} may have ${limit} characters, and has ${String(error.data).length}.`;
    case 'uniqueItems':
      return `${name} holds the same value twice.`;
    case 'minItems':
      return `${name} must have ${limit === 1 ? 'an entry' : `at least ${limit} entries`}.`;
    case 'maxItems':
      return `${name} may have ${limit} entries.`;
    case 'minProperties':
    case 'maxProperties': {
      const entries = Object.keys(error.data as object).length;
      if (schema.secret === true) return `${name} must name either env or file.`;
      if (schema.minProperties === schema.maxProperties) return `${name} must have exactly ${limit} entries, and has ${entries}.`;
      if (error.keyword === 'maxProperties') return `${name} may have ${limit} entries, and has ${entries}.`;
      return `${name} must have ${limit === 1 ? 'an entry' : `at least ${limit} entries`}.`;
    }
    default:
      return `${name} does not satisfy "${error.keyword}".`;
  }
}

function limitSource(document: DocumentSource, error: SchemaError, path: ValuePath): SourceRange {
  if (error.keyword === 'uniqueItems')
    return document.valueRange([...path, Math.max(Number(error.params['i']), Number(error.params['j']))]);
  const aboutEntries = ['minProperties', 'maxProperties', 'minItems', 'maxItems'].includes(error.keyword);
  return aboutEntries ? document.keyRange(path) : document.valueRange(path);
}

function example(schema: JsonSchema, key?: string): string | undefined {
  const shared = schema.$ref === undefined ? undefined : sharedDefinition(schema.$ref);
  const first = (schema.examples ?? shared?.examples)?.[0];
  if (first === undefined) return undefined;
  return `for example ${key === undefined ? '' : `${key}: `}${flow(first)}`;
}

/** What a reference to a part that several kinds share stands for. */
function sharedDefinition(reference: string): JsonSchema | undefined {
  return schemaFiles().get('definitions.schema.json')?.definitions?.[reference.slice(reference.lastIndexOf('/') + 1)];
}

/** A value in YAML's flow style, for hints. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'string') return /^[A-Za-z0-9/](?:[^,:{}[\]#"']|:(?! ))*$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key}: ${flow(entry)}`)
    .join(', ')} }`;
}

function owner(document: DocumentSource, path: ValuePath): string {
  if (path.length === 0) return 'The document';
  if (path.length === 1 && path[0] === 'spec')
    return `The spec of ${/^[AEIOU]/.test(document.kind ?? '') ? 'an' : 'a'} ${document.kind}`;
  return settingName(path);
}

/** How a path is written: `spec.fields[3].flow`. */
function settingName(path: ValuePath): string {
  if (path.length === 0) return 'The document';
  return `"${path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${cut(step)}`)).join('')}"`;
}

/** A value as it may be quoted: short, and never where secrets belong. */
function shown(data: unknown, path: ValuePath): string {
  return isConfidential(path) ? 'the value that stands here' : typeof data === 'string' ? `"${cut(data)}"` : cut(flow(data));
}

function isConfidential(path: ValuePath): boolean {
  return path.includes('authentication') && path.at(-1) !== 'method';
}

function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

function samePath(one: ValuePath, other: ValuePath): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

/** Reads a JSON pointer against the value that it points into, so that indexes of lists become numbers. */
function toPath(pointer: string, root: unknown): ValuePath {
  const path: (string | number)[] = [];
  let value = root;
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(value) ? Number(key) : key;
    path.push(step);
    value = valueAt(value, [step]);
  }
  return path;
}
