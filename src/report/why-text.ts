import type { FieldValue } from '../model/value.ts';
import type { Explanation, FieldExplanation } from '../operations/why.ts';
import { reasonText } from './history-text.ts';
import { maskKey, maskValue } from '../operations/mask.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

const VALUE_COLUMNS = 40;

/** Of one person: what both ends last agreed on, and the rule and evidence behind it. */
export function renderWhy(explanation: Explanation, showValues: boolean): string {
  const { link, key, generation, records, waits, fields } = explanation;
  const lines = [
    `${safe(link)}  ${safe(showValues ? key : maskKey(key))}  generation ${generation}`,
    ...records.map(({ end, remoteId, state }) => `  ${safe(end)} #${safe(remoteId)} ${state}`),
    ...waits.map(
      ({ end, status, reason, since }) =>
        `  ${safe(end)} ${safe(status)}${since === undefined ? '' : ` since ${safe(since)}`}: ${safe(reason)}`,
    ),
    ...fields.flatMap((field) => ['', ...fieldLines(field, showValues)]),
    ...(waits.some(({ status }) => status === 'quarantined')
      ? ['', 'To see when it is tried again:', `  syncline quarantine list ${safe(link)}`]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function fieldLines(field: FieldExplanation, showValues: boolean): string[] {
  const values = Object.entries(field.values).map(
    ([end, { path, value }]) => `${safe(end)} ${fieldText(path)} = ${shownText(value, showValues)}`,
  );
  return [
    `${fieldText(field.field)}  (${safe(field.flow)}; ${safe(field.policy)})`,
    `  ${values.join(', ')}`,
    `  ${evidenceText(field)}`,
    ...field.suppressions.map(
      ({ purpose, state, at }) => `  suppression list: ${safe(state)} for ${safe(purpose)} since ${safe(at)}`,
    ),
  ];
}

function shownText(value: FieldValue | undefined, showValues: boolean): string {
  if (value === undefined) return 'kept as a hash only';
  return valueText(showValues ? value : maskValue(value), VALUE_COLUMNS);
}

function evidenceText({ last }: FieldExplanation): string {
  if (last === undefined) return 'never written: both ends held it when they first agreed, or neither does';
  const from = last.origin === undefined ? '' : `from ${safe(last.origin)}: `;
  return `written to ${safe(last.end)} at ${safe(last.at)} by ${safe(last.command)} ${safe(last.run)} (${from}${safe(reasonText(last.reason))})`;
}

export function whyJson(explanation: Explanation, showValues: boolean): object {
  const { link, key, generation, records, waits, fields } = explanation;
  const shown = (value: FieldValue | undefined): object =>
    value === undefined ? { retained: 'hash' } : { value: showValues ? value : maskValue(value) };
  return {
    address: link,
    key: showValues ? key : maskKey(key),
    generation,
    records: records.map(({ end, remoteId, state }) => ({ end, id: remoteId, state })),
    waits: waits.map((wait) => ({ ...wait, since: wait.since ?? null })),
    fields: fields.map(({ field, flow, policy, values, last, suppressions }) => ({
      field,
      flow,
      policy,
      values: Object.fromEntries(Object.entries(values).map(([end, { path, value }]) => [end, { path, ...shown(value) }])),
      last: last === undefined ? null : { ...last, origin: last.origin ?? null },
      suppressions,
    })),
  };
}
