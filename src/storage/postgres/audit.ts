/** The audit log as rows, one event each. */
import { EMPTY_AUDIT_HEAD } from '../../model/state.ts';
import { SynclineError } from '../../model/errors.ts';
import { continueChain, headOf, parseEvent, printEvent, type AuditLog } from '../audit.ts';
import { withSession, type PostgresLocks } from './locks.ts';
import type { PostgresPlace } from './place.ts';
import { isInstalled } from './schema.ts';
import type { Session } from './session.ts';
import { readState } from './state.ts';

export interface PostgresAuditOptions {
  readonly place: PostgresPlace;
  readonly locks: PostgresLocks;
  readonly stack: string;
}

const PAGE_ROWS = 1000;

export function createPostgresAuditLog({ place, locks, stack }: PostgresAuditOptions): AuditLog {
  async function page(session: Session, after: number): Promise<readonly { seq: number; line: string }[]> {
    return session.query(`select seq, line from audit where stack = $1 and seq > $2 order by seq limit ${PAGE_ROWS}`, [
      stack,
      after,
    ]);
  }

  return {
    append: (event, lock) =>
      locks.whileHeld(lock, async (session) => {
        const [last] = await session.query<{ line: string }>(
          `select line from audit where stack = $1 order by seq desc limit 1`,
          [stack],
        );
        const found = last === undefined ? undefined : parseEvent(last.line);
        if (last !== undefined && found === undefined) {
          throw new SynclineError('AUDIT_UNREADABLE', `The last event of stack "${stack}" in ${place.name} is no event.`, {
            hint: 'Restore the log from a backup, or remove that row: the log then shows that something is missing.',
          });
        }
        const mirrored = (await readState(session, place, stack))?.audit;
        const chained = continueChain(found === undefined ? EMPTY_AUDIT_HEAD : headOf(found), mirrored, [event]);
        for (const one of chained)
          await session.query(`insert into audit (stack, seq, line) values ($1, $2, $3)`, [
            stack,
            one.seq,
            printEvent(one).trimEnd(),
          ]);
        return chained.at(-1)!;
      }),
    replace: (lines, lock) =>
      locks.whileHeld(lock, async (session) => {
        await session.query(`delete from audit where stack = $1`, [stack]);
        await Promise.all(
          lines.map((line, index) =>
            session.query(`insert into audit (stack, seq, line) values ($1, $2, $3)`, [stack, index + 1, line]),
          ),
        );
      }),
    async *lines() {
      const rows = await withSession(place, stack, async (session) => {
        if (!(await isInstalled(session))) return [];
        const lines: string[] = [];
        for (let rest = await page(session, 0); rest.length > 0; rest = await page(session, rest.at(-1)!.seq))
          lines.push(...rest.map(({ line }) => line));
        return lines;
      });
      yield* rows;
    },
  };
}
