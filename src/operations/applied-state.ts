/** The state as it is once a change is carried out. Pure. */
import { isLinkKind, parseAddress, type Address } from '../model/address.ts';
import type { ResourceChange } from '../model/plan.ts';
import type { State, StateGuards, StateResource, StateSpecification } from '../model/state.ts';
import { marksAfterApply } from './activity.ts';
import type { Planning } from './plan.ts';
import { guardsToRemember } from './desired-state.ts';

/** @param resource `undefined` where it is known no longer */
export function withResource(state: State, address: Address, resource: StateResource | undefined): State {
  const { [address]: _, ...others } = state.resources;
  return { ...state, resources: resource === undefined ? others : { ...others, [address]: resource } };
}

/** What somebody changed outside counts as applied from now on; what is gone is no longer known. */
export function withDrift(state: State, { address, after }: ResourceChange): State {
  const stored = state.resources[address];
  if (stored === undefined || after === null) return withResource(state, address, undefined);
  return withResource(state, address, { ...stored, attributes: { ...stored.attributes, ...after } });
}

/** A specification that is activated or ended, one generation after what was applied. */
export function withSpecification(state: State, change: ResourceChange, planning: Planning, at: string): State {
  const { [change.address]: stored, ...others } = state.specifications;
  if (change.action === 'delete') return { ...withoutAccount(state, change.address), specifications: others };
  const desired = planning.desired.specifications.find(({ address }) => address === change.address)!;
  const specification: StateSpecification = {
    kind: desired.kind,
    generation: (stored?.generation ?? 0) + 1,
    digest: desired.digest,
    specification: desired.specification,
    applied_at: at,
    ...marksAfterApply(desired.specification, stored),
  };
  const applied = { ...state, specifications: { ...others, [change.address]: specification } };
  return isLinkKind(desired.kind) ? withGuards(applied, change.address, guardsToRemember(desired.specification)) : applied;
}

/** An integration that ended may come back with another account: nothing is left that belongs to the former one. */
export function withoutAccount(state: State, address: Address): State {
  const { kind, name } = parseAddress(address)!;
  if (kind !== 'Integration') return state;
  const { [name]: _, ...accounts } = state.accounts;
  return { ...state, accounts };
}

/** Guards stay in the state when their link goes: it may come back. */
function withGuards(state: State, address: Address, guards: StateGuards): State {
  const { [address]: _, ...others } = state.guards;
  return { ...state, guards: Object.keys(guards).length === 0 ? others : { ...others, [address]: guards } };
}
