/** Pausing and resuming what was applied, at once and until somebody says otherwise: nothing is asked of a vendor. */
import { isFlowKind, parseAddress, type Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { State, StateSpecification } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { isActive } from './activity.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { underLock } from './under-lock.ts';

export interface PauseResult {
  readonly address: Address;
  readonly action: 'pause' | 'resume';
  /** False where it was so already. */
  readonly changed: boolean;
  /** Links that are concerned: the link itself, or those that end in the integration. */
  readonly links: readonly Address[];
}

/**
 * @throws SynclineError PAUSE_UNKNOWN_ADDRESS for what is no applied link or integration
 */
export async function setActivity(
  runtime: Runtime,
  stack: StackPlace,
  address: Address,
  action: PauseResult['action'],
): Promise<PauseResult> {
  return underLock(runtime, stack, action, async ({ workspace, writer }) => {
    const stored = specificationAt(workspace.state, address);
    const links = linksOf(workspace.state, address);
    if (isActive(stored) === (action === 'resume')) return { address, action, changed: false, links };
    const mark = { since: toInstant(runtime.clock.now()), by: runtime.who };
    await writer.audit(action === 'pause' ? 'paused' : 'resumed', null, { address });
    await writer.update((state) => ({
      ...state,
      specifications: { ...state.specifications, [address]: marked(stored, action, mark) },
    }));
    return { address, action, changed: true, links };
  });
}

function marked(
  { paused: _paused, resumed: _resumed, ...stored }: StateSpecification,
  action: PauseResult['action'],
  mark: { readonly since: string; readonly by: string },
): StateSpecification {
  // Where the YAML says so itself, no mark has to.
  if (isActive(stored) === (action === 'resume')) return stored;
  return { ...stored, [action === 'pause' ? 'paused' : 'resumed']: mark };
}

function specificationAt(state: State, address: Address): StateSpecification {
  const kind = parseAddress(address)?.kind;
  const stored = state.specifications[address];
  if (stored !== undefined && (isFlowKind(kind ?? '') || kind === 'Integration')) return stored;
  const known = Object.keys(state.specifications).filter(
    (name) => isFlowKind(parseAddress(name)?.kind ?? '') || name.startsWith('Integration/'),
  );
  throw new SynclineError('PAUSE_UNKNOWN_ADDRESS', `No link or integration ${address} was applied.`, {
    hint: known.length === 0 ? 'Apply the configuration first:\n  syncline apply' : `Applied: ${known.join(', ')}.`,
  });
}

function linksOf(state: State, address: Address): readonly Address[] {
  const { kind, name } = parseAddress(address)!;
  if (isFlowKind(kind)) return [address];
  return Object.entries(state.specifications)
    .filter(([, stored]) => isFlowKind(stored.kind))
    .filter(([, { specification }]) =>
      Object.values(specification['ends'] as Readonly<Record<string, { readonly integration: string }>>).some(
        (end) => end.integration === name,
      ),
    )
    .map(([link]) => link as Address);
}
