/** What a plan does to the records of one link. */
import type { LinkCause, LinkPlan, PersonCounts, ReadingNote, RecordChange, RecordConflict, SkipReason } from '../model/plan.ts';
import { counted, table } from './layout.ts';
import { paintSymbol, type Palette } from './palette.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

const EXAMPLES = 5;
const VALUE_COLUMNS = 60;

const CAUSES: Readonly<Record<LinkCause, string>> = {
  new: 'the link is new, so the records of both ends are matched and compared',
  mapping: 'its mapping or its policy for conflicts changed',
  scope: 'its ends changed, so both ends are read again in full',
  key: 'its match key changed, so the records of both ends are matched again',
  none: 'nothing that concerns its records changed',
};

const IMPORT_CAUSES: Readonly<Record<LinkCause, string>> = {
  ...CAUSES,
  new: 'the import is new, so everything that was sent is read',
  scope: 'what it imports changed, so everything that was sent is read again',
  none: 'nothing that concerns what it imports changed',
};

/** Why the records of a link or an import are concerned. */
export function causeText({ address, cause, generation }: Pick<LinkPlan, 'address' | 'cause' | 'generation'>): string {
  if (cause === 'new' && generation > 1) return 'an apply of it did not come to its end, so it is carried out still';
  return (address.startsWith('CampaignImport/') ? IMPORT_CAUSES : CAUSES)[cause];
}

export const SKIP_REASONS: Readonly<Record<SkipReason, string>> = {
  'no-match-key': 'without a match key',
  'known-elsewhere': 'known to another link, which has a record of the same person there',
  ambiguous: 'several records carry the same match key: never guessed',
  'not-entered': 'not let in by the rules of the link',
  'required-field-blank': 'a required field would be blank',
  'invalid-value': 'a value that the end cannot store',
  quarantined: 'in quarantine',
  conflict: 'changed at both ends; a person decides (syncline conflicts list)',
  unlinked: 'unlinked before',
  left: 'left the link before',
  'flow-off': 'waiting, since the direction is switched off',
  'opted-out': 'of people who may not be mailed: not written until they may',
  'own-opt-out': 'opted out at this end itself: left so, and not carried',
  edited: 'deleted at the other end, and kept because it was edited since',
  'unknown-person': 'of people whom the destination does not know: kept, and recorded once it does',
  'no-place': 'the destination has no place for them: kept by Syncline',
  'not-created-by-syncline': 'deleted at the other end, and kept because Syncline did not create it',
};

/** Lines of one link: risks first, then counts, calls, fields and a sample. */
export function linkLines(link: LinkPlan, palette: Palette): string[] {
  const heading = `${palette.strong(`  # ${safe(link.address)}`)}, generation ${link.generation}: ${causeText(link)}`;
  const paused = link.paused ? ['    It is paused: nothing happens to its records until it is resumed.'] : [];
  if (link.leftOut !== undefined) return [heading, ...paused, ...leftOutLines(link.leftOut)];
  const waiting = backlogLines(link);
  if (link.cause === 'none') return [heading, ...paused, ...conflictLines(link, palette), ...skippedLines(link), ...waiting];
  return [
    heading,
    ...paused,
    ...guardLines(link, palette),
    ...conflictLines(link, palette),
    '',
    ...endLines(link),
    ...personLines(link),
    ...callLines(link),
    ...readingLines(link),
    ...skippedLines(link),
    ...fieldLines(link),
    ...sampleLines(link, palette),
    ...waiting,
  ];
}

/** Whether there is anything to say of the records of a link. */
export function saysSomething(link: LinkPlan): boolean {
  return (
    link.cause !== 'none' || link.paused || link.leftOut !== undefined || Object.values(link.backlog).some((count) => count > 0)
  );
}

function leftOutLines({ reason, calls }: NonNullable<LinkPlan['leftOut']>): string[] {
  const left = `    Its records were left out of this plan. ${safe(reason)}`;
  if (calls === 0) return [left];
  return [left, `    Reading them takes about ${counted(calls, 'call')}:`, `      syncline plan --max-calls ${calls}`];
}

