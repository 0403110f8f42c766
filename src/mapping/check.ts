/**
 * Judges the entries of a mapping against what is known of the fields: whether they exist, may be
 * written, and can store what flows into them. What is not known is not judged.
 */
import type { FieldDescription, FieldType } from '../model/value.ts';
import { checkOptions, checkTarget } from './check-target.ts';
import { described, type CheckOptions } from './described-field.ts';
import { checkConsent, warnOfLikelyConsent } from './check-consent.ts';
import { recordsConsent } from './consent.ts';
import { convert } from './conversion.ts';
import type { ComputedFieldEntry, ConsentEntry, Ends, FieldEntry, MatchEntry, PathFieldEntry } from './entries.ts';
import type { ResultKind } from './expression.ts';
import { otherEnd } from './field.ts';
import type { Findings } from './findings.ts';
import type { EndName, KnownFields } from './mapping.ts';
import type { SpecificationPath } from './specification.ts';
import { transformsBetween } from './transform.ts';
import { fitOf, TEXT_TYPES } from './type-table.ts';

export interface Entries {
  readonly ends: Ends;
  readonly match: readonly MatchEntry[];
  readonly fields: readonly FieldEntry[];
  readonly consent: readonly ConsentEntry[];
}

const RESULT_TYPES: Readonly<Record<ResultKind, ReadonlySet<FieldType> | 'any'>> = {
  text: new Set<FieldType>([...TEXT_TYPES, 'id', 'date', 'datetime']),
  boolean: new Set<FieldType>(['boolean']),
  integer: new Set<FieldType>(['integer', 'decimal']),
  decimal: new Set<FieldType>(['decimal']),
  set: new Set<FieldType>(['set']),
  blank: 'any',
  unknown: 'any',
};

const RESULT_HINTS: Readonly<Partial<Record<ResultKind, string>>> = {
  integer: 'string(...) turns a number into text, double(...) into a decimal number',
  decimal: 'string(...) turns a number into text, int(...) cuts off its fraction',
  boolean: '... ? "Yes" : "No" turns a boolean into text',
  set: '....join(", ") turns a list into text',
};

export function checkEntries(entries: Entries, fields: KnownFields, options: CheckOptions, findings: Findings): void {
  for (const entry of entries.match) checkMatch(entry, entries.ends, fields, options, findings);
  for (const entry of entries.fields) {
    if (entry.kind === 'path') checkPathField(entry, entries, fields, options, findings);
    else checkComputedField(entry, entries, fields, options, findings);
  }
  for (const entry of entries.consent) checkConsent(entry, entries.ends, fields, options, findings);
  checkDuplicates(entries, findings);
  for (const end of options.creates ?? []) checkCreation(end, entries, fields, findings);
}

function checkMatch(entry: MatchEntry, ends: Ends, fields: KnownFields, options: CheckOptions, findings: Findings): void {
  for (const end of ends) {
    for (const [position, path] of entry.paths[end]!.entries()) {
      const at = ['match', entry.index, end, ...(entry.paths[end]!.length === 1 ? [] : [position])];
      const description = described(end, path, at, fields, options, findings);
      if (description === undefined) continue;
      if (description.type === 'boolean' || description.type === 'set' || description.type === 'consent') {
        findings.error(
          'MAPPING_INCOMPATIBLE_TYPES',
          at,
          `${end}.${path} is of the type ${description.type}, by which no record can be told from another.`,
        );
      } else if (entry.normalize[position] === 'email' && description.type !== 'email') {
        findings.warning(
          'MAPPING_MATCH_NOT_EMAIL',
          at,
          `${end}.${path} is of the type ${description.type}, but its values are compared as e-mail addresses.`,
        );
      }
    }
  }
}

function checkPathField(
  entry: PathFieldEntry,
  entries: Entries,
  fields: KnownFields,
  options: CheckOptions,
  findings: Findings,
): void {
  const { ends } = entries;
  const descriptions = new Map(
    ends.map((end) => [end, described(end, entry.paths[end]!, ['fields', entry.index, end], fields, options, findings)]),
  );
  const consenting = ends.filter((end) => isConsent(end, entry.paths[end]!, descriptions.get(end), entries));
  for (const end of consenting) consentAsField(end, entry.paths[end]!, ['fields', entry.index, end], findings);
  if (consenting.length > 0) return;
  for (const end of ends) warnOfLikelyConsent(end, descriptions.get(end), ['fields', entry.index, end], findings);
  for (const to of entry.targets) {
    const [source, target] = [descriptions.get(otherEnd(ends, to)), descriptions.get(to)];
    checkTarget(entry, to, target, findings);
    if (source !== undefined && target !== undefined) checkDirection(entry, otherEnd(ends, to), source, to, target, findings);
  }
}

