/** Saved plans: canonical JSON with a digest over everything else, so that what was reviewed is what is applied. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { SynclineError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';

const FORMAT = 'syncline-plan/1';

/** Personal data in samples is masked by the caller before it comes here. */
export function printPlanFile(plan: Plan): string {
  const content = JSON.parse(JSON.stringify({ format: FORMAT, plan })) as object;
  return `${canonicalize({ ...content, digest: planDigest(plan) })!}\n`;
}

export function planDigest(plan: Plan): string {
  const content = JSON.parse(JSON.stringify(plan)) as object;
  return createHash('sha256').update(canonicalize(content)!).digest('hex');
}

/** @throws SynclineError PLAN_UNREADABLE, PLAN_TAMPERED */
export function parsePlanFile(text: string, file: string): Plan {
  let content: { format?: unknown; plan?: Plan; digest?: unknown };
  try {
    content = JSON.parse(text) as typeof content;
  } catch (error) {
    throw new SynclineError('PLAN_UNREADABLE', `${file} is no saved plan.`, {
      hint: 'Make one with:\n  syncline plan --out plan.json',
      cause: error,
    });
  }
  if (content.format !== FORMAT || content.plan === undefined) {
    throw new SynclineError('PLAN_UNREADABLE', `${file} is no saved plan of this version.`, {
      hint: 'Make one with:\n  syncline plan --out plan.json',
    });
  }
  if (content.digest !== planDigest(content.plan)) {
    throw new SynclineError('PLAN_TAMPERED', `${file} was changed after it was saved.`, {
      hint: 'Plan again:\n  syncline plan --out plan.json',
    });
  }
  return content.plan;
}
