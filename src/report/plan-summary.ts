/** The lines of a plan for which pipelines search: their words never change. */
import { changesSomething, type LinkPlan, type Plan, type PlanSummary } from '../model/plan.ts';

interface RecordCounts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

const NO_DRIFT = 'No changes. Nothing was changed outside of Syncline.';
const REFRESH_ONLY = 'This plan takes these changes into the state, so that they count as applied. No remote object is changed.';
export const NO_CHANGES = 'No changes. Your systems match the configuration.';

/** `Plan: 1 to add, 2 to change, 0 to destroy.` */
export function planLine(summary: PlanSummary): string {
  return `Plan: ${countsOf(summary)}.`;
}

/** What a plan is, in the words of a headline. */
export function headlineOf(plan: Plan): string {
  if (!changesSomething(plan)) return 'no changes';
  return plan.refreshOnly === true ? `${plan.resourceDrift.length} changed outside, to accept` : countsOf(plan.summary);
}

/** `1 to add, 2 to change, 0 to destroy`, imports before and forgotten objects after where there are any. */
function countsOf(summary: PlanSummary): string {
  const imported = summary.import > 0 ? `${summary.import} to import, ` : '';
  const forgotten = summary.forget > 0 ? `, ${summary.forget} to forget` : '';
  return `${imported}${summary.add} to add, ${summary.change} to change, ${summary.destroy} to destroy${forgotten}`;
}

/** `Records: salesforce 3 to create, 12 to update, 0 to delete; ...`; `undefined` where no link's records are concerned. */
export function recordsLine(plan: Plan): string | undefined {
  const parts = [...recordCounts(plan)].map(
    ([integration, counts]) =>
      `${integration} ${counts.create} to create, ${counts.update} to update, ${counts.delete} to delete`,
  );
  return parts.length === 0 ? undefined : `Records: ${parts.join('; ')}`;
}

/** What a plan does to records, by integration, over all links that it concerns and whose records were read. */
function recordCounts(plan: Plan): ReadonlyMap<string, RecordCounts> {
  const counts = new Map<string, RecordCounts>();
  for (const link of plan.links.filter(isConcerned)) {
    for (const end of Object.values(link.ends)) {
      const sum = counts.get(end.integration) ?? { create: 0, update: 0, delete: 0 };
      counts.set(end.integration, {
        create: sum.create + end.create,
        update: sum.update + end.update,
        delete: sum.delete + end.delete,
      });
    }
  }
  return counts;
}

function isConcerned(link: LinkPlan): boolean {
  return link.cause !== 'none' && link.leftOut === undefined;
}

/** `Backlog: 12 edits wait for the next cycle.`; `undefined` where none does. */
export function backlogLine(plan: Plan): string | undefined {
  const waiting = backlogOf(plan);
  return waiting === 0 ? undefined : `Backlog: ${waiting} edits wait for the next cycle.`;
}

function backlogOf(plan: Plan): number {
  return plan.links.flatMap((link) => Object.values(link.backlog)).reduce((sum, count) => sum + count, 0);
}

/** The lines that end every rendering of a plan. */
export function summaryLines(plan: Plan): string[] {
  if (plan.refreshOnly === true) return [changesSomething(plan) ? REFRESH_ONLY : NO_DRIFT];
  const lines = changesSomething(plan)
    ? [planLine(plan.summary), recordsLine(plan), backlogLine(plan)]
    : [NO_CHANGES, backlogLine(plan)];
  return lines.filter((line) => line !== undefined);
}
