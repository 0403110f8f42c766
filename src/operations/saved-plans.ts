/** A saved plan is carried out exactly, or refused: as stale, as another one, as beyond its ceiling. Pure. */
import { SynclineError } from '../model/errors.ts';
import { acceptedDrift, isChange, type Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { enforceCeiling } from '../records/guard.ts';
import { digestOf } from '../storage/canonical-json.ts';

/** @throws SynclineError PLAN_STALE where the state has moved since, or is another one */
export function refuseStale(saved: Plan, state: State, stack: string): void {
  const causes: string[] = [];
  if (saved.stack !== stack) causes.push(`The plan was made for stack ${saved.stack}, not for ${stack}.`);
  if (saved.state.serial !== 0 && saved.state.lineage !== state.lineage)
    causes.push(`The state has lineage ${state.lineage}, the plan ${saved.state.lineage}.`);
  if (saved.state.serial !== state.serial)
    causes.push(`The state has serial ${state.serial}, the plan was made from ${saved.state.serial}.`);
  if (causes.length === 0) return;
  throw new SynclineError('PLAN_STALE', `Saved plan is stale. ${causes.join(' ')}`, {
    hint: 'Plan again:\n  syncline plan --out plan.json',
  });
}

/** Before anything is activated: what is active goes on with every later cycle, which knows no ceiling. */
export function refuseBeyond(saved: Plan, present: Plan): void {
  for (const { address, ceiling, leftOut } of saved.links) {
    const found = present.links.find((link) => link.address === address);
    if (leftOut === undefined && found !== undefined) enforceCeiling(address, found.ends, ceiling);
  }
}

/** A saved plan is carried out exactly: what would be changed now must be what it says. */
export function refuseOther(saved: Plan, present: Plan): void {
  // A saved plan was parsed from canonical JSON, so the order of its keys says nothing.
  const key = (plan: Plan): string => {
    const changes = plan.refreshOnly === true ? acceptedDrift(plan) : plan.resourceChanges.filter(isChange);
    return digestOf(
      JSON.parse(
        JSON.stringify(
          changes.map(({ address, previousAddress, action, before, after }) => [
            address,
            previousAddress ?? address,
            action,
            before,
            after,
          ]),
        ),
      ),
    );
  };
  if (saved.configurationHash === present.configurationHash && key(saved) === key(present)) return;
  const cause =
    saved.configurationHash === present.configurationHash
      ? 'The remote objects have changed since it was made.'
      : 'The configuration has changed since it was made.';
  throw new SynclineError('PLAN_STALE', `Saved plan is stale. ${cause}`, {
    hint: 'Plan again:\n  syncline plan --out plan.json',
  });
}
