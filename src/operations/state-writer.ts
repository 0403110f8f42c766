import type { State } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { headOf } from '../storage/audit.ts';
import type { Lock } from '../storage/lock.ts';
import { rescueState } from './rescue.ts';
import type { Runtime } from './runtime.ts';
import type { Workspace } from './workspace.ts';

/** Writes the state one step after the other, each on top of the one before. */
export interface StateWriter {
  state(): State;
  /**
   * @param told what changed is so at a vendor already: where it cannot be stored, it is kept in a file, and with what
   *   is stored later
   * @throws SynclineError STATE_RESCUED, and what `StateStore.write` throws
   */
  update(change: (state: State) => State, told?: 'told'): Promise<void>;
  audit(type: string, run: string | null, fields: Readonly<Record<string, string | number | boolean | null>>): Promise<void>;
}

export function createStateWriter(runtime: Runtime, workspace: Workspace, lock: Lock): StateWriter {
  let current = workspace.state;
  let queue: Promise<void> = Promise.resolve();
  const enqueue = (step: () => Promise<void>): Promise<void> => {
    const next = queue.then(step);
    queue = next.catch(() => undefined);
    return next;
  };
  return {
    state: () => current,
    update: (change, told) =>
      enqueue(async () => {
        const next = change(current);
        try {
          current = await workspace.storage.states.write(next, current.serial, lock);
        } catch (error) {
          if (told === undefined) throw error;
          current = next;
          throw rescueState(runtime, next, error);
        }
      }),
    audit: (type, run, fields) =>
      enqueue(async () => {
        const event = await workspace.storage.audit.append(
          { type, at: toInstant(runtime.clock.now()), who: runtime.who, run, ...fields },
          lock,
        );
        if (current.serial > 0)
          current = await workspace.storage.states.write({ ...current, audit: headOf(event) }, current.serial, lock);
        else current = { ...current, audit: headOf(event) };
      }),
  };
}
