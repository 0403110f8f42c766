/** What the server and the network report, as errors that say what to do. */
import { SynclineError } from '../../model/errors.ts';
import type { PostgresPlace } from './place.ts';

/**
 * @source PostgreSQL 18, appendix A, "PostgreSQL Error Codes": classes 08, 28, 3D, 53, 57P; Node's system errors
 */
const REASONS: readonly (readonly [RegExp, 'STORAGE_UNREACHABLE' | 'STORAGE_WRITE_FAILED', string])[] = [
  [/^(28|3D|42501)/, 'STORAGE_UNREACHABLE', 'Check user, password, database and rights.'],
  [/^(53100|53200|25006)/, 'STORAGE_WRITE_FAILED', 'Make room or give permission, then run again: the run continues.'],
  [
    /^(08|53|57P|E[A-Z]+$)/,
    'STORAGE_UNREACHABLE',
    'Check that the server runs and can be reached, then run again: the run continues.',
  ],
];

/** @throws SynclineError STORAGE_UNREACHABLE, STORAGE_WRITE_FAILED; other errors pass */
export async function translateServerErrors<Result>(place: PostgresPlace, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw translated(place, error);
  }
}

/** The same methods, with their errors translated. */
export function guardServerCalls<Methods extends object>(place: PostgresPlace, methods: Methods): Methods {
  const guarded = Object.entries(methods).map(([name, method]) => [
    name,
    (...parameters: readonly unknown[]): unknown => {
      const result: unknown = (method as Method).apply(methods, [...parameters]);
      return result instanceof Promise ? translateServerErrors(place, () => result as Promise<unknown>) : result;
    },
  ]);
  return Object.fromEntries(guarded) as Methods;
}

type Method = (this: object, ...parameters: unknown[]) => unknown;

function translated(place: PostgresPlace, error: unknown): Error {
  if (error instanceof SynclineError || !(error instanceof Error)) return error as Error;
  const code =
    'code' in error ? String(error.code) : /connection|terminated|queryable|closed/i.test(error.message) ? '08000' : '';
  const [, kind, hint] = REASONS.find(([pattern]) => pattern.test(code)) ?? [];
  if (kind === undefined) return error;
  // Of several addresses that were tried, the message is empty.
  const reason = error.message === '' ? code : error.message;
  return new SynclineError(kind, `${place.name}: ${reason}.`, { hint: hint!, cause: error });
}
