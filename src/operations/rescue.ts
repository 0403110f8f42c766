import { join } from 'node:path';
import { SynclineError } from '../model/errors.ts';
import type { State } from '../model/state.ts';
import { nodeFileSystem, writeDurably } from '../storage/file-system.ts';
import { printState, sealState } from '../storage/state-text.ts';
import type { Runtime } from './runtime.ts';

const RESCUE_FILE = 'errored.state.json';

/**
 * Keeps a state that could not be stored although vendors were told already what it says: as a file in the working
 * folder, with its lineage and the serial that it should have had, so that it can be pushed.
 *
 * @param state as it should be, with the serial that is stored
 * @returns the error to end the run with; it names the ids where even that file cannot be written
 */
export function rescueState(runtime: Runtime, state: State, cause: unknown): SynclineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const rescued = sealState({ ...state, serial: state.serial + 1, syncline_version: runtime.synclineVersion });
  try {
    writeDurably(runtime.machine.fileSystem ?? nodeFileSystem, join(runtime.root, RESCUE_FILE), Buffer.from(printState(rescued)));
  } catch {
    const ids = Object.entries(state.resources).map(([address, { id }]) => `${address} ${id ?? '(no id)'}`);
    return new SynclineError(
      'STATE_RESCUED',
      `${reason} Objects were changed before, and ${RESCUE_FILE} cannot be written either. The state should hold: ${ids.join(', ')}.`,
      { hint: 'Make room or give permission, then apply again: what was begun is found by its name.\n  syncline apply', cause },
    );
  }
  return new SynclineError(
    'STATE_RESCUED',
    `${reason} Objects were changed before: the state that tells of them is kept in ${RESCUE_FILE} (lineage ${rescued.lineage}, serial ${rescued.serial}).`,
    {
      hint: `Make room or give permission, then store it before anything else is applied:\n  syncline state push ${RESCUE_FILE}`,
      cause,
    },
  );
}
