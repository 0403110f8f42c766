import type { CommandModule } from '../program.ts';
import { applyCommand } from './apply.ts';
import { checkCommand } from './check.ts';
import { explainCommand } from './explain.ts';
import { forceUnlockCommand } from './force-unlock.ts';
import { initCommand } from './init.ts';
import { planCommand } from './plan.ts';
import { sandboxCommand } from './sandbox.ts';
import { showCommand } from './show.ts';
import { stateCommand } from './state.ts';
import { syncCommand } from './sync.ts';
import { validateCommand } from './validate.ts';
import { verifyCommand } from './verify.ts';
import { conflictsCommand, quarantineCommand } from './waiting.ts';
import { versionCommand } from './version.ts';

/** Every command, in the order in which the help lists them. */
export const COMMANDS: readonly CommandModule[] = [
  initCommand,
  validateCommand,
  checkCommand,
  planCommand,
  applyCommand,
  syncCommand,
  verifyCommand,
  showCommand,
  stateCommand,
  quarantineCommand,
  conflictsCommand,
  forceUnlockCommand,
  sandboxCommand,
  explainCommand,
  versionCommand,
];