function checkDirection(
  entry: PathFieldEntry,
  from: EndName,
  source: FieldDescription,
  to: EndName,
  target: FieldDescription,
  findings: Findings,
): void {
  const at = ['fields', entry.index, to];
  const direction = `${from}.${source.path} (${source.type}) to ${to}.${target.path} (${target.type})`;
  if (entry.transform !== undefined) {
    if (!entry.transform.fits(source.type, target.type)) {
      const others = transformsBetween(source.type, target.type, entry.targets.length === 2);
      findings.error(
        'MAPPING_INCOMPATIBLE_TYPES',
        ['fields', entry.index, 'as'],
        `The transform "${entry.transform.name}" does not lead from ${direction}.`,
        fitOf(source.type, target.type).fit === 'exact' ? 'leave "as" out: the types are the same' : asHint(others),
      );
      return;
    }
  } else {
    const fit = fitOf(source.type, target.type);
    if (fit.fit === 'refused') {
      const neither = entry.targets.length === 2 && fitOf(target.type, source.type).fit === 'refused';
      if (neither && to !== entry.targets[0]) return;
      findings.error(
        'MAPPING_INCOMPATIBLE_TYPES',
        at,
        `Values cannot be carried from ${direction}${neither ? ', nor back' : ''}.`,
        asHint(transformsBetween(source.type, target.type, entry.targets.length === 2)),
      );
      return;
    }
    if (fit.fit === 'lossy') findings.warning('MAPPING_LOSSY_TYPES', at, `Values are carried from ${direction}, but ${fit.why}.`);
  }
  if (
    source.maxLength !== undefined &&
    target.maxLength !== undefined &&
    source.maxLength > target.maxLength &&
    TEXT_TYPES.has(target.type)
  ) {
    findings.warning(
      'MAPPING_SHORTER_TARGET',
      at,
      `${from}.${source.path} stores ${source.maxLength} characters, ${to}.${target.path} only ${target.maxLength}.`,
    );
  }
  checkOptions(
    entry.transform?.outputs?.(target.type) ?? source.options ?? [],
    `${from}.${source.path}`,
    to,
    target,
    at,
    findings,
  );
}

function asHint(transforms: readonly string[]): string | undefined {
  return transforms.length === 0 ? undefined : `name a transform: as: ${transforms.join(', or as: ')}`;
}

function checkComputedField(
  entry: ComputedFieldEntry,
  entries: Entries,
  fields: KnownFields,
  options: CheckOptions,
  findings: Findings,
): void {
  const { index, source, target: end, path, expression } = entry;
  const at = ['fields', index, 'value'];
  for (const read of expression.reads[source] ?? []) described(source, read, at, fields, options, findings);
  for (const need of expression.needs) {
    findings.warning(
      'MAPPING_EXPRESSION_NEEDS_VALUE',
      at,
      `Where ${need.variable}.${need.path} is blank, the expression cannot be computed and the record waits in quarantine.`,
      `test it first: ${need.variable}.${need.path} == null ? "" : ...`,
    );
  }
  const target = described(end, path, ['fields', index, end], fields, options, findings);
  if (isConsent(end, path, target, entries)) {
    consentAsField(end, path, ['fields', index, end], findings);
    return;
  }
  warnOfLikelyConsent(end, target, ['fields', index, end], findings);
  checkTarget(entry, end, target, findings);
  if (target !== undefined) checkResult(entry, target, findings);
}

function checkResult({ index, target: end, expression }: ComputedFieldEntry, target: FieldDescription, findings: Findings): void {
  const at = ['fields', index, 'value'];
  const allowed = RESULT_TYPES[expression.resultKind];
  if (allowed !== 'any' && !allowed.has(target.type)) {
    findings.error(
      'MAPPING_INCOMPATIBLE_TYPES',
      at,
      `The expression gives ${resultName(expression.resultKind)}, but ${end}.${target.path} is of the type ${target.type}.`,
      RESULT_HINTS[expression.resultKind],
    );
    return;
  }
  if (Object.values(expression.reads).some((paths) => paths.length > 0)) return;
  const constant = expression.evaluate({});
  const stored = 'problem' in constant ? constant : convert(constant.value, target);
  if ('problem' in stored) {
    findings.error(
      'MAPPING_INCOMPATIBLE_TYPES',
      at,
      `The constant cannot be written to ${end}.${target.path}. ${stored.problem}`,
    );
  } else {
    const texts = [stored.value].flat().filter((value) => typeof value === 'string');
    checkOptions(texts, 'The constant', end, target, at, findings);
  }
}

