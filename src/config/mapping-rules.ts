import type { Draft, DraftConfiguration, DraftDeclaration, Findings } from './draft.ts';
import { entriesOf } from './draft.ts';
import { flowTargets, pathAt } from './configuration.ts';
import type { MappingConsent, MappingField } from './generated/documents.ts';
import { schemaFile } from './schema-files.ts';
import { didYouMean, nearest } from './suggestion.ts';
import type { ValuePath } from './value-reader.ts';

type List = 'match' | 'fields' | 'consent';

/** Rules of mappings that the schema cannot express, since the names of the ends are the user's. */
export function checkMappings(configuration: DraftConfiguration, findings: Findings): void {
  const providers = knownProviders();
  for (const mapping of configuration.mappings.values()) {
    for (const [end, object] of entriesOf(mapping.spec.between)) {
      const provider = object.slice(0, object.indexOf('/'));
      if (providers.includes(provider)) continue;
      const detail = `There is no provider "${provider.slice(0, 80)}".`;
      findings.atValue(mapping, ['spec', 'between', end], 'CONFIG_UNKNOWN_REFERENCE', detail, didYouMean(provider, providers));
    }
    const ends = endsOf(mapping);
    if (ends === undefined) continue;
    for (const list of ['match', 'consent'] as const) {
      for (const [index, entry] of (mapping.spec[list] ?? []).entries()) {
        if (entry === undefined) continue;
        if (!checkNames(mapping, list, index, entry, ends, findings) || isAtOneEnd(entry, ends)) continue;
        checkBothEnds(mapping, list, index, entry, ends, findings);
      }
    }
    for (const [index, field] of (mapping.spec.fields ?? []).entries()) {
      if (field === undefined) continue;
      checkField(mapping, index, field, ends, findings);
    }
    for (const [index, consent] of (mapping.spec.consent ?? []).entries()) {
      if (consent !== undefined) checkConsent(mapping, index, consent, ends, findings);
    }
    checkWrittenTwice(mapping, ends, findings);
  }
}

/** The names of a mapping's two ends; `undefined` where they are at fault. */
export function endsOf(mapping: DraftDeclaration<'Mapping'>): readonly [string, string] | undefined {
  const [one, other, ...more] = Object.keys(mapping.spec.between ?? {});
  return one === undefined || other === undefined || more.length > 0 ? undefined : [one, other];
}

function knownProviders(): readonly string[] {
  const spec = schemaFile('integration.schema.json').schema.properties!['spec'];
  const provider = spec === undefined || spec === false ? undefined : spec.properties!['provider'];
  return provider === undefined || provider === false ? [] : provider.enum!.map(String);
}

/** Reports words that are neither settings nor ends. Returns whether there was none. */
function checkNames(
  mapping: DraftDeclaration<'Mapping'>,
  list: List,
  index: number,
  entry: object,
  ends: readonly string[],
  findings: Findings,
): boolean {
  const settings = settingsOf(list);
  const foreign = Object.keys(entry).filter((key) => !ends.includes(key) && !settings.includes(key));
  for (const key of foreign) {
    const candidates = [...ends, ...settings].filter(
      (candidate) => !Object.hasOwn(entry, candidate) || settings.includes(candidate),
    );
    const similar = nearest(key, candidates);
    const hint =
      similar === undefined ? `remove it, or name one of the ends ${ends.join(' and ')}` : `did you mean "${similar}"?`;
    const detail = `"${key.slice(0, 80)}" is neither a setting nor one of the ends ${ends.join(' and ')}.`;
    findings.atKey(mapping, ['spec', list, index, key], 'CONFIG_UNKNOWN_END', detail, hint);
  }
  return foreign.length === 0;
}

function settingsOf(list: List): readonly string[] {
  const spec = schemaFile('mapping.schema.json').schema.properties!['spec'];
  const entries = spec === undefined || spec === false ? undefined : spec.properties![list];
  return entries === undefined || entries === false ? [] : Object.keys(entries.items?.properties ?? {});
}

/** An account-wide state may be one that only one of the two systems has. */
function isAtOneEnd(entry: object, ends: readonly string[]): boolean {
  return (entry as { purpose?: unknown }).purpose === 'all' && ends.some((end) => Object.hasOwn(entry, end));
}

function checkConsent(
  mapping: DraftDeclaration<'Mapping'>,
  index: number,
  consent: Draft<MappingConsent>,
  ends: readonly [string, string],
  findings: Findings,
): void {
  const path = ['spec', 'consent', index];
  if (consent.authority !== undefined) checkEnd(mapping, [...path, 'authority'], consent.authority, ends, findings);
  if (consent.flow?.startsWith('to-') === true) checkEnd(mapping, [...path, 'flow'], consent.flow.slice(3), ends, findings);
  for (const setting of ['optedOutWhen', 'address'] as const)
    for (const end of Object.keys(consent[setting] ?? {})) checkEnd(mapping, [...path, setting, end], end, ends, findings, 'key');
}

