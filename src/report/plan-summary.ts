/** The lines of a plan for which pipelines search: their words never change. */
import { isChange, type LinkPlan, type Plan, type PlanSummary } from '../model/plan.ts';

interface RecordCounts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

export const NO_CHANGES = 'No changes. Your systems match the configuration.';

/** Whether applying the plan does anything. Objects that a person has to create and waiting edits do not count. */
export function changesSomething(plan: Plan): boolean {
  return plan.resourceChanges.some(isChange);
}

/** `Plan: 1 to add, 2 to change, 0 to destroy.` */
export function planLine(summary: PlanSummary): string {
  return `Plan: ${countsOf(summary)}.`;
}

/** `1 to add, 2 to change, 0 to destroy`, imports before and forgotten objects after where there are any. */
export function countsOf(summary: PlanSummary): string {
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
  const lines = changesSomething(plan)
    ? [planLine(plan.summary), recordsLine(plan), backlogLine(plan)]
    : [NO_CHANGES, backlogLine(plan)];
  return lines.filter((line) => line !== undefined);
}