function guardLines(link: LinkPlan, palette: Palette): string[] {
  return (link.guards ?? []).map(
    ({ guard, found, limit }) =>
      `    ${paintSymbol('!', palette)} Guard ${safe(guard)}: ${found} found, ${limit} allowed. Applying stops before its first write unless this is allowed.`,
  );
}

function conflictLines(link: LinkPlan, palette: Palette): string[] {
  const count = conflictCount(link);
  if (count === 0) return [];
  const open = undecidedCount(link);
  const lines = link.conflicts
    .toSorted((one, other) => Number(one.winner !== null) - Number(other.winner !== null))
    .slice(0, EXAMPLES)
    .map((conflict) => `      ${paintSymbol('?', palette)} ${conflictText(conflict)}`);
  return [
    `    ${counted(count, 'conflict')}: both ends hold different values${open === 0 ? '' : `; ${open} for a person to decide`}`,
    ...lines,
    ...moreLines(count - lines.length, '      '),
  ];
}

export function conflictCount(link: LinkPlan): number {
  return link.conflictCount ?? link.conflicts.length;
}

/** Conflicts that are left to a person; of a plan that does not tell, those of its sample. */
export function undecidedCount(link: LinkPlan): number {
  return link.undecidedCount ?? link.conflicts.filter(({ winner }) => winner === null).length;
}

export function conflictText(conflict: RecordConflict): string {
  const values = Object.entries(conflict.values).map(([end, value]) => `${safe(end)} ${valueText(value, VALUE_COLUMNS)}`);
  const winner = conflict.winner === null ? 'a person has to decide' : `${safe(conflict.winner)} wins`;
  return `${safe(conflict.key, VALUE_COLUMNS)}  ${fieldText(conflict.field)}: ${values.join(', ')}; ${winner}`;
}

function endLines(link: LinkPlan): string[] {
  const rows = Object.entries(link.ends).map(([name, end]) => [
    safe(name),
    safe(end.integration),
    safe(end.object),
    ...[end.create, end.update, end.delete, end.unchanged].map(String),
  ]);
  const heading = ['end', 'system', 'object', 'create', 'update', 'delete', 'unchanged'];
  return table([heading, ...rows], ['left', 'left', 'left', 'right', 'right', 'right', 'right'], '    ');
}

function personLines({ persons }: LinkPlan): string[] {
  return persons === undefined ? [] : ['', `    ${personsText(persons)}`];
}

/** How persons are matched, in one line. */
export function personsText({ known, joined, apart, ambiguous }: PersonCounts): string {
  const parts = [`${known} linked already`, `${joined} to be joined`];
  if (apart > 0) parts.push(`${apart} linked although their records share no key any more: they stay linked`);
  if (ambiguous > 0) parts.push(`${counted(ambiguous, 'record')} ambiguous: never guessed`);
  return `Persons: ${parts.join('; ')}.`;
}

function callLines(link: LinkPlan): string[] {
  const rows = Object.entries(link.calls).map(([integration, calls]) => [
    safe(integration),
    String(calls.planned),
    String(calls.minimum),
    shareText(calls.planned, calls.dailyLimit, calls.dailyUsed),
  ]);
  if (rows.length === 0) return [];
  return [
    '',
    ...table([['calls', 'planned', 'minimum', 'of the daily limit'], ...rows], ['left', 'right', 'right', 'left'], '    '),
  ];
}

function readingLines({ reading = [] }: LinkPlan): string[] {
  if (reading.length === 0) return [];
  const rows = reading.map((note) => [
    safe(note.end),
    note.path === null ? READING_SUBJECTS[note.about] : fieldText(note.path),
    safe(readingText(note), 400),
  ]);
  return ['', '    How it is read:', ...table(rows, ['left', 'left', 'left'], '      ')];
}

export const READING_SUBJECTS: Readonly<Record<ReadingNote['about'], string>> = {
  'no-feed': 'all fields',
  dependency: '',
  rule: 'who enters',
};

