/**
 * A plan as a comment on a pull request: risks first, everything long folded away, never longer
 * than what a forge accepts. No value from elsewhere stands outside code, so none is a link, a
 * mention or markup. Personal data is masked by the caller.
 */
import { DIAGNOSTIC_CODES } from '../model/diagnostics/codes.ts';
import { changesSomething, type LinkPlan, type Plan, type ResourceChange } from '../model/plan.ts';
import { counted } from './layout.ts';
import {
  causeText,
  conflictCount,
  conflictText,
  personsText,
  recordLines,
  saysSomething,
  shareText,
  SKIP_REASONS,
} from './link-text.ts';
import { paletteOf } from './palette.ts';
import { backlogLine, headlineOf, recordsLine, summaryLines } from './plan-summary.ts';
import { shownChanges } from './plan-text.ts';
import { driftLines, resourceLines, type TextStyle } from './resource-text.ts';
import { risksOf, riskText } from './risks.ts';
import { markdownBlock, markdownCode, safe } from './safe.ts';

export interface PlanMarkdownOptions {
  /** The digest of the saved plan, for reviewers to compare. */
  readonly digest?: string | undefined;
  /** The file that the plan was saved to. */
  readonly saved?: string | undefined;
}

/** GitHub refuses comments of more than 65,536 characters. */
export const MOST_CHARACTERS = 60_000;
/** What each folded part may take, so that one does not crowd out all others. */
const PART_CHARACTERS = 16_000;
const LISTED = 20;
const CALLOUTS = { danger: 'CAUTION', warning: 'WARNING' } as const;
const STYLE: TextStyle = { palette: paletteOf(false), width: 100 };
const LEFT_OUT = 'Some parts are left out for their length: the plan itself has all of them.';

/** The whole comment, newline at the end, always shorter than MOST_CHARACTERS. */
export function renderPlanMarkdown(plan: Plan, options: PlanMarkdownOptions = {}): string {
  const parts = [
    headline(plan),
    identity(plan, options),
    ...risks(plan),
    ...systemTable(plan),
    ...callTable(plan),
    ...diagnosticParts(plan),
    ...conflictParts(plan),
    ...changeParts(plan),
    ...driftParts(plan),
    ...plan.links.flatMap(linkParts),
    howToApply(plan, options),
  ];
  const closing = parts.pop()!;
  let written = '';
  let leftOut = false;
  for (const part of parts) {
    if (written.length + part.length + closing.length + LEFT_OUT.length + 10 > MOST_CHARACTERS) leftOut = true;
    else written += `${part}\n\n`;
  }
  return `${written}${leftOut ? `${LEFT_OUT}\n\n` : ''}${closing}\n`;
}

function headline(plan: Plan): string {
  // A pipeline finds its own comment of the last run by the hidden line and replaces it.
  const marker = `<!-- syncline:plan stack=${encodeURIComponent(plan.stack.slice(0, 100).toWellFormed()).replaceAll('-', '%2D')} -->`;
  return `${marker}\n### Syncline plan · ${markdownCode(plan.stack)} · ${headlineOf(plan)}`;
}

function identity(plan: Plan, { digest }: PlanMarkdownOptions): string {
  const lines = [
    summaryLines(plan)[0],
    recordsLine(plan)?.replace(/^(Records: )(.*)$/s, (_, word: string, counts: string) => word + markdownCode(counts, 2000)),
    backlogLine(plan),
    `${digest === undefined ? 'Configuration' : `Plan ${markdownCode(digest)} of configuration`} ${markdownCode(plan.configurationHash.slice(0, 12))} against state serial ${plan.state.serial}, made at ${markdownCode(plan.timestamp)} by Syncline ${markdownCode(plan.synclineVersion)}.`,
  ];
  return lines.filter((line) => line !== undefined).join('  \n');
}

function risks(plan: Plan): string[] {
  const all = risksOf(plan);
  return (['danger', 'warning'] as const).flatMap((severity) => {
    const lines = all
      .filter((risk) => risk.severity === severity)
      .slice(0, LISTED)
      .map((risk) => `> - ${riskText(risk, (text, most = 100) => markdownCode(text, most), String)}`);
    return lines.length === 0 ? [] : [[`> [!${CALLOUTS[severity]}]`, ...lines].join('\n')];
  });
}

function systemTable(plan: Plan): string[] {
  const rows = plan.links
    .filter((link) => link.leftOut === undefined && link.cause !== 'none')
    .flatMap((link) =>
      Object.entries(link.ends).map(([name, end]) => [
        markdownCode(link.address, 100),
        markdownCode(`${name}: ${end.integration} ${end.object}`, 100),
        ...[end.create, end.update, end.delete, end.unchanged].map(String),
      ]),
    );
  return limited(['link', 'end', 'create', 'update', 'delete', 'unchanged'], rows);
}

function callTable(plan: Plan): string[] {
  const rows = plan.links.flatMap((link) =>
    Object.entries(link.calls).map(([integration, calls]) => [
      markdownCode(link.address, 100),
      markdownCode(integration, 100),
      String(calls.planned),
      String(calls.minimum),
      shareText(calls.planned, calls.dailyLimit, calls.dailyUsed),
    ]),
  );
  return limited(['link', 'calls to', 'planned', 'minimum', 'of the daily limit'], rows);
}

