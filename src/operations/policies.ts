/** Policies: rules that a plan must satisfy. They are judged when it is made, and again before it is applied. */
import type { PolicySpec } from '../config/generated/documents.ts';
import { isLinkType, type Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { Attributes, EndCeiling, Plan, PolicyResult } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { compilePolicyCondition } from '../mapping/policy-expression.ts';
import { isCampaignImport } from './campaign-imports.ts';
import { concernedChanges } from './concerned.ts';
import { maskPlan } from './mask.ts';
import { planJson } from './plan-json.ts';
import { brokenByRecords, brokenRules, RULES_OF_RECORDS } from './policy-rules.ts';

/** A policy as it is stored: what judges is what was declared, or, where nothing is declared, what was applied. */
export interface AppliedPolicy {
  readonly address: Address;
  readonly specification: Attributes;
}

export function policiesOf(
  specifications: readonly { readonly address: Address; readonly kind: string; readonly specification: Attributes }[],
): readonly AppliedPolicy[] {
  return specifications.filter(({ kind }) => kind === 'Policy');
}

/** The policies that a state holds. */
export function appliedPolicies(state: State): readonly AppliedPolicy[] {
  return policiesOf(
    Object.entries(state.specifications).map(([address, stored]) => ({ address: address as Address, ...stored })),
  );
}

/** @param nowMs the time by which freezes are judged */
export function judgePolicies(plan: Plan, policies: readonly AppliedPolicy[], nowMs: number): readonly PolicyResult[] {
  if (policies.length === 0) return [];
  const links = plan.links.filter(({ cause, leftOut }) => cause !== 'none' && leftOut === undefined);
  const judged = { plan, links, nowMs };
  const unread = unreadFlows(plan);
  // A saved plan holds samples masked: what a condition sees must not depend on when it looks.
  const json: unknown = JSON.parse(JSON.stringify(planJson(maskPlan(plan, false))));
  return policies.map(({ address, specification }) => {
    const { level, rules } = specification as unknown as PolicySpec;
    const conditions = (rules.require ?? []).flatMap(({ that, message }) => brokenCondition(that, message, json));
    const broken = [...brokenRules(judged, rules), ...conditions];
    if (broken.length > 0) return { address, level, result: 'failed', message: broken.join(' ') };
    const looksAtRecords =
      Object.keys(rules).some((rule) => RULES_OF_RECORDS.has(rule)) ||
      rules.maximumDeletes?.records !== undefined ||
      (rules.require ?? []).some(({ that }) => /\blinks\b/.test(that));
    if (looksAtRecords && unread.length > 0) {
      const message = `It cannot be judged: the records of ${unread.join(', ')} were not read.`;
      return { address, level, result: 'unknown', message };
    }
    return { address, level, result: 'passed', message: '' };
  });
}

/**
 * Judges by what a cycle is about to write what a plan brings: the world has moved since the plan was judged.
 * @throws SynclineError POLICY_REFUSED
 */
export function refuseBrokenRecords(
  policies: readonly AppliedPolicy[],
  address: Address,
  integrations: Readonly<Record<string, { readonly integration: string; readonly object: string }>>,
  { ends, optIns }: { readonly ends: Readonly<Record<string, EndCeiling>>; readonly optIns: number },
): void {
  const written = Object.entries(ends).map(([name, end]) => [name, { ...integrations[name]!, ...end }] as const);
  const link = { address, ends: Object.fromEntries(written), counts: { optIns } };
  const results = policies.map(({ address: policy, specification }): PolicyResult => {
    const { level, rules } = specification as unknown as PolicySpec;
    const broken = brokenByRecords([link], rules);
    return { address: policy, level, result: broken.length > 0 ? 'failed' : 'passed', message: broken.join(' ') };
  });
  refuseBroken(results);
}

/** What is not true, or cannot be told. */
function brokenCondition(that: string, message: string, json: unknown): readonly string[] {
  const condition = compilePolicyCondition(that);
  if ('fault' in condition) return [`${message} (${condition.fault})`];
  const outcome = condition.evaluate(json);
  if ('problem' in outcome) return [`${message} (It cannot be told: ${outcome.problem}.)`];
  return outcome.holds ? [] : [message];
}

/** Links and imports whose records the plan concerns and does not tell of. */
function unreadFlows(plan: Plan): readonly Address[] {
  const told = new Set(plan.links.filter(({ leftOut }) => leftOut === undefined).map(({ address }) => address));
  const concerned = concernedChanges(plan, (change) => isLinkType(change.type) || isCampaignImport(change));
  return concerned.map(({ address }) => address).filter((address) => !told.has(address));
}

/** @throws SynclineError POLICY_REFUSED where a mandatory policy is broken, or could not be judged */
export function refuseBroken(results: readonly PolicyResult[]): void {
  const broken = results.filter(({ level, result }) => level === 'mandatory' && result !== 'passed');
  if (broken.length === 0) return;
  const said = broken.map(({ address, message }) => `${address}: ${message}`);
  const unread = broken.every(({ result }) => result === 'unknown');
  throw new SynclineError('POLICY_REFUSED', said.join('\n'), {
    address: broken[0]!.address,
    hint: unread
      ? 'Plan again with the records:\n  syncline plan --max-calls 1000000 --out plan.json'
      : 'Change what is planned, or have the policy changed. What it judges is shown by:\n  syncline plan --json',
  });
}
