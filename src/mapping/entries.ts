/**
 * Reads the entries of a specification: which ends they name, where values flow, which transform or
 * expression translates them. Reports what contradicts itself; whether the types fit is `check.ts`'s.
 */
import type { FieldValue } from '../model/value.ts';
import { compileExpression } from './expression.ts';
import type { CompiledExpression } from './expression.ts';
import { otherEnd } from './field.ts';
import type { Findings } from './findings.ts';
import type { EndName, KnownFields } from './mapping.ts';
import { isNormalization, NORMALIZATION_NAMES } from './match-key.ts';
import type { Normalization } from './match-key.ts';
import { flowTargets, foreignKeys, pathAt, pathsAt, RESERVED_END_NAMES } from './specification.ts';
import type { FieldSpecification, MappingSpecification, MatchSpecification } from './specification.ts';
import { didYouMean } from '../config/suggestion.ts';
import { findTransform, TRANSFORM_NAMES } from './transform.ts';
import type { Transform } from './transform.ts';

export type Ends = readonly [EndName, EndName];

export interface MatchEntry {
  readonly index: number;
  /** As many at one end as at the other. */
  readonly paths: Readonly<Record<EndName, readonly string[]>>;
  /** One for each path. */
  readonly normalize: readonly Normalization[];
}

interface AnyFieldEntry {
  readonly index: number;
  readonly targets: readonly EndName[];
  readonly createOnly: boolean;
  /** Ends besides the targets at which a new record is given the field. */
  readonly creates: readonly EndName[];
  readonly owner: EndName | undefined;
  readonly whenBlank: Readonly<Record<EndName, FieldValue>>;
}

export interface PathFieldEntry extends AnyFieldEntry {
  readonly kind: 'path';
  readonly paths: Readonly<Record<EndName, string>>;
  readonly transform: Transform | undefined;
}

export interface ComputedFieldEntry extends AnyFieldEntry {
  readonly kind: 'computed';
  readonly source: EndName;
  readonly target: EndName;
  readonly path: string;
  readonly expression: CompiledExpression;
}

export type FieldEntry = PathFieldEntry | ComputedFieldEntry;

export interface ConsentEntry {
  readonly index: number;
  readonly purpose: string;
  /** Both ends; the account-wide purpose may name one. */
  readonly paths: Readonly<Record<EndName, string>>;
  readonly targets: readonly EndName[];
  readonly authority: EndName;
  readonly optedOutWhen: Readonly<Record<EndName, boolean>>;
  readonly addresses: Readonly<Record<EndName, string>>;
}

const END_NAME = /^[a-z][a-z0-9]*$/;

/** The two ends; `undefined` where the rest of the specification cannot be understood without them. */
export function readEnds(specification: MappingSpecification, findings: Findings): Ends | undefined {
  const names = Object.keys(specification.between);
  const [first, second] = names;
  if (first === undefined || second === undefined || names.length > 2) {
    findings.error('MAPPING_INVALID_ENTRY', ['between'], `A mapping joins two objects; "between" names ${names.length}.`);
    return undefined;
  }
  const unusable = names.filter((name) => !END_NAME.test(name) || RESERVED_END_NAMES.has(name));
  for (const name of unusable) {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['between', name],
      `"${name}" cannot name an end: a name is lower case, starts with a letter, and is no setting of an entry.`,
    );
  }
  return unusable.length === 0 ? [first, second] : undefined;
}

export function readMatch(entry: MatchSpecification, index: number, ends: Ends, findings: Findings): MatchEntry | undefined {
  if (!checkKeys('match', entry, index, ends, findings)) return undefined;
  const missing = ends.filter((end) => pathsAt(entry, end) === undefined);
  for (const end of missing) findings.error('MAPPING_INVALID_ENTRY', ['match', index], `The entry names no path at "${end}".`);
  if (missing.length > 0) return undefined;
  const paths = Object.fromEntries(ends.map((end) => [end, pathsAt(entry, end)!]));
  const [one, other] = ends.map((end) => paths[end]!.length) as [number, number];
  if (one !== other) {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['match', index],
      `A key is made of the same fields at both ends, but "${ends[0]}" names ${one} of them and "${ends[1]}" ${other}.`,
    );
    return undefined;
  }
  const normalize = readNormalizations(entry, index, one, findings);
  return normalize === undefined ? undefined : { index, paths, normalize };
}

