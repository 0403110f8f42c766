/**
 * What happens during a run, as JSON lines in the manner of Terraform's machine-readable output:
 * the envelope (`@level`, `@message`, `@module`, `@timestamp`, `type`) and, where it has the same
 * thing, the same names. Values are as the vendors gave them: the messages alone are made safe.
 */
import { isChange, type Plan, type PlanSummary, type ResourceChange } from '../model/plan.ts';
import type { CycleSummary, OperationEvent } from '../operations/runtime.ts';
import { diagnosticJson, errorJson, type DiagnosticJson } from '../operations/diagnostic-json.ts';
import { planLine } from './plan-summary.ts';
import { progressWords } from './progress.ts';
import { applyCompleteText, completionWords, cycleWords, startWords } from './run-text.ts';
import { safe } from './safe.ts';

/** The version of the line format. A reader refuses another major one. */
const RUN_FORMAT_VERSION = '1.0';

export interface RunLine {
  readonly '@level': 'info' | 'warn' | 'error';
  readonly '@message': string;
  readonly '@module': 'syncline';
  /** An instant, given by the caller's clock. */
  readonly '@timestamp': string;
  readonly type: string;
  readonly [name: string]: unknown;
}

/** The line that every run begins with. */
export function versionLine(synclineVersion: string, at: string): RunLine {
  return line('info', `Syncline ${synclineVersion}`, 'version', at, { syncline: synclineVersion, ui: RUN_FORMAT_VERSION });
}

/** The lines of one event: none for some, several for a plan. */
export function eventLines(event: OperationEvent, at: string): readonly RunLine[] {
  switch (event.type) {
    case 'planned':
      return planLines(event.plan, at);
    case 'plan_progress':
    case 'cycle_progress': {
      const { stage, end, done, total } = event.progress;
      const fields = { link: event.link, stage, end: end ?? null, done, total: total ?? null };
      return [line('info', progressWords(event.link, event.progress), event.type, at, fields)];
    }
    case 'apply_start':
      return [
        line('info', `${safe(event.change.address)}: ${startWords(event.change)}...`, event.type, at, {
          hook: hookOf(event.change, event.change.id),
        }),
      ];
    case 'apply_complete': {
      const id = event.id === undefined ? '' : ` [id=${safe(event.id)}]`;
      return [
        line('info', `${safe(event.change.address)}: ${completionWords(event.change)}${id}`, event.type, at, {
          hook: hookOf(event.change, event.id),
        }),
      ];
    }
    case 'apply_errored':
      return [
        line('error', `${safe(event.change.address)}: Failed: ${safe(event.message, 4000)}`, event.type, at, {
          hook: hookOf(event.change, event.change.id),
        }),
      ];
    case 'cycle_start':
      return [
        line('info', `${safe(event.link)}: Cycle started`, event.type, at, { link: event.link, generation: event.generation }),
      ];
    case 'cycle_summary':
      return [
        line('info', `${safe(event.summary.link)}: ${cycleWords(event.summary)}`, event.type, at, {
          ...cycleSummaryJson(event.summary),
        }),
      ];
    case 'diagnostic':
      return [diagnosticLine(diagnosticJson(event.diagnostic), at)];
    case 'waiting_for_lock':
      return [
        line('info', `Waiting for the state lock, held by ${safe(event.who)} since ${safe(event.since)}`, event.type, at, {
          who: event.who,
          since: event.since,
        }),
      ];
  }
}

/** What will be done, one line a changed resource, and the counts. */
function planLines(plan: Plan, at: string): readonly RunLine[] {
  const { summary } = plan;
  return [
    ...plan.resourceDrift.map((change) =>
      line('info', `${safe(change.address)}: Drift detected (${change.action})`, 'resource_drift', at, {
        change: plannedJson(change),
      }),
    ),
    ...plan.resourceChanges.filter(isChange).map((change) =>
      line('info', `${safe(change.address)}: Plan to ${actionOf(change)}`, 'planned_change', at, {
        change: plannedJson(change),
      }),
    ),
    line('info', planLine(summary), 'change_summary', at, { changes: changesJson(summary, 'plan') }),
  ];
}

/** The line that ends an apply. */
export function applyCompleteLine(
  summary: { readonly added: number; readonly changed: number; readonly destroyed: number },
  at: string,
): RunLine {
  const changes = { add: summary.added, change: summary.changed, remove: summary.destroyed, operation: 'apply' };
  return line('info', applyCompleteText(summary), 'change_summary', at, { changes });
}

/** What stopped a run. */
export function errorLine(error: unknown, at: string): RunLine {
  return diagnosticLine(errorJson(error), at);
}

/** The content of a `cycle_summary`. */
function cycleSummaryJson(summary: CycleSummary) {
  const {
    link,
    generation,
    ends,
    conflicts,
    resolved,
    quarantined,
    unlinked,
    left,
    absent,
    missed,
    unknown,
    pending,
    waiting,
    moved,
    calls,
    converged,
  } = summary;
  return {
    link,
    generation,
    ends,
    conflicts,
    resolved,
    quarantined,
    unlinked,
    left,
    absent,
    missed,
    unknown,
    pending,
    waiting,
    moved,
    calls,
    converged,
  };
}

function diagnosticLine(diagnostic: DiagnosticJson, at: string): RunLine {
  const [level, word] = diagnostic.severity === 'error' ? (['error', 'Error'] as const) : (['warn', 'Warning'] as const);
  return line(level, `${word}: ${diagnostic.summary}`, 'diagnostic', at, { diagnostic });
}

function changesJson(summary: PlanSummary, operation: 'plan') {
  return {
    add: summary.add,
    change: summary.change,
    import: summary.import,
    remove: summary.destroy,
    forget: summary.forget,
    operation,
  };
}

/** As in Terraform, what only has another address is moved. */
function actionOf({ action, previousAddress }: ResourceChange): string {
  return previousAddress !== undefined && action === 'no-op' ? 'move' : action;
}

function plannedJson(change: ResourceChange) {
  return {
    resource: resourceJson(change),
    ...(change.previousAddress === undefined ? {} : { previous_resource: { addr: change.previousAddress } }),
    action: actionOf(change),
    reason: change.reason,
  };
}

function hookOf(change: ResourceChange, id: string | undefined) {
  return { resource: resourceJson(change), action: change.action, ...(id === undefined ? {} : { id_key: 'id', id_value: id }) };
}

function resourceJson(change: ResourceChange) {
  const name = change.address.slice(change.address.indexOf('/') + 1);
  return {
    addr: change.address,
    resource: change.address,
    implied_provider: change.provider,
    resource_type: change.type,
    resource_name: name,
  };
}

function line(
  level: RunLine['@level'],
  message: string,
  type: string,
  at: string,
  fields: Readonly<Record<string, unknown>>,
): RunLine {
  return { '@level': level, '@message': message, '@module': 'syncline', '@timestamp': at, type, ...fields };
}
