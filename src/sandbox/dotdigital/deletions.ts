import { ok, refusedV2, type Answer } from './errors.ts';
import { route, type Route } from './exchange.ts';
import { jobId } from './identifiers.ts';

/** How long a background deletion takes, in ms. */
const TAKES_MS = 2_000;

interface Deletion {
  readonly id: string;
  readonly startedAt: number;
  readonly carryOut: () => void;
  done: boolean;
}

/** Removals from address books that are worked off in the background. */
export class DeletionJobs {
  readonly #jobs = new Map<string, Deletion>();

  start(now: number, carryOut: () => void): Answer {
    const id = jobId('deletion', this.#jobs.size + 1, now);
    this.#jobs.set(id, { id, startedAt: now, carryOut, done: false });
    return { status: 202, body: { id, status: 'Started' } };
  }

  /** Carries out what is due at `now`. */
  settle(now: number): void {
    for (const job of this.#jobs.values()) {
      if (job.done || job.startedAt + TAKES_MS > now) continue;
      job.done = true;
      job.carryOut();
    }
  }

  status(id: string): Answer {
    const job = this.#jobs.get(id.toLowerCase());
    if (job === undefined) return refusedV2('ERROR_IMPORT_NOT_FOUND', 404);
    return ok({ id: job.id, status: job.done ? 'Completed' : 'Started' });
  }
}

export function deletionRoutes(jobs: DeletionJobs): readonly Route[] {
  return [route('GET', '/v2/contacts/deletion/{id}', 'unlimited', ({ parameters }) => jobs.status(parameters[0]!))];
}