function readNormalizations(
  entry: MatchSpecification,
  index: number,
  count: number,
  findings: Findings,
): readonly Normalization[] | undefined {
  const each = entry.normalizeEach;
  if (each !== undefined && each.length !== count) {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['match', index, 'normalizeEach'],
      `The key is made of ${count} fields, but "normalizeEach" says how to compare ${each.length}.`,
    );
    return undefined;
  }
  const names = each ?? Array.from({ length: count }, () => entry.normalize ?? 'exact');
  const unknown = names.find((name) => !isNormalization(name));
  if (unknown === undefined) return names as readonly Normalization[];
  findings.error(
    'MAPPING_INVALID_ENTRY',
    ['match', index, each === undefined ? 'normalize' : 'normalizeEach'],
    `There is no normalization "${unknown}"; known are ${NORMALIZATION_NAMES.join(', ')}.`,
    didYouMean(unknown, NORMALIZATION_NAMES),
  );
  return undefined;
}

/** `undefined` for a field that is switched off, or that was reported. */
export function readField(
  entry: FieldSpecification,
  index: number,
  ends: Ends,
  fields: KnownFields,
  findings: Findings,
): FieldEntry | undefined {
  const declared = flowTargets(entry.flow, ends);
  if (declared === undefined) {
    unknownFlow('fields', entry.flow, index, ends, findings);
    return undefined;
  }
  if (declared.length === 0) return undefined;
  if (!checkKeys('fields', entry, index, ends, findings)) return undefined;
  const creates = declared.filter((end) => end === entry.createOnly);
  const targets = declared.filter((end) => !creates.includes(end));
  const common = {
    index,
    targets,
    createOnly: entry.createOnly === true,
    creates,
    owner: readOwner(entry, index, ends, targets, findings),
    whenBlank: readDefaults(entry, index, ends, declared, findings),
  };
  return entry.value === undefined
    ? readPathField(entry, common, ends, findings)
    : readComputedField(entry, entry.value, common, ends, fields, findings);
}

function readPathField(
  entry: FieldSpecification,
  common: AnyFieldEntry,
  ends: Ends,
  findings: Findings,
): PathFieldEntry | undefined {
  const { index } = common;
  const paths = readPaths('fields', entry, index, ends, findings);
  const transform = entry.as === undefined ? undefined : findTransform(entry.as);
  if (entry.as !== undefined && transform === undefined) {
    findings.error(
      'MAPPING_UNKNOWN_TRANSFORM',
      ['fields', index, 'as'],
      `There is no transform "${entry.as}"; known are ${TRANSFORM_NAMES.join(', ')}.`,
      didYouMean(entry.as, TRANSFORM_NAMES),
    );
    return undefined;
  }
  if (transform !== undefined && !transform.invertible && common.targets.length === 2) {
    findings.error(
      'MAPPING_TRANSFORM_ONE_WAY',
      ['fields', index, 'as'],
      `"${transform.name}" cannot be inverted, so the field cannot flow both ways.`,
      `let it flow to-${ends[0]} or to-${ends[1]}`,
    );
    return undefined;
  }
  return paths === undefined ? undefined : { ...common, kind: 'path', paths, transform };
}

function readComputedField(
  entry: FieldSpecification,
  source: string,
  common: AnyFieldEntry,
  ends: Ends,
  fields: KnownFields,
  findings: Findings,
): ComputedFieldEntry | undefined {
  const { index, targets } = common;
  const target = targets[0];
  if (target === undefined || targets.length !== 1) {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['fields', index, 'flow'],
      'An expression cannot be inverted, so a computed field flows one way.',
      `let it flow to-${ends[0]} or to-${ends[1]}`,
    );
    return undefined;
  }
  if (entry.as !== undefined) {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['fields', index, 'as'],
      'A computed field takes no transform: the expression says what is written.',
    );
    return undefined;
  }
  const from = otherEnd(ends, target);
  if (pathAt(entry, from) !== undefined) {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['fields', index, from],
      `A computed field names only the path that it is written to, at "${target}"; the expression says what is read at "${from}".`,
    );
    return undefined;
  }
  const path = pathAt(entry, target);
  if (path === undefined) {
    findings.error('MAPPING_INVALID_ENTRY', ['fields', index], `The field flows to "${target}" but names no path there.`);
    return undefined;
  }
  const compiled = compileExpression(source, { [from]: fields[from] });
  if ('faults' in compiled) {
    for (const fault of compiled.faults) findings.error(fault.code, ['fields', index, 'value'], fault.detail, fault.hint);
    return undefined;
  }
  return { ...common, kind: 'computed', source: from, target, path, expression: compiled.expression };
}

