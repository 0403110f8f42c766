import { SynclineError } from '../model/errors.ts';
import type { State } from '../model/state.ts';
import type { PushedState } from './state.ts';
import { contentOf, sealState } from './state-text.ts';

/**
 * The state to store when `next` was made from the one of `expectedSerial` and `current` is stored:
 * the rules of `StateStore.write`, the same for every store. Pure.
 *
 * @returns `current` itself where nothing differs
 * @throws SynclineError STATE_STALE_SERIAL, STATE_LINEAGE_MISMATCH, STATE_STACK_MISMATCH
 */
export function changeState(
  current: State | undefined,
  next: State,
  expectedSerial: number,
  identity: { readonly stack: string; readonly synclineVersion: string },
): State {
  refuseOther(current, next, expectedSerial, identity.stack);
  const audit = current !== undefined && current.audit.count > next.audit.count ? current.audit : next.audit;
  const moved = sealState({ ...next, syncline_version: identity.synclineVersion, serial: expectedSerial + 1, audit });
  if (current === undefined || contentOf(current) !== contentOf(moved)) {
    return moved;
  }
  const sameAudit = current.audit.count === audit.count && current.audit.head === audit.head;
  return sameAudit ? current : sealState({ ...moved, serial: expectedSerial });
}

/**
 * The state to store when a person hands in `pushed`: the rules of `StateStore.push`, the same for every store. Pure.
 *
 * @returns `current` itself where both say the same
 * @throws SynclineError STATE_STALE_SERIAL, STATE_FORKED, STATE_LINEAGE_MISMATCH, STATE_STACK_MISMATCH
 */
export function pushState(
  current: State | undefined,
  pushed: State,
  how: PushedState,
  identity: { readonly stack: string; readonly synclineVersion: string },
): State {
  if (how.as === 'edited') return changeState(current, pushed, pushed.serial, identity);
  const stored = current?.serial ?? 0;
  refuseOther(current, pushed, stored, identity.stack);
  const audit = current !== undefined && current.audit.count > pushed.audit.count ? current.audit : pushed.audit;
  if (how.as === 'forced') {
    const serial = Math.max(stored, pushed.serial, how.above) + 1;
    return sealState({ ...pushed, syncline_version: identity.synclineVersion, serial, audit });
  }
  if (current !== undefined && pushed.serial === stored && contentOf(pushed) === contentOf(current)) return current;
  if (pushed.serial > stored) return sealState({ ...pushed, audit });
  throw new SynclineError(
    pushed.serial === stored ? 'STATE_FORKED' : 'STATE_STALE_SERIAL',
    pushed.serial === stored
      ? `The stored state has serial ${stored} as well, and says something else.`
      : `The stored state has serial ${stored}, this one ${pushed.serial}: it is older.`,
    { hint: 'Compare them first:\n  syncline state pull\nTo put this one on top nevertheless, add --force.' },
  );
}

function refuseOther(current: State | undefined, next: State, expectedSerial: number, stack: string): void {
  if (next.stack !== stack) {
    throw new SynclineError('STATE_STACK_MISMATCH', `A state of stack "${next.stack}" cannot be stored for stack "${stack}".`);
  }
  if (current !== undefined && current.lineage !== next.lineage) {
    throw new SynclineError(
      'STATE_LINEAGE_MISMATCH',
      `The stored state has lineage ${current.lineage}, the new one ${next.lineage}.`,
      {
        hint: 'Use the state that belongs to this backend, or another backend for this state.',
      },
    );
  }
  const serial = current?.serial ?? 0;
  if (serial !== expectedSerial) {
    throw new SynclineError(
      'STATE_STALE_SERIAL',
      `The stored state has serial ${serial}; the change was made on serial ${expectedSerial}.`,
      {
        hint: 'Run again.',
      },
    );
  }
}
