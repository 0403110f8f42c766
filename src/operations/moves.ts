/** `Moved` documents: what was applied under one address goes on under another one. */
import { isFlowKind, parseAddress, type Address } from '../model/address.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Plan, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { Ledger } from '../storage/ledger.ts';
import { holds, withMoved } from './state-addresses.ts';
import type { StateWriter } from './state-writer.ts';

export interface PlannedMoves {
  /** The state as it will be when the moves are made. */
  readonly state: State;
  /** Former addresses by the present ones. */
  readonly former: ReadonlyMap<Address, Address>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Works out what moves: documents whose former address the state does not hold have done their service. */
export function planMoves(configuration: Configuration, state: State): PlannedMoves {
  const next = new Map([...configuration.moved.values()].map(({ spec }) => [spec.from, spec.to]));
  const former = new Map<Address, Address>();
  const diagnostics: Diagnostic[] = [];
  let moved = state;
  for (const document of configuration.moved.values()) {
    const from = document.spec.from as Address;
    if (!holds(state, from)) continue;
    let to: string = from;
    for (let after = next.get(to); after !== undefined; after = next.get(to)) to = after;
    if (holds(moved, to as Address)) {
      diagnostics.push({
        severity: 'error',
        code: 'STATE_MOVE_REFUSED',
        address: document.address,
        source: document.source(['spec', 'to']),
        detail: `The state holds both ${from} and ${to}: one of them would be lost.`,
        hint: `Forget the one that is meant to go:\n  syncline state rm ${to}`,
      });
    } else {
      moved = withMoved(moved, from, to as Address);
      former.set(to as Address, from);
    }
  }
  return { state: moved, former, diagnostics };
}

/** A ledger that is asked for links under their new addresses before they have moved. */
export function readingMoved(ledger: Ledger, former: PlannedMoves['former']): Ledger {
  const known = (address: string): string => former.get(address as Address) ?? address;
  return {
    ...ledger,
    link: (address) => ledger.link(known(address)),
    campaignImport: (address) => ledger.campaignImport(known(address)),
    keysOf: (address) => ledger.keysOf(known(address)),
  };
}

/** Makes the moves of a plan, state and ledger in step: a crash in between leaves each of them whole. */
export async function carryOutMoves(plan: Plan, run: string, ledger: Ledger, writer: StateWriter): Promise<void> {
  for (const { address: to, previousAddress: from } of plan.resourceChanges) {
    if (from === undefined) continue;
    await writer.audit('state_moved', run, { from, to });
    if (isFlowKind(parseAddress(from)!.kind)) await ledger.beginMove(from, to);
    await writer.update((state) => withMoved(state, from, to));
    await ledger.settleMove((address) => Object.hasOwn(writer.state().specifications, address));
  }
}

/** The changes of a plan, with the former address of what moves. */
export function withFormer(changes: readonly ResourceChange[], former: PlannedMoves['former']): readonly ResourceChange[] {
  return changes.map((change) => {
    const previousAddress = former.get(change.address);
    return previousAddress === undefined ? change : { ...change, previousAddress };
  });
}
