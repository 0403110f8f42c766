/** What was written for one person, newest first: for a person to read, and as JSON. */
import type { FieldValue } from '../model/value.ts';
import type { PersonHistory } from '../operations/history.ts';
import type { HistoryEntry } from '../storage/journal.ts';
import { maskKey, maskValue } from '../operations/mask.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

const DONE: Readonly<Record<HistoryEntry['action'], string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  unlink: 'unlinked',
};

const REASONS: Readonly<Record<string, string>> = {
  changed: 'edited there',
  'first-contact': 'the ends differed when they first met; what stood here was overruled or blank',
  conflict: 'both ends were edited; the edit here was overruled by the policy',
  merged: 'both ends were edited; what either added or removed was kept',
  resolved: 'both ends were edited; a person decided for the value there',
  'source-of-truth': 'that end is the source of this field; an edit here is put back',
  'opt-out': 'opted out there',
  'opt-out-put-back': 'an opt-out is not undone',
  'opt-in': 'explicit consent given there',
  created: 'found there only',
  met: 'found there only; a record here had its key already and was written over',
  undo: 'taken back by undo',
};

/** Why a field was written, told from where it was written. */
export function reasonText(reason: string): string {
  return REASONS[reason] ?? reason;
}

const VALUE_COLUMNS = 40;

export function renderHistory(history: PersonHistory, showValues: boolean): string {
  const key = showValues ? history.key : maskKey(history.key);
  const heading = `${safe(history.link)}  ${safe(key)}`;
  if (history.entries.length === 0) return `${heading}\n\nNothing was ever written for this person.\n`;
  return `${[heading, ...history.entries.map((entry) => entryText(entry, showValues))].join('\n\n')}\n`;
}

function entryText(entry: HistoryEntry, showValues: boolean): string {
  const heading = `${safe(entry.at)}  ${safe(entry.command)}  run ${safe(entry.run)}  generation ${entry.generation}`;
  const what = `  ${safe(entry.end)} #${safe(entry.remoteId)} ${DONE[entry.action]}`;
  const paths = Object.keys(entry.fields);
  if (paths.length === 0) return [heading, `${what}: ${safe(entry.reason)}`].join('\n');
  return [heading, what, ...paths.map((path) => `    ~ ${changeText(entry, path, showValues)}`)].join('\n');
}

function changeText(entry: HistoryEntry, path: string, showValues: boolean): string {
  const { reason, origin } = entry.fields[path]!;
  const from = origin === undefined ? '' : `from ${safe(origin)}: `;
  const why = `(${from}${safe(reasonText(reason))})`;
  if (entry.after === undefined) return `${fieldText(path)}: changed, without values: the link keeps hashes only  ${why}`;
  const shown = (value: FieldValue | undefined): string =>
    valueText(showValues ? (value ?? null) : maskValue(value ?? null), VALUE_COLUMNS);
  const former = entry.before?.[path];
  const before = entry.action === 'create' ? '' : `${former === undefined ? 'unknown' : shown(former)} -> `;
  return `${fieldText(path)}: ${before}${shown(entry.after[path])}  ${why}`;
}

export function historyJson(history: PersonHistory, showValues: boolean): object {
  const shown = (value: FieldValue | undefined): FieldValue => (showValues ? (value ?? null) : maskValue(value ?? null));
  return {
    address: history.link,
    key: showValues ? history.key : maskKey(history.key),
    changes: history.entries.map((entry) => ({
      at: entry.at,
      run: entry.run,
      command: entry.command,
      generation: entry.generation,
      end: entry.end,
      id: entry.remoteId,
      action: entry.action,
      reason: entry.reason,
      fields: Object.fromEntries(
        Object.entries(entry.fields).map(([path, { field, origin, reason }]) => [
          path,
          {
            field,
            origin: origin ?? null,
            reason,
            ...(entry.after === undefined ? {} : { before: shown(entry.before?.[path]), after: shown(entry.after[path]) }),
          },
        ]),
      ),
    })),
  };
}
