/** The state of each stack, as one row with the text that a file would hold. */
import type { State } from '../../model/state.ts';
import type { StateStore } from '../state.ts';
import { changeState, pushState } from '../state-change.ts';
import { parseState, printState } from '../state-text.ts';
import type { PostgresLocks } from './locks.ts';
import { withSession } from './locks.ts';
import type { PostgresPlace } from './place.ts';
import { isInstalled } from './schema.ts';
import type { Session } from './session.ts';
import { SynclineError } from '../../model/errors.ts';

export interface PostgresStateOptions {
  readonly place: PostgresPlace;
  readonly locks: PostgresLocks;
  readonly stack: string;
  readonly synclineVersion: string;
}

export function createPostgresStateStore(options: PostgresStateOptions): StateStore {
  const { place, locks, stack } = options;

  async function store(session: Session, change: (current: State | undefined) => State): Promise<State> {
    const current = await readState(session, place, stack);
    const next = change(current);
    if (next === current) return next;
    const content = printState(next);
    parseState(content, { source: `The state of stack "${stack}"`, digest: 'verify', stack });
    const stored = await session.query(
      `insert into state as stored (stack, lineage, serial, content) values ($1, $2, $3, $4)
       on conflict (stack) do update set lineage = excluded.lineage, serial = excluded.serial, content = excluded.content
         where stored.lineage = $5 and stored.serial = $6
       returning 1`,
      [stack, next.lineage, next.serial, content, current?.lineage ?? next.lineage, current?.serial ?? 0],
    );
    if (stored.length > 0) return next;
    throw new SynclineError('STATE_STALE_SERIAL', 'The stored state was changed meanwhile.', { hint: 'Run again.' });
  }

  return {
    read: () =>
      withSession(place, stack, async (session) => ((await isInstalled(session)) ? readState(session, place, stack) : undefined)),
    write: (next, expectedSerial, lock) =>
      locks.whileHeld(lock, (session) => store(session, (current) => changeState(current, next, expectedSerial, options))),
    push: (pushed, how, lock) =>
      locks.whileHeld(lock, (session) => store(session, (current) => pushState(current, pushed, how, options))),
  };
}

export async function readState(session: Session, place: PostgresPlace, stack: string): Promise<State | undefined> {
  const [row] = await session.query<{ content: string }>(`select content from state where stack = $1`, [stack]);
  return row === undefined
    ? undefined
    : parseState(row.content, {
        source: `The state of stack "${stack}" in ${place.name}`,
        digest: 'verify',
        stack,
        hint: 'Put back what was there before, from a backup of the database.',
      });
}