export function readingText({ about, movedBy, read, calls = 0 }: ReadingNote): string {
  if (about === 'rule') return 'decided here: a read in full lists every record';
  const because = about === 'no-feed' ? 'the vendor tells no changes' : `moved by ${movedBy.join(', ')}`;
  if (read === 'changes') return `${because}, whose changes are asked for as well`;
  if (read === 'every-cycle') return `${because}: every cycle reads all records, ${counted(calls, 'call')}`;
  return `${because}: seen with a sweep only, ${counted(calls, 'call')} (syncline sync --sweep)`;
}

/** `1.2 % of 15000 (300 used)`. */
export function shareText(planned: number, limit: number | null, used: number | null): string {
  if (limit === null) return 'no daily limit known';
  const share =
    limit === 0 ? '100 %' : planned > 0 && planned / limit < 0.001 ? '< 0.1 %' : `${Math.round((planned / limit) * 1000) / 10} %`;
  return `${share} of ${limit}${used === null ? '' : ` (${used} used)`}`;
}

function skippedLines(link: LinkPlan): string[] {
  if (link.skipped.length === 0) return [];
  const rows = link.skipped.map(({ end, reason, count, keys }) => {
    const examples = keys.slice(0, EXAMPLES).map((key) => safe(key, VALUE_COLUMNS));
    return [safe(end), String(count), SKIP_REASONS[reason], examples.length === 0 ? '' : `for example ${examples.join(', ')}`];
  });
  return ['', '    Left alone:', ...table(rows, ['left', 'right', 'left', 'left'], '      ')];
}

function fieldLines(link: LinkPlan): string[] {
  const rows = Object.entries(link.ends).flatMap(([end, { fields }]) =>
    Object.entries(fields)
      .toSorted(([, one], [, other]) => other.write - one.write)
      .map(([path, { write, clear }]) => [safe(end), fieldText(path), `${write} written`, clear === 0 ? '' : `${clear} cleared`]),
  );
  return rows.length === 0 ? [] : ['', '    Fields written:', ...table(rows, ['left', 'left', 'left', 'left'], '      ')];
}

function sampleLines(link: LinkPlan, palette: Palette): string[] {
  if (link.records.length === 0) return [];
  const all = link.records.length >= link.recordCount;
  const heading = all
    ? `    ${counted(link.recordCount, 'record')}:`
    : `    ${link.records.length} of ${counted(link.recordCount, 'record')}:`;
  return ['', heading, ...link.records.flatMap((record) => recordLines(record, palette))];
}

const RECORD_SYMBOLS = { create: '+', update: '~', delete: '-' } as const;

export function recordLines(record: RecordChange, palette: Palette): string[] {
  const symbol = RECORD_SYMBOLS[record.action];
  const because = record.reason === '' ? '' : palette.faint(`  # ${safe(record.reason)}`);
  const heading = `      ${paintSymbol(symbol, palette)} ${safe(record.end)} ${record.action} ${safe(record.key, VALUE_COLUMNS)}${because}`;
  const fields = Object.entries(record.fields).map(([path, { before, after }]) => {
    const became =
      record.action === 'create'
        ? valueText(after, VALUE_COLUMNS)
        : `${valueText(before, VALUE_COLUMNS)} -> ${valueText(after, VALUE_COLUMNS)}`;
    return `          ${fieldText(path)}: ${became}`;
  });
  return [heading, ...fields];
}

function backlogLines(link: LinkPlan): string[] {
  const waiting = Object.entries(link.backlog).filter(([, count]) => count > 0);
  if (waiting.length === 0) return [];
  return [
    ...(link.cause === 'none' ? [] : ['']),
    `    Waiting for the next cycle, whatever becomes of this plan: ${waiting.map(([end, count]) => `${count} to ${safe(end)}`).join(', ')}.`,
  ];
}

function moreLines(count: number, indent: string): string[] {
  return count > 0 ? [`${indent}... and ${count} more`] : [];
}
