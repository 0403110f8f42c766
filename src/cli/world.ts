/**
 * The world of one command: everything that is not pure enters here. A test supplies its own.
 */
import type { Clock } from '../model/time.ts';
import type { LocalMachine } from '../storage/local/storage.ts';

export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly who: string;
  /** Where state, lock and audit log are kept; the disk of this process unless given. */
  readonly machine?: LocalMachine;
  readonly output: OutputStream;
  readonly errors: OutputStream;
  /** Asks a person and resolves with the line typed; `undefined` where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string | undefined>) | undefined;
  /** Opens a page in a person's browser; `false` where there is none. Absent where nobody has one. */
  readonly openBrowser?: (address: string) => Promise<boolean>;
  /** Calls back on each interruption (Ctrl-C, SIGTERM); returns what stops listening. */
  readonly onInterrupt: (listener: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
}

export interface OutputStream {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
}
