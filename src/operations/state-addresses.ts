/** Renaming and forgetting what the state holds under an address. Nothing is asked of a vendor, and no record is changed. */
import { addressOf, isFlowKind, isLinkKind, parseAddress, type Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { State, StateSpecification } from '../model/state.ts';
import { digestOf } from '../storage/canonical-json.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { LinkSpecification } from './active-links.ts';
import type { StackPlace } from './applied-stack.ts';
import { withoutAccount } from './applied-state.ts';
import { mappingAddress } from './link-mapping.ts';
import type { Runtime } from './runtime.ts';
import { underLock } from './under-lock.ts';

export interface MovedAddress {
  readonly from: Address;
  readonly to: Address;
  /** Persons that a link keeps; 0 for anything else. */
  readonly persons: number;
}

/**
 * A link keeps its persons, cursors, what waits and its guards; a resource its id.
 * @throws SynclineError STATE_UNKNOWN_ADDRESS, STATE_MOVE_REFUSED
 */
export function moveAddress(runtime: Runtime, stack: StackPlace, from: Address, to: Address): Promise<MovedAddress> {
  return underLock(runtime, stack, 'state mv', async ({ workspace, ledger, writer }) => {
    refuseMove(workspace.state, from, to);
    const { kind } = parseAddress(from)!;
    const persons = isLinkKind(kind) ? await ledger.link(from).countLinked() : 0;
    await writer.audit('state_moved', null, { from, to });
    if (isFlowKind(kind)) await ledger.beginMove(from, to);
    await writer.update((state) => withMoved(state, from, to));
    await ledger.settleMove((address) => Object.hasOwn(writer.state().specifications, address));
    return { from, to, persons };
  });
}

export interface ForgottenAddress {
  readonly address: Address;
  /** Persons that a link forgets, and records of it that wait; 0 for anything else. */
  readonly persons: number;
  readonly quarantined: number;
  readonly dryRun: boolean;
}

/** @throws SynclineError STATE_UNKNOWN_ADDRESS, STATE_MOVE_REFUSED where something else needs it, or a call is open */
export function forgetAddress(runtime: Runtime, stack: StackPlace, address: Address, dryRun: boolean): Promise<ForgottenAddress> {
  return underLock(runtime, stack, 'state rm', async ({ workspace, ledger, writer }) => {
    refuseForgetting(workspace.state, address);
    const isLink = isLinkKind(parseAddress(address)!.kind);
    if (isLink) await refuseOpenIntents(ledger, address);
    const forgotten = {
      address,
      persons: isLink ? await ledger.link(address).countLinked() : 0,
      quarantined: isLink ? (await ledger.link(address).quarantined()).length : 0,
      dryRun,
    };
    if (dryRun) return forgotten;
    await writer.audit('state_removed', null, { address });
    await writer.update((state) => ({
      ...withoutAccount(state, address),
      resources: without(state.resources, address),
      specifications: without(state.specifications, address),
      guards: without(state.guards, address),
    }));
    if (isFlowKind(parseAddress(address)!.kind)) await ledger.forgetLink(address);
    return forgotten;
  });
}

function refuseMove(state: State, from: Address, to: Address): void {
  assertKnown(state, from);
  const [before, after] = [parseAddress(from)!.kind, parseAddress(to)!.kind];
  if (before !== after) throw refused(`${from} cannot become ${to}: that is something of another kind.`);
  if (before === 'Integration') {
    throw refused(`${from} keeps its name: links, resources and the ledger know an account by the name of its integration.`);
  }
  if (holds(state, to)) throw refused(`The state holds ${to} already.`, `Forget it first:\n  syncline state rm ${to}`);
}

function refuseForgetting(state: State, address: Address): void {
  assertKnown(state, address);
  const users = dependencies(state).flatMap(({ user, needed }) => (needed === address ? [user] : []));
  if (users.length === 0) return;
  throw refused(`${address} is needed by ${users.join(', ')}.`, `Forget these first:\n  syncline state rm ${users[0]!}`);
}

/** What in a state cannot be without what: flows without their mapping and integrations, resources without theirs. */
export function dependencies(state: State): readonly { readonly user: Address; readonly needed: Address }[] {
  const flows = Object.entries(state.specifications).flatMap(([user, stored]) =>
    neededBy(stored).map((needed) => ({ user: user as Address, needed })),
  );
  const resources = Object.entries(state.resources).flatMap(([user, { integration, depends_on }]) =>
    [addressOf('Integration', integration), ...depends_on].map((needed) => ({ user: user as Address, needed })),
  );
  return [...flows, ...resources];
}

function neededBy({ kind, specification }: StateSpecification): readonly Address[] {
  if (!isFlowKind(kind)) return [];
  const ends = Object.values(specification['ends'] as Readonly<Record<string, { readonly integration: string }>>);
  const mapping = isLinkKind(kind) ? mappingAddress(specification as unknown as LinkSpecification) : undefined;
  return [...(mapping === undefined ? [] : [mapping]), ...ends.map((end) => addressOf('Integration', end.integration))];
}

async function refuseOpenIntents(ledger: Ledger, address: Address): Promise<void> {
  const open = (await ledger.link(address).openBatches()).reduce((sum, { requests }) => sum + requests, 0);
  if (open === 0) return;
  throw refused(
    `${address} has sent ${open} writes whose outcome is not known yet.`,
    `Let a cycle find out first:\n  syncline sync ${address}`,
  );
}

/** The state with one address renamed, wherever it stands. */
export function withMoved(state: State, from: Address, to: Address): State {
  const renamed = (address: Address): Address => (address === from ? to : address);
  const resources = Object.entries(state.resources).map(([address, resource]) => [
    renamed(address as Address),
    { ...resource, depends_on: resource.depends_on.map(renamed) },
  ]);
  const specifications = Object.entries(state.specifications).map(([address, stored]) => [
    renamed(address as Address),
    withMapping(stored, from, to),
  ]);
  const guards = Object.entries(state.guards).map(([address, limits]) => [renamed(address as Address), limits]);
  return {
    ...state,
    resources: Object.fromEntries(resources) as State['resources'],
    specifications: Object.fromEntries(specifications) as State['specifications'],
    guards: Object.fromEntries(guards) as State['guards'],
  };
}

/** Links name their mapping, so that a mapping with another name makes another specification of them. */
function withMapping(stored: StateSpecification, from: Address, to: Address): StateSpecification {
  if (!isLinkKind(stored.kind) || mappingAddress(stored.specification as unknown as LinkSpecification) !== from) return stored;
  const specification = { ...stored.specification, mapping: parseAddress(to)!.name };
  return { ...stored, specification, digest: digestOf(specification) };
}

function assertKnown(state: State, address: Address): void {
  if (holds(state, address)) return;
  throw new SynclineError('STATE_UNKNOWN_ADDRESS', `The state holds nothing under ${address}.`, {
    hint: 'List what it holds:\n  syncline state list',
  });
}

export function holds(state: State, address: Address): boolean {
  return Object.hasOwn(state.resources, address) || Object.hasOwn(state.specifications, address);
}

function without<Value>(entries: Readonly<Record<Address, Value>>, address: Address): Readonly<Record<Address, Value>> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => name !== address)) as Readonly<Record<Address, Value>>;
}

function refused(detail: string, hint?: string): SynclineError {
  return new SynclineError('STATE_MOVE_REFUSED', detail, hint === undefined ? {} : { hint });
}