/** An owner wins conflicts, so that there must be something to win: two ends that are both written. */
function readOwner(
  { owner, flow, createOnly }: FieldSpecification,
  index: number,
  ends: Ends,
  targets: readonly EndName[],
  findings: Findings,
): EndName | undefined {
  if (owner === undefined) return undefined;
  const at = ['fields', index, 'owner'];
  if (!ends.includes(owner)) {
    unknownEnd(owner, at, ends, findings);
  } else if (targets.length !== 2) {
    const detail = `The field flows ${flow} only, so ${otherEnd(ends, targets[0]!)} decides in any case and there is nothing to own.`;
    findings.error('MAPPING_INVALID_ENTRY', at, detail, 'leave "owner" out, or write flow: both');
  } else if (createOnly === true) {
    const detail = 'The field is written when a record is created and never again, so that no change of it can win.';
    findings.error('MAPPING_INVALID_ENTRY', at, detail, 'leave "owner" or "createOnly" out');
  }
  return owner;
}

function readDefaults(
  entry: FieldSpecification,
  index: number,
  ends: Ends,
  targets: readonly EndName[],
  findings: Findings,
): Readonly<Record<EndName, FieldValue>> {
  const defaults: Record<EndName, FieldValue> = {};
  for (const [end, value] of Object.entries(entry.whenBlank ?? {})) {
    const at = ['fields', index, 'whenBlank', end] as const;
    if (!ends.includes(end)) {
      unknownEnd(end, at, ends, findings);
    } else if (!targets.includes(end)) {
      findings.error(
        'MAPPING_INVALID_DEFAULT',
        at,
        `The field is never written to "${end}", so no value can stand there for a blank.`,
      );
    } else if ((typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') || value === '') {
      findings.error(
        'MAPPING_INVALID_DEFAULT',
        at,
        'What stands for a blank is a text, a number or a boolean, and no blank itself.',
      );
    } else {
      defaults[end] = value;
    }
  }
  return defaults;
}

function readPaths(
  list: 'fields',
  entry: Readonly<Record<string, unknown>>,
  index: number,
  ends: Ends,
  findings: Findings,
): Readonly<Record<EndName, string>> | undefined {
  if (list !== 'fields' && !checkKeys(list, entry, index, ends, findings)) return undefined;
  const missing = ends.filter((end) => pathAt(entry, end) === undefined);
  for (const end of missing) findings.error('MAPPING_INVALID_ENTRY', [list, index], `The entry names no path at "${end}".`);
  return missing.length === 0 ? Object.fromEntries(ends.map((end) => [end, pathAt(entry, end)!])) : undefined;
}

export function checkKeys(
  list: 'match' | 'fields' | 'consent',
  entry: object,
  index: number,
  ends: Ends,
  findings: Findings,
): boolean {
  const foreign = foreignKeys(list, entry, ends);
  for (const key of foreign) unknownEnd(key, [list, index, key], ends, findings);
  return foreign.length === 0;
}

export function unknownEnd(name: string, at: readonly (string | number)[], ends: Ends, findings: Findings): void {
  findings.error(
    'MAPPING_UNKNOWN_END',
    at,
    `"${name}" is neither an end of this mapping ("${ends[0]}", "${ends[1]}") nor a setting of the entry.`,
    didYouMean(name, ends),
  );
}

export function unknownFlow(list: 'fields' | 'consent', flow: string, index: number, ends: Ends, findings: Findings): void {
  const flows = ['both', `to-${ends[0]}`, `to-${ends[1]}`, ...(list === 'fields' ? ['off'] : [])];
  findings.error(
    'MAPPING_UNKNOWN_END',
    [list, index, 'flow'],
    `"${flow}" is no flow of this mapping; known are ${flows.join(', ')}.`,
    didYouMean(flow, flows),
  );
}
