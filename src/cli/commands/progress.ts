import type { OperationEvent } from '../../operations/runtime.ts';
import { advanceProgress, progressText, type Progress as Standing } from '../../report/progress.ts';
import type { CommandContext } from '../context.ts';

const REDRAW_MS = 100;

export interface Progress {
  onEvent(event: OperationEvent): void;
  /** Clears the line. May be called more than once. */
  end(): void;
}

/** One live line on standard error while a person waits; nothing where it is no terminal. */
export function createProgress(context: CommandContext): Progress {
  const { errors, clock } = context.world;
  if (!errors.isTerminal || context.json) return { onEvent: () => undefined, end: () => undefined };
  let drawn = false;
  let lastDrawn = 0;
  let standing: Standing | undefined;
  const end = (): void => {
    if (drawn) errors.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    onEvent(event) {
      if (event.type !== 'plan_progress' && event.type !== 'cycle_progress') {
        end();
        return;
      }
      const now = clock.now();
      standing = advanceProgress(standing, event.link, event.progress, now);
      if (now - lastDrawn < REDRAW_MS) return;
      lastDrawn = now;
      errors.write(`\r\u001b[2K${progressText(standing, errors.columns - 1)}`);
      drawn = true;
    },
    end,
  };
}