function resultName(kind: ResultKind): string {
  return kind === 'text' ? 'text' : kind === 'integer' ? 'a whole number' : kind === 'decimal' ? 'a decimal number' : `a ${kind}`;
}

/** Each field of an end has one writer: an entry of `fields`, or one of `consent`. */
function checkDuplicates({ ends, fields, consent }: Entries, findings: Findings): void {
  const writers = new Set<string>();
  for (const entry of fields) {
    for (const end of entry.targets)
      claim(end, entry.kind === 'path' ? entry.paths[end]! : entry.path, ['fields', entry.index, end]);
  }
  for (const entry of consent)
    for (const end of ends) if (entry.paths[end] !== undefined) claim(end, entry.paths[end], ['consent', entry.index, end]);
  const purposes = new Set<string>();
  for (const { purpose, index } of consent) {
    if (purposes.has(purpose))
      findings.error('MAPPING_INVALID_ENTRY', ['consent', index, 'purpose'], `The purpose "${purpose}" is declared twice.`);
    purposes.add(purpose);
  }

  function claim(end: EndName, path: string, at: SpecificationPath): void {
    const key = `${end} ${path}`;
    const isField = at[0] === 'fields';
    // A field that is also a consent has been reported as such.
    if (writers.has(key) && (isField || writers.has(`consent ${key}`))) {
      findings.error('MAPPING_DUPLICATE_TARGET', at, `${end}.${path} is already written by an earlier entry.`);
    }
    writers.add(key);
    if (!isField) writers.add(`consent ${key}`);
  }
}

/** What a record needs in order to be created at an end. */
function checkCreation(end: EndName, { ends, match, fields, consent }: Entries, known: KnownFields, findings: Findings): void {
  const writers = new Map(
    fields
      .filter((entry) => entry.targets.includes(end) || entry.creates.includes(end))
      .map((entry) => [entry.kind === 'path' ? entry.paths[end]! : entry.path, entry]),
  );
  const consents = new Set(consent.map((entry) => entry.paths[end]));
  for (const description of known[end]?.values() ?? []) {
    if (!description.required || consents.has(description.path)) continue;
    const writer = writers.get(description.path);
    if (writer === undefined) {
      findings.error(
        'MAPPING_REQUIRED_UNMAPPED',
        ['fields'],
        `Records may be created at "${end}", where ${description.path} cannot be blank, but no field is written to it.`,
        `map ${description.path}, or let the link create no records at "${end}"`,
      );
    } else if (writer.kind === 'path' && !Object.hasOwn(writer.whenBlank, end) && description.type !== 'boolean') {
      const from = otherEnd(ends, end);
      const source = known[from]?.get(writer.paths[from]!);
      const isKey = match.some((entry) => entry.paths[from]!.includes(writer.paths[from]!));
      if (source !== undefined && !source.required && !isKey) {
        findings.warning(
          'MAPPING_REQUIRED_MAY_BE_BLANK',
          ['fields', writer.index, end],
          `${end}.${description.path} cannot be blank, but ${from}.${source.path} can.`,
          `give a value for this case, for instance whenBlank: { ${end}: '-' }`,
        );
      }
    }
  }
  if (match.length > 0 && !match.some((entry) => entry.paths[end]!.every((path) => writers.has(path)))) {
    findings.warning(
      'MAPPING_KEY_NOT_WRITTEN',
      ['match', match[0]!.index, end],
      `Records may be created at "${end}", but no field is written to the match key ${match[0]!.paths[end]!.join(' + ')}.`,
    );
  }
}

function consentAsField(end: EndName, path: string, at: SpecificationPath, findings: Findings): void {
  findings.error(
    'MAPPING_CONSENT_AS_FIELD',
    at,
    `${end}.${path} records a person's consent, which an ordinary field must not touch.`,
    'declare it under "consent"',
  );
}

function isConsent(end: EndName, path: string, description: FieldDescription | undefined, { consent }: Entries): boolean {
  return (description !== undefined && recordsConsent(description)) || consent.some((entry) => entry.paths[end] === path);
}
