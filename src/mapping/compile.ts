/** Makes a compiled mapping of a specification: read the entries, judge them, bind what they mean. */
import { hasErrors } from '../model/diagnostics/diagnostic.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { FieldDescription } from '../model/value.ts';
import { checkEntries } from './check.ts';
import type { Entries } from './check.ts';
import type { CheckOptions } from './described-field.ts';
import { compileConsent } from './consent.ts';
import { readConsent } from './consent-entries.ts';
import { readEnds, readField, readMatch } from './entries.ts';
import type { FieldEntry, MatchEntry } from './entries.ts';
import { sortedSet, valueAt } from './equality.ts';
import { compileComputedField, compilePathField } from './field.ts';
import { collectFindings } from './findings.ts';
import type { Locate } from './findings.ts';
import type { CompiledField, CompiledMapping, CompiledMatch, EndName, KnownFields } from './mapping.ts';
import { normalizeKey } from './match-key.ts';
import type { MappingSpecification } from './specification.ts';

export interface Compilation {
  /** Absent where there are errors. */
  readonly mapping: CompiledMapping | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles a mapping and reports every fault at once. Never throws.
 *
 * @param fields what is known of the fields; what is not known is neither judged nor converted
 * @param locate finds a part of the specification in its file, for the diagnostics
 */
export function compileMapping(
  name: string,
  specification: MappingSpecification,
  fields: KnownFields,
  locate?: Locate,
  options: CheckOptions = {},
): Compilation {
  const findings = collectFindings(name, locate);
  const ends = readEnds(specification, findings);
  if (ends === undefined) return { mapping: undefined, diagnostics: findings.diagnostics };

  const match = present(specification.match.map((entry, index) => readMatch(entry, index, ends, findings)));
  const entries: Entries = {
    ends,
    match,
    fields: present(specification.fields.map((entry, index) => readField(entry, index, ends, fields, findings))),
    consent: present((specification.consent ?? []).map((entry, index) => readConsent(entry, index, ends, match, findings))),
  };
  checkEntries(entries, fields, options, findings);
  const { diagnostics } = findings;
  return { mapping: hasErrors(diagnostics) ? undefined : bind(name, specification, entries, fields), diagnostics };
}

function bind(name: string, { between }: MappingSpecification, entries: Entries, known: KnownFields): CompiledMapping {
  const { ends } = entries;
  const match = entries.match.map(compileMatch);
  const fields = entries.fields.map((entry) => compileField(entry, between, ends, known));
  const consent = entries.consent.map(({ purpose, paths, targets, authority, addresses, optedOutWhen }) =>
    compileConsent(
      { purpose, path: paths, targets, authority, addressPath: addresses, optedOutWhen },
      describe(paths, ends, known),
    ),
  );
  const paths = ends.map((end) => {
    const read = [
      ...fields.flatMap((field) => field.read[end] ?? []),
      ...match.flatMap((key) => key.read[end]!),
      ...entries.consent.flatMap(({ paths, addresses }) => [paths[end], addresses[end]]).filter((path) => path !== undefined),
    ];
    return [end, sortedSet(read)] as const;
  });
  return { name, ends, match, fields, consent, paths: Object.fromEntries(paths) };
}

function compileMatch({ paths, normalize }: MatchEntry): CompiledMatch {
  return {
    // Hashes are made with it: the order in which a document names its ends must not tell in it.
    id: JSON.stringify([
      Object.fromEntries(Object.entries(paths).toSorted(([one], [other]) => (one < other ? -1 : 1))),
      normalize,
    ]),
    read: paths,
    key(end, values) {
      const parts = (paths[end] ?? []).map((path, index) => normalizeKey(valueAt(values, path), normalize[index]!));
      if (parts.length === 0 || parts.includes(undefined)) return undefined;
      return parts.length === 1 ? parts[0] : JSON.stringify(parts);
    },
  };
}

function compileField(
  entry: FieldEntry,
  between: MappingSpecification['between'],
  ends: readonly [EndName, EndName],
  known: KnownFields,
): CompiledField {
  if (entry.kind === 'path')
    return compilePathField({ ...entry, between, ends, descriptions: describe(entry.paths, ends, known) });
  return compileComputedField({ ...entry, between, ends, descriptions: describe({ [entry.target]: entry.path }, ends, known) });
}

function describe(
  paths: Readonly<Record<EndName, string>>,
  ends: readonly EndName[],
  known: KnownFields,
): Readonly<Record<EndName, FieldDescription | undefined>> {
  return Object.fromEntries(ends.map((end) => [end, paths[end] === undefined ? undefined : known[end]?.get(paths[end])]));
}

function present<Item>(items: readonly (Item | undefined)[]): readonly Item[] {
  return items.filter((item) => item !== undefined);
}
