/**
 * A plan for a person at a terminal, in Terraform's manner: what was changed outside, what will be
 * done and why, what that does to records, and the lines that pipelines search for. Personal data
 * is masked by the caller.
 */
import { changesSomething, isChange, type Action, type Plan, type ResourceChange } from '../model/plan.ts';
import { linkLines, saysSomething, shareText } from './link-text.ts';
import { paintSymbol, paletteOf, type Palette } from './palette.ts';
import { summaryLines } from './plan-summary.ts';
import { driftLines, resourceLines, SYMBOL_MEANINGS, SYMBOLS, type TextStyle } from './resource-text.ts';
import { risksOf, riskText } from './risks.ts';
import { safe } from './safe.ts';

export interface PlanTextOptions {
  readonly colour: boolean;
  /** Columns of the terminal; 80 where it is not known. */
  readonly width?: number | undefined;
  /** The file that the plan was saved to. */
  readonly saved?: string | undefined;
  /** Set where the plan is about to be applied, so that nothing needs saying of how to apply it. */
  readonly applying?: boolean | undefined;
}

/** The whole plan, newline at the end. */
export function renderPlan(plan: Plan, options: PlanTextOptions): string {
  const palette = paletteOf(options.colour);
  const style: TextStyle = { palette, width: options.width ?? 80 };
  const sections = [
    riskSection(plan, palette),
    driftSection(plan, style),
    changeSection(plan, style),
    recordSection(plan, palette),
    policySection(plan, palette),
    endSection(plan, palette),
    noteSection(plan, options),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function riskSection(plan: Plan, palette: Palette): string[] {
  const risks = risksOf(plan);
  const cost = costLine(plan);
  if (risks.length === 0 && cost === undefined) return [];
  const symbols = { danger: '!', warning: '?' } as const;
  return [
    palette.strong('Look at this first'),
    ...risks.map(
      (risk) =>
        `  ${paintSymbol(symbols[risk.severity], palette)} ${riskText(risk, (text, most = 100) => safe(text, most), String)}`,
    ),
    ...(risks.length === 0 ? ['    Nothing is destroyed, deleted, cleared or overwritten by a conflict.'] : []),
    ...(cost === undefined ? [] : [`    ${cost}`]),
  ];
}

/** What a plan costs in calls, where it concerns records; every other rendering has a table of it on its first screen. */
function costLine(plan: Plan): string | undefined {
  const estimates = plan.links.filter(({ cause }) => cause !== 'none').flatMap((link) => Object.entries(link.calls));
  const parts = [...Map.groupBy(estimates, ([integration]) => integration)].map(([integration, calls]) => {
    const planned = calls.reduce((sum, [, estimate]) => sum + estimate.planned, 0);
    const { dailyLimit, dailyUsed } = calls[0]![1];
    return `${safe(integration)} ${planned}, ${shareText(planned, dailyLimit, dailyUsed)}`;
  });
  return parts.length === 0 ? undefined : `Calls: ${parts.join('; ')}.`;
}

function driftSection(plan: Plan, style: TextStyle): string[] {
  if (plan.resourceDrift.length === 0) return [];
  return [
    style.palette.strong('Changes made outside of Syncline'),
    '',
    'Since the last apply somebody else changed the following objects:',
    ...plan.resourceDrift.flatMap((change) => ['', ...driftLines(change, style)]),
  ];
}

/** What is shown, in the order in which it is applied: objects first, then specifications. */
export function shownChanges(plan: Plan): readonly ResourceChange[] {
  const shown = plan.resourceChanges.filter((change) => isChange(change) || change.action === 'read');
  return [
    ...shown.filter((change) => change.provider !== 'syncline'),
    ...shown.filter((change) => change.provider === 'syncline'),
  ];
}

function changeSection(plan: Plan, style: TextStyle): string[] {
  const shown = shownChanges(plan);
  if (shown.length === 0) return [];
  const actions = new Set(shown.map((change) => change.action));
  const legend = (Object.keys(SYMBOLS) as Action[])
    .filter((action) => action !== 'no-op' && actions.has(action))
    .map((action) => `${paintSymbol(SYMBOLS[action], style.palette)} ${SYMBOL_MEANINGS[action]}`);
  return [
    ...(legend.length === 0 ? [] : ['Actions are indicated with the following symbols:', ...legend, '']),
    `Syncline will perform the following actions on stack ${safe(plan.stack)}:`,
    ...shown.flatMap((change) => ['', ...resourceLines(change, style)]),
  ];
}

function recordSection(plan: Plan, palette: Palette): string[] {
  const links = plan.links.filter(saysSomething);
  if (links.length === 0) return [];
  return [palette.strong('What this does to records'), ...links.flatMap((link) => ['', ...linkLines(link, palette)])];
}

function policySection({ policies = [] }: Plan, palette: Palette): string[] {
  const passed = policies.filter(({ result }) => result === 'passed').length;
  return policies.length === 0 ? [] : [palette.strong(`Policies: ${passed} of ${policies.length} passed.`)];
}

function endSection(plan: Plan, palette: Palette): string[] {
  return summaryLines(plan).map((line) =>
    line.replace(/^(Plan:|Records:|Backlog:|No changes\.)/, (word) => palette.strong(word)),
  );
}

function noteSection(plan: Plan, { saved, applying }: PlanTextOptions): string[] {
  if (applying === true) return [];
  if (saved !== undefined) {
    const file = safe(saved, 1000);
    return [
      `This plan is saved in ${file}. To perform exactly these actions:`,
      `  syncline apply ${/\s/.test(file) ? `'${file}'` : file}`,
    ];
  }
  if (!changesSomething(plan)) return [];
  return [
    'Note: this plan was not saved, so the next apply may differ from it. Save it with:',
    `  syncline plan ${plan.refreshOnly === true ? '--refresh-only ' : ''}--out plan.json`,
  ];
}
