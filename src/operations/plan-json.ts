/**
 * A plan as `plan --json` and `show --format json` print it. The names follow Terraform's plan JSON
 * where it has the same thing, so that tools which read that read this. Personal data is masked by
 * the caller; values of sensitive attributes are left out.
 */
import canonicalize from 'canonicalize';
import { hasErrors } from '../model/diagnostics/diagnostic.ts';
import { changesSomething, type Action, type Attributes, type LinkPlan, type Plan } from '../model/plan.ts';
import type { ResourceChange } from '../model/plan.ts';
import { diagnosticJson } from './diagnostic-json.ts';

const PLAN_FORMAT_VERSION = '1.0';

/** The value to print with JSON.stringify. */
export function planJson(plan: Plan) {
  const errored = hasErrors(plan.diagnostics);
  return {
    format_version: PLAN_FORMAT_VERSION,
    syncline_version: plan.synclineVersion,
    timestamp: plan.timestamp,
    stack: plan.stack,
    configuration_hash: plan.configurationHash,
    state: { lineage: plan.state.lineage, serial: plan.state.serial },
    ...(plan.refreshOnly === true ? { refresh_only: true } : {}),
    applyable: !errored && changesSomething(plan),
    errored,
    resource_changes: plan.resourceChanges.map(changeJson),
    resource_drift: plan.resourceDrift.map(changeJson),
    links: plan.links.map(linkJson),
    diagnostics: plan.diagnostics.map(diagnosticJson),
    policies: (plan.policies ?? []).map(({ address, level, result, message }) => ({ address, level, result, message })),
    summary: {
      add: plan.summary.add,
      change: plan.summary.change,
      replace: plan.summary.replace,
      destroy: plan.summary.destroy,
      import: plan.summary.import,
      forget: plan.summary.forget,
    },
  };
}

function changeJson(change: ResourceChange) {
  return {
    address: change.address,
    ...(change.previousAddress === undefined ? {} : { previous_address: change.previousAddress }),
    name: change.address.slice(change.address.indexOf('/') + 1),
    provider: change.provider,
    type: change.type,
    ...(change.labels === undefined ? {} : { labels: change.labels }),
    integration: change.integration ?? null,
    change: {
      actions: actionsOf(change),
      before: withoutSensitive(change.before, change.sensitive),
      after: withoutSensitive(change.after, change.sensitive),
      after_unknown: Object.fromEntries(change.afterUnknown.map((name) => [name, true])),
      before_sensitive: sensitiveOf(change.before, change.sensitive),
      after_sensitive: sensitiveOf(change.after, change.sensitive),
      replace_paths: change.replacePaths.map((name) => [name]),
      ...(change.action === 'import' ? { importing: { id: change.id ?? null } } : {}),
    },
    action_reason: change.reason,
    steps: change.steps ?? [],
    depends_on: change.dependsOn,
  };
}

/** As in Terraform, an import is an update or nothing besides, and tells the adopted id. */
function actionsOf(change: ResourceChange): readonly string[] {
  if (change.action === 'replace') return ['delete', 'create'];
  if (change.action !== 'import') return [change.action satisfies Action];
  return canonicalize(change.before) === canonicalize(change.after) ? ['no-op'] : ['update'];
}

function withoutSensitive(attributes: Attributes | null, sensitive: readonly string[]): Attributes | null {
  if (attributes === null || sensitive.length === 0) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !sensitive.includes(name)));
}

function sensitiveOf(attributes: Attributes | null, sensitive: readonly string[]): Readonly<Record<string, true>> {
  if (attributes === null) return {};
  return Object.fromEntries(
    sensitive
      .filter((name) => Object.hasOwn(attributes, name) && attributes[name] !== undefined)
      .map((name) => [name, true as const]),
  );
}

function linkJson(link: LinkPlan) {
  return {
    address: link.address,
    generation: link.generation,
    cause: link.cause,
    paused: link.paused,
    ends: link.ends,
    ceiling: link.ceiling,
    persons: link.persons ?? null,
    guards: link.guards ?? [],
    ...(link.counts === undefined ? {} : { counts: link.counts }),
    conflicts: link.conflicts,
    conflict_count: link.conflictCount ?? link.conflicts.length,
    ...(link.undecidedCount === undefined ? {} : { undecided_count: link.undecidedCount }),
    skipped: link.skipped,
    backlog: link.backlog,
    calls: Object.fromEntries(
      Object.entries(link.calls).map(([integration, calls]) => [
        integration,
        { planned: calls.planned, minimum: calls.minimum, daily_limit: calls.dailyLimit, daily_used: calls.dailyUsed },
      ]),
    ),
    reading: (link.reading ?? []).map(({ end, path, about, movedBy, read, calls }) => ({
      end,
      path,
      about,
      moved_by: movedBy,
      read,
      calls: calls ?? null,
    })),
    records: link.records,
    record_count: link.recordCount,
    left_out: link.leftOut ?? null,
  };
}
