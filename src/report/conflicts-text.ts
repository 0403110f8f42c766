/** What waits for a person to decide: for people to read, and as JSON. */
import type { FieldValue } from '../model/value.ts';
import type { FieldInConflict, FieldWrite, RecordedResolution, WaitingConflict } from '../operations/conflicts.ts';
import { counted } from './layout.ts';
import { maskKey, maskValue } from './mask.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

const VALUE_COLUMNS = 40;
const SHOWN_WRITES = 3;

export function renderConflicts(conflicts: readonly WaitingConflict[], showValues: boolean): string {
  if (conflicts.length === 0) return 'No conflict waits for a person.\n';
  const lines = conflicts.flatMap((conflict): string[] => {
    const key = safe(showValues ? conflict.key : maskKey(conflict.key));
    if (conflict.kind === 'match')
      return [`${safe(conflict.link)}  ${safe(conflict.end)}  ${key}  ambiguous: #${safe(conflict.remoteId)}`];
    return [
      `${safe(conflict.link)}  ${key}  ${fieldText(conflict.field)}: ${valuesText(conflict, showValues)}`,
      `    ${conflict.conflict}, since ${safe(conflict.since)}`,
      ...decisionLines(conflict),
      ...writeLines(conflict.history, showValues),
    ];
  });
  return `${lines.join('\n')}\n`;
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
        return { link, reason: 'ambiguous', key, end: conflict.end, detail: `#${conflict.remoteId}` };
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

export function renderResolutions(recorded: readonly RecordedResolution[], showValues: boolean): string {
  const lines = recorded.map(
    ({ link, key, field, take }) =>
      `${safe(link)}  ${safe(showValues ? key : maskKey(key))}  ${fieldText(field)}: take ${safe(take)}`,
  );
  const what = `${counted(recorded.length, 'resolution')} recorded. The next cycle carries ${recorded.length === 1 ? 'it' : 'them'} out:\n  syncline sync`;
  return `${[...lines, '', what].join('\n')}\n`;
}

export function resolutionsJson(recorded: readonly RecordedResolution[], showValues: boolean): object {
  return {
    type: 'conflicts_resolved',
    resolutions: recorded.map((each) => ({ ...each, key: showValues ? each.key : maskKey(each.key) })),
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
