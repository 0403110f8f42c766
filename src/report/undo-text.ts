/** The plan of an undo and what became of it. Personal data is masked unless values are asked for. */
import type { FieldValue } from '../model/value.ts';
import type { UndoPlan, UndoResult } from '../operations/undo.ts';
import type { UndoLeftReason, UndoRecord } from '../records/undo.ts';
import { counted } from './layout.ts';
import { maskKey, maskValue } from '../operations/mask.ts';
import { paintSymbol, paletteOf, type Palette } from './palette.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

export interface UndoTextOptions {
  readonly colour: boolean;
  readonly showValues: boolean;
}

export const UNDO_CANCELLED = 'Undo cancelled.';

const LEFT: Readonly<Record<UndoLeftReason, string>> = {
  'edited-since': 'it was edited since',
  gone: 'the record does not exist any more',
  created: 'the run created this record; --delete-created would delete it',
  deleted: 'a deleted record cannot be brought back',
  'not-linked': 'the record is not linked any more',
  'not-mapped': 'the field is not mapped any more',
  'no-values': 'the values that were agreed on are not kept',
  'unknown-before': 'what it held before is not known',
  'opt-out-stays': 'an opt-out is never taken back',
  'address-suppressed': 'the former address is on the suppression list',
  refused: 'refused by the vendor',
  unanswered: 'no answer: the next cycle reads it back',
};

const NOT_UNDONE = 'what it recorded stays. Campaigns and activities are added only, and an unsubscription is never taken back.';

const VALUE_COLUMNS = 40;

export function renderUndoPlan(plan: UndoPlan, options: UndoTextOptions): string {
  const palette = paletteOf(options.colour);
  const { run, imports, links } = plan;
  const total = (count: (link: UndoPlan['links'][number]) => number): number => links.reduce((sum, link) => sum + count(link), 0);
  const lines = [
    `Undo of run ${safe(run.id)} (${safe(run.command)}, ${safe(run.startedAt)})`,
    ...links.flatMap((link) => ['', palette.strong(safe(link.address)), ...recordLines(link, palette, options)]),
    ...imports.flatMap((address) => ['', `${palette.strong(safe(address))}: ${NOT_UNDONE}`]),
    '',
    `Undo: ${counted(
      total((link) => link.update),
      'record',
    )} to put back, ${total((link) => link.delete)} to delete; of ${total((link) => link.left)} something is left as it is.`,
    ...(total((link) => link.update) === 0
      ? []
      : [
          'Only what the run wrote is put back. Where it carried an edit from the other end, the edit stays there: the two',
          'ends then agree to differ in that field, until somebody edits it again.',
        ]),
    ...(run.command === 'apply'
      ? ['Resources and specifications stay: to take them back, change the configuration and apply.']
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function recordLines(link: UndoPlan['links'][number], palette: Palette, options: UndoTextOptions): string[] {
  if (link.records.length === 0) return ['  Nothing is left of what it wrote.'];
  const more = link.update + link.delete + link.left - link.records.length;
  return [...link.records.flatMap((record) => recordText(record, palette, options)), ...(more > 0 ? ['  ... and more'] : [])];
}

function recordText(record: UndoRecord, palette: Palette, { showValues }: UndoTextOptions): string[] {
  const symbol = record.action === 'delete' ? '-' : record.action === 'update' ? '~' : ' ';
  const key = showValues ? record.key : maskKey(record.key);
  const shown = (value: FieldValue): string => valueText(showValues ? value : maskValue(value), VALUE_COLUMNS);
  return [
    `  ${symbol === ' ' ? ' ' : paintSymbol(symbol, palette)} ${safe(record.end)} #${safe(record.remoteId)}  ${safe(key)}`,
    ...Object.entries(record.fields).map(
      ([path, { present, former }]) => `      ${fieldText(path)}: ${shown(present)} -> ${shown(former)}`,
    ),
    ...record.left.map((left) => `      ${leftText(left)}`),
  ];
}

function leftText({ path, reason, detail }: UndoRecord['left'][number]): string {
  return `${path === undefined ? '' : `${fieldText(path)}: `}left, ${LEFT[reason]}${detail === undefined ? '' : `: ${safe(detail)}`}`;
}

/** The sentence that ends an undo. */
export function undoCompleteText(result: UndoResult): string {
  const left = result.left.length;
  return [
    `Undo complete! ${counted(result.updated, 'record')} put back, ${result.deleted} deleted${left === 0 ? '' : `; of ${left} something was left as it is`}.`,
    ...(result.run === undefined ? [] : [`It can be undone too:\n  syncline undo ${safe(result.run)}`]),
  ].join('\n');
}

export function undoPlanJson({ run, imports, links }: UndoPlan, showValues: boolean): object {
  return {
    run: run.id,
    command: run.command,
    started_at: run.startedAt,
    imports,
    links: links.map((link) => ({
      address: link.address,
      update: link.update,
      delete: link.delete,
      left: link.left,
      records: link.records.map((record) => recordJson(record, showValues)),
    })),
  };
}

export function undoResultJson(result: UndoResult, showValues: boolean): object {
  return {
    outcome: result.outcome,
    run: result.run ?? null,
    undone: result.plan.run.id,
    updated: result.updated,
    deleted: result.deleted,
    left: result.left.map(({ link, record }) => ({ link, ...recordJson(record, showValues) })),
  };
}

function recordJson(record: UndoRecord, showValues: boolean) {
  const shown = (value: FieldValue): FieldValue => (showValues ? value : maskValue(value));
  return {
    end: record.end,
    id: record.remoteId,
    key: showValues ? record.key : maskKey(record.key),
    action: record.action,
    fields: Object.fromEntries(
      Object.entries(record.fields).map(([path, { present, former }]) => [
        path,
        { before: shown(present), after: shown(former) },
      ]),
    ),
    left: record.left.map(({ path, reason, detail }) => ({ field: path ?? null, reason, detail: detail ?? null })),
  };
}