/** A table; nothing where it would have no row. */
function limited(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const more = rows.length - LISTED;
  const rest = more > 0 ? ['', `... and ${counted(more, 'more row')}`] : [];
  return [[line(headings), line(headings.map(() => '---')), ...rows.slice(0, LISTED).map(line), ...rest].join('\n')];
}

function diagnosticParts(plan: Plan): string[] {
  const sorted = plan.diagnostics.toSorted((one, other) => Number(other.severity === 'error') - Number(one.severity === 'error'));
  const lines = sorted.flatMap(({ severity, code, detail, source, hint }) => [
    `${severity === 'error' ? '-' : '!'} ${severity} ${code}  ${DIAGNOSTIC_CODES[code].summary}`,
    ...(source === undefined ? [] : [`    ${safe(source.file)}:${source.line}:${source.column}`]),
    `    ${safe(detail, 1000)}`,
    ...(hint === undefined ? [] : hint.split('\n').map((line) => `    ${safe(line, 1000)}`)),
  ]);
  return folded('Errors and warnings', plan.diagnostics.length, lines);
}

function conflictParts(plan: Plan): string[] {
  const lines = plan.links.flatMap((link) =>
    link.conflicts.map((conflict) => `! ${safe(link.address)}  ${conflictText(conflict)}`),
  );
  return folded(
    'Conflicts',
    plan.links.reduce((sum, link) => sum + conflictCount(link), 0),
    lines,
  );
}

const DANGER: Readonly<Record<ResourceChange['action'], number>> = {
  delete: 0,
  replace: 1,
  forget: 2,
  update: 3,
  import: 4,
  create: 5,
  read: 6,
  'no-op': 7,
};

function changeParts(plan: Plan): string[] {
  const shown = shownChanges(plan).toSorted((one, other) => DANGER[one.action] - DANGER[other.action]);
  const groups: readonly (readonly [string, readonly ResourceChange[]])[] = [
    ['Destroyed, replaced or forgotten', shown.filter(({ action }) => DANGER[action] <= 2)],
    ['Updated or imported', shown.filter(({ action }) => DANGER[action] === 3 || DANGER[action] === 4)],
    ['Moved', shown.filter(({ action }) => action === 'no-op')],
    ['Created', shown.filter(({ action }) => action === 'create')],
    ['Moved', shown.filter(({ action }) => action === 'no-op')],
    ['Expected: a person has to create them', shown.filter(({ action }) => action === 'read')],
  ];
  return groups.flatMap(([title, changes]) =>
    folded(
      title,
      changes.length,
      changes.flatMap((change) => [...resourceLines(change, STYLE).map(toDiffLine), '']),
    ),
  );
}

function driftParts(plan: Plan): string[] {
  return folded(
    'Changes made outside of Syncline',
    plan.resourceDrift.length,
    plan.resourceDrift.flatMap((change) => [...driftLines(change, STYLE).map(toDiffLine), '']),
  );
}

function linkParts(link: LinkPlan): string[] {
  if (!saysSomething(link) || link.leftOut !== undefined) return [];
  const skipped = link.skipped.map(({ end, reason, count }) => `! ${safe(end)}: ${count} left alone, ${SKIP_REASONS[reason]}`);
  const paused = link.paused ? ['! paused: nothing happens to its records until it is resumed'] : [];
  const lines = [
    `# generation ${link.generation}: ${causeText(link)}`,
    ...paused,
    ...(link.persons === undefined ? [] : [personsText(link.persons)]),
    ...skipped,
    ...link.records.flatMap((record) => recordLines(record, STYLE.palette).map(toDiffLine)),
  ];
  return folded(`Records of ${markdownCode(link.address, 100)}`, link.recordCount, lines);
}

/** Puts the symbol of a line into its first column, where it decides about the colour; `!` stands for a change. */
function toDiffLine(line: string): string {
  const match = /^(\s*)(-\/\+|<=|[-+~?!.]) (.*)$/s.exec(line);
  if (match === null) return ` ${line}`;
  const [, blanks = '', symbol = '', rest = ''] = match;
  const column =
    symbol === '+' || symbol === '-'
      ? symbol
      : symbol === '~' || symbol === '-/+' || symbol === '?' || symbol === '!'
        ? '!'
        : ' ';
  return `${column}${blanks}${column === symbol ? '' : `${symbol} `}${rest}`.trimEnd();
}

/** A part that a reader opens; cut where it would take the room of the others. */
function folded(title: string, count: number, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > PART_CHARACTERS) break;
    kept.push(line);
  }
  const more = lines.length - kept.length;
  if (more > 0) kept.push(`# ... ${counted(more, 'more line')} in the plan itself`);
  return [`<details><summary>${title} (${count})</summary>\n\n${markdownBlock('diff', kept)}\n\n</details>`];
}

function howToApply(plan: Plan, { saved }: PlanMarkdownOptions): string {
  if (!changesSomething(plan)) return 'Nothing is to be applied.';
  if (saved === undefined) return 'Apply it with:\n\n```\nsyncline apply\n```';
  return `Apply exactly this plan with:\n\n${markdownBlock('', [`syncline apply ${safe(saved, 500)}`])}`;
}
