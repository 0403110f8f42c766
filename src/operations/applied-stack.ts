/** Which stack an operation works on that needs no configuration: the one whose state is found. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ResolvedStack } from '../config/stack.ts';
import { postgresBackend } from './postgres-backend.ts';
import type { Runtime } from './runtime.ts';

/** A stack of the configuration, resolved, and whether its state stands in the state folder itself. */
export interface OperatedStack extends ResolvedStack {
  readonly isDefault: boolean;
}

export interface StackPlace {
  readonly name: string;
  readonly isDefault: boolean;
}

/**
 * In a database: the stack of that name, or without one the only stack that it holds. In a folder:
 * with `--stack NAME`: the folder of that stack where there is one, the default folder otherwise. Without:
 * whichever stack the default folder belongs to. A state that is damaged is reported when it is read.
 */
export async function appliedStack(runtime: Runtime): Promise<StackPlace> {
  const database = await postgresBackend(runtime);
  if (database !== undefined) {
    const name = runtime.stack ?? (await database.onlyStackOf(database.place)) ?? 'default';
    return { name, isDefault: false };
  }
  const folder = resolve(runtime.root, runtime.backend.replace(/^file:/, ''));
  if (runtime.stack !== undefined) {
    return { name: runtime.stack, isDefault: !existsSync(join(folder, runtime.stack)) };
  }
  return { name: stackOfState(join(folder, 'syncline.state.json')) ?? 'default', isDefault: true };
}

function stackOfState(path: string): string | undefined {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as { stack?: unknown };
    return typeof state.stack === 'string' ? state.stack : undefined;
  } catch {
    return undefined;
  }
}
