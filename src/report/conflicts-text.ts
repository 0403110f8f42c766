/** What waits for a person to decide: for people to read, and as JSON. */
import type { FieldValue } from '../model/value.ts';
import type {
  AmbiguousMatch,
  CandidateRecord,
  FieldInConflict,
  FieldWrite,
  RecordedResolution,
  WaitingConflict,
} from '../operations/conflicts.ts';
import type { RecordPlace } from '../operations/match-decision.ts';
import { counted } from './layout.ts';
import { maskKey, maskValue } from '../operations/mask.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

const VALUE_COLUMNS = 40;
const SHOWN_WRITES = 3;
const SHOWN_FIELDS = 4;

export function renderConflicts(conflicts: readonly WaitingConflict[], showValues: boolean): string {
  if (conflicts.length === 0) return 'No conflict waits for a person.\n';
  const lines = conflicts.flatMap((conflict): string[] => {
    if (conflict.kind === 'match') return matchLines(conflict, showValues);
    return [
      `${safe(conflict.link)}  ${keyText(conflict.key, showValues)}  ${fieldText(conflict.field)}: ${valuesText(conflict, showValues)}`,
      `    ${conflict.conflict}, since ${safe(conflict.since)}`,
      ...decisionLines(conflict),
      ...writeLines(conflict.history, showValues),
    ];
  });
  return `${[...lines, ...matchAdvice(conflicts)].join('\n')}\n`;
}

function matchLines(match: AmbiguousMatch, showValues: boolean): string[] {
  const line = (record: CandidateRecord): string =>
    `${safe(record.end)} #${safe(record.remoteId)} ${candidateText(record, match.keyFields[record.end]!, showValues)}`.trimEnd();
  return [
    `${safe(match.link)}  ${keyText(match.key, showValues)}  ambiguous: ${line(match)}`,
    ...match.candidates.map((candidate) => `    like ${line(candidate)}${candidate.linked ? ', linked already' : ''}`),
    ...(match.hasMoreCandidates ? ['    ... and more'] : []),
    ...(match.partner === undefined
      ? []
      : [`    decided: the same person as ${placeText(match.partner)}; the next cycle links the two`]),
  ];
}

