/** `--target`: the part of a plan that is meant. */
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { dependencies } from './state-addresses.ts';

/** The targets and what they need. */
export function selectTargets(changes: readonly ResourceChange[], targets: readonly Address[]): readonly ResourceChange[] {
  const byAddress = new Map(changes.map((change) => [change.address, change]));
  return selectConnected(changes, targets, (address) => byAddress.get(address)?.dependsOn ?? []);
}

/** All that goes, told as asked for; of targets, they and what needs them. */
export function selectDestroyed(
  changes: readonly ResourceChange[],
  state: State,
  targets: readonly Address[],
): readonly ResourceChange[] {
  const users = new Map<Address, Address[]>();
  for (const { user, needed } of dependencies(state)) users.set(needed, [...(users.get(needed) ?? []), user]);
  const selected = selectConnected(changes, targets, (address) => users.get(address) ?? []);
  return selected.map((change) => (change.action === 'delete' ? { ...change, reason: 'destroy_requested' } : change));
}

function selectConnected(
  changes: readonly ResourceChange[],
  targets: readonly Address[],
  connected: (address: Address) => readonly Address[],
): readonly ResourceChange[] {
  if (targets.length === 0) return changes;
  const known = new Set(changes.map(({ address }) => address));
  const unknown = targets.find((target) => !known.has(target));
  if (unknown !== undefined) {
    throw new SynclineError('PLAN_UNKNOWN_TARGET', `Neither the configuration nor the state knows ${unknown}.`, {
      hint: 'List what was applied:\n  syncline state list',
    });
  }
  const wanted = new Set<Address>();
  const visit = (address: Address): void => {
    if (wanted.has(address)) return;
    wanted.add(address);
    for (const next of connected(address)) visit(next);
  };
  for (const target of targets) visit(target);
  return changes.filter((change) => wanted.has(change.address));
}
