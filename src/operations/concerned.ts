/** What a plan concerns besides what it changes. */
import { isLinkType } from '../model/address.ts';
import type { Plan, ResourceChange } from '../model/plan.ts';

/** Links that are new or changed, or whose mapping or integration is, or of which a field is made anew. */
export function concernedLinks(plan: Plan): readonly ResourceChange[] {
  return concernedChanges(plan, ({ type }) => isLinkType(type));
}

/** The same of other specifications. */
export function concernedChanges(plan: Plan, isMeant: (change: ResourceChange) => boolean): readonly ResourceChange[] {
  const changing = new Map(
    plan.resourceChanges
      .filter((change) => change.action !== 'no-op' && change.action !== 'read')
      .map((change) => [change.address, change]),
  );
  return plan.resourceChanges.filter((change) => {
    if (!isMeant(change) || change.after === null) return false;
    if (changing.has(change.address)) return true;
    return change.dependsOn.some((address) => {
      const needed = changing.get(address);
      return (
        needed !== undefined && (needed.provider === 'syncline' || needed.action === 'create' || needed.action === 'replace')
      );
    });
  });
}