function checkBothEnds(
  mapping: DraftDeclaration<'Mapping'>,
  list: List,
  index: number,
  entry: object,
  ends: readonly string[],
  findings: Findings,
): void {
  const path = ['spec', list, index];
  const missing = ends.filter((end) => !isNamed(mapping, path, entry, end));
  if (missing.length === 0) return;
  const detail = `The entry names no path at ${missing.join(' and ')}.`;
  findings.atKey(mapping, path, 'CONFIG_INCOMPLETE_FIELD', detail, `add ${missing.map((end) => `${end}: PATH`).join(', ')}`);
}

/** Whether an end has a path, one that was taken out as faulty included. */
function isNamed(mapping: DraftDeclaration<'Mapping'>, path: ValuePath, entry: object, end: string): boolean {
  return Object.hasOwn(entry, end) || mapping.source.hasKey([...path, end]);
}

function checkField(
  mapping: DraftDeclaration<'Mapping'>,
  index: number,
  field: Draft<MappingField>,
  ends: readonly [string, string],
  findings: Findings,
): void {
  const path = ['spec', 'fields', index];
  const namesAreKnown = checkNames(mapping, 'fields', index, field, ends, findings);
  for (const end of Object.keys(field.whenBlank ?? {}))
    checkEnd(mapping, [...path, 'whenBlank', end], end, ends, findings, 'key');
  const { flow } = field;
  if (typeof flow === 'string' && flow.startsWith('to-') && !checkEnd(mapping, [...path, 'flow'], flow.slice(3), ends, findings))
    return;
  if (!namesAreKnown) return;
  if (!mapping.source.hasKey([...path, 'value'])) {
    checkBothEnds(mapping, 'fields', index, field, ends, findings);
  } else if (typeof flow === 'string') {
    checkComputed(mapping, path, field, flow, ends, findings);
  }
}

function checkComputed(
  mapping: DraftDeclaration<'Mapping'>,
  path: ValuePath,
  field: object,
  flow: string,
  ends: readonly [string, string],
  findings: Findings,
): void {
  const named = ends.filter((end) => isNamed(mapping, path, field, end));
  if (flow === 'both') {
    const detail = 'The field is computed, and what an expression made cannot be taken back.';
    const hint = named.length === 1 ? `write flow: to-${named[0]}` : 'write flow: to-END, or name a transform with as';
    findings.atValue(mapping, [...path, 'flow'], 'CONFIG_COMPUTED_BOTH_WAYS', detail, hint);
    return;
  }
  const [target] = flowTargets(flow, ends);
  if (named.length === 0) {
    const hint = target === undefined ? 'add END: PATH' : `add ${target}: PATH`;
    findings.atKey(mapping, path, 'CONFIG_INCOMPLETE_FIELD', 'The field says what is written, but not where.', hint);
    return;
  }
  for (const end of named) {
    if (target === undefined ? named.length === 1 : end === target) continue;
    const detail = `The field is computed, so ${end} contributes through the expression and needs no path.`;
    findings.atKey(
      mapping,
      [...path, end],
      'CONFIG_UNEXPECTED_KEY',
      detail,
      target === undefined ? 'keep one of the paths' : `keep ${target} only`,
    );
  }
}

/** Reports the name of an end that the mapping does not have. Returns whether it has it. */
function checkEnd(
  mapping: DraftDeclaration<'Mapping'>,
  path: ValuePath,
  name: string,
  ends: readonly string[],
  findings: Findings,
  part: 'key' | 'value' = 'value',
): boolean {
  if (ends.includes(name)) return true;
  const detail = `"${name}" is none of the ends ${ends.join(' and ')}.`;
  const report = part === 'key' ? findings.atKey.bind(findings) : findings.atValue.bind(findings);
  report(mapping, path, 'CONFIG_UNKNOWN_END', detail, didYouMean(name, ends));
  return false;
}

/** A field is written by one entry, of consent too: with one flag for two purposes, leaving one would be leaving both. */
function checkWrittenTwice(mapping: DraftDeclaration<'Mapping'>, ends: readonly [string, string], findings: Findings): void {
  const first = new Map<string, ValuePath>();
  const claim = (path: ValuePath, end: string, field: string | undefined) => {
    if (field === undefined) return;
    // Vendors do not tell fields apart by case.
    const key = `${end} ${field.toLowerCase()}`;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, path);
    } else {
      const { file, line, column } = mapping.source.valueRange(earlier);
      const detail = `An earlier entry writes ${field} at ${end} already, at ${file}:${line}:${column}.`;
      const shared = earlier[1] === 'consent' && path[1] === 'consent';
      const hint = shared ? 'where it stands for all purposes, give it an entry of its own: purpose: all' : 'keep one of the two';
      findings.atValue(mapping, path, 'CONFIG_FIELD_WRITTEN_TWICE', detail, hint);
    }
  };
  for (const [index, field] of (mapping.spec.fields ?? []).entries()) {
    if (field?.flow === undefined) continue;
    for (const end of flowTargets(field.flow, ends)) claim(['spec', 'fields', index, end], end, pathAt(field, end));
  }
  for (const [index, consent] of (mapping.spec.consent ?? []).entries()) {
    if (consent === undefined) continue;
    for (const end of ends) claim(['spec', 'consent', index, end], end, pathAt(consent, end));
  }
}