/** What tells a record from those that share its key. */
function candidateText({ values }: CandidateRecord, keyFields: readonly string[], showValues: boolean): string {
  const telling = Object.entries(values ?? {}).filter(
    ([path, value]) =>
      !keyFields.includes(path) && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  const shownFields = telling.slice(0, SHOWN_FIELDS).map(([path, value]) => {
    return `${fieldText(path)} ${valueText(shown(value, showValues), VALUE_COLUMNS)}`;
  });
  return shownFields.length === 0 ? '' : `(${shownFields.join(', ')})`;
}

function matchAdvice(conflicts: readonly WaitingConflict[]): string[] {
  const byLink = Map.groupBy(
    conflicts.filter((conflict) => conflict.kind === 'match'),
    ({ link }) => link,
  );
  return [...byLink].flatMap(([link, [match]]) => {
    const fields = Object.entries(match!.keyFields).map(([end, paths]) => `${safe(end)} ${paths.map(fieldText).join(', ')}`);
    return [
      '',
      `Who belongs to whom is never guessed. For ${safe(link)}, say which records of the two ends are one person:`,
      `  syncline conflicts resolve ${safe(link)} ID --partner ID`,
      'Or, at the end that has several of them: merge the records that are one person, or give one of two persons another',
      'value in a field that they are matched by',
      `(${fields.join('; ')}). The next cycle links who is left:`,
      `  syncline sync ${safe(link)}`,
    ];
  });
}

function placeText({ end, remoteId }: RecordPlace): string {
  return `${safe(end)} #${safe(remoteId)}`;
}

function keyText(key: string, showValues: boolean): string {
  return safe(showValues ? key : maskKey(key));
}

function valuesText({ values }: FieldInConflict, showValues: boolean): string {
  if (values === undefined) return 'values are not kept: the link keeps hashes only';
  return Object.entries(values)
    .map(([end, value]) => `${safe(end)} ${valueText(shown(value, showValues), VALUE_COLUMNS)}`)
    .join(', ');
}

function decisionLines({ resolution, voided }: FieldInConflict): string[] {
  if (resolution !== undefined)
    return [
      `    decided by ${safe(resolution.by)} at ${safe(resolution.at)}: take ${safe(resolution.take)}; the next cycle does it`,
    ];
  return voided === undefined
    ? []
    : [`    the decision to take ${safe(voided)} is void: a value was changed before a cycle could do it`];
}

function writeLines(history: readonly FieldWrite[], showValues: boolean): string[] {
  const lines = history.slice(0, SHOWN_WRITES).map(({ at, end, reason, values }) => {
    const change =
      values === undefined
        ? 'written'
        : `${valueText(shown(values.before, showValues), VALUE_COLUMNS)} -> ${valueText(shown(values.after, showValues), VALUE_COLUMNS)}`;
    return `    ${safe(at)}  ${safe(end)}: ${change} (${safe(reason)})`;
  });
  return history.length > SHOWN_WRITES ? [...lines, `    ... and ${history.length - SHOWN_WRITES} earlier`] : lines;
}

export function conflictsJson(conflicts: readonly WaitingConflict[], showValues: boolean): object {
  return {
    records: conflicts.map((conflict) => {
      const key = showValues ? conflict.key : maskKey(conflict.key);
      const { link } = conflict;
      if (conflict.kind === 'match')
        return {
          link,
          reason: 'ambiguous',
          key,
          end: conflict.end,
          detail: `#${conflict.remoteId}`,
          values: candidateValues(conflict, showValues),
          candidates: conflict.candidates.map((candidate) => ({
            end: candidate.end,
            id: candidate.remoteId,
            key: showValues ? candidate.key : maskKey(candidate.key),
            linked: candidate.linked,
            values: candidateValues(candidate, showValues),
          })),
          more_candidates: conflict.hasMoreCandidates,
          partner: conflict.partner === undefined ? null : { end: conflict.partner.end, id: conflict.partner.remoteId },
        };
      const { resolution, values } = conflict;
      return {
        link,
        reason: 'conflict',
        key,
        conflict: conflict.conflict,
        field: conflict.field,
        values: values === undefined ? null : mapValues(values, (value) => shown(value, showValues)),
        since: conflict.since,
        resolution: resolution ?? null,
        voided: conflict.voided ?? null,
        history: conflict.history.map((write) => ({
          at: write.at,
          run: write.run,
          end: write.end,
          reason: write.reason,
          ...(write.values === undefined ? {} : mapValues(write.values, (value) => shown(value, showValues))),
        })),
      };
    }),
  };
}

function candidateValues({ values }: CandidateRecord, showValues: boolean): Readonly<Record<string, FieldValue>> | null {
  return values === undefined ? null : mapValues(values, (value) => shown(value, showValues));
}

export function renderResolutions(recorded: readonly RecordedResolution[], showValues: boolean): string {
  const lines = recorded.map((each) => {
    const what =
      'records' in each
        ? `${each.records.map(placeText).join(' and ')} are one person`
        : `${fieldText(each.field)}: take ${safe(each.take)}`;
    return `${safe(each.link)}  ${keyText(each.key, showValues)}  ${what}`;
  });
  const what = `${counted(recorded.length, 'resolution')} recorded. The next cycle carries ${recorded.length === 1 ? 'it' : 'them'} out:\n  syncline sync`;
  return `${[...lines, '', what].join('\n')}\n`;
}

export function resolutionsJson(recorded: readonly RecordedResolution[], showValues: boolean): object {
  return {
    type: 'conflicts_resolved',
    resolutions: recorded.map((each) => {
      const key = showValues ? each.key : maskKey(each.key);
      if (!('records' in each)) return { ...each, key };
      return { link: each.link, key, records: each.records.map(({ end, remoteId }) => ({ end, id: remoteId })) };
    }),
  };
}

function shown(value: FieldValue, showValues: boolean): FieldValue {
  return showValues ? value : maskValue(value);
}

function mapValues(
  values: Readonly<Record<string, FieldValue>>,
  change: (value: FieldValue) => FieldValue,
): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
