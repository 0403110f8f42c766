/** The status under which a call is listed that was not answered: still in progress, reset, or cut off. */
export const NO_ANSWER = 0;

/** Calls of one method, route and status since the last reset. */
export interface CallCount {
  readonly method: string;
  /** Path without host and query, an id as `*`. */
  readonly route: string;
  /** `0` where no answer was sent. */
  readonly status: number;
  readonly count: number;
  /** How many of these calls asked to change something. */
  readonly writes: number;
}

/** One call on its way: it counts from its arrival on, and moves to its status when that is known. */
export interface ArrivedCall {
  /** The first settlement stands; later ones are ignored. */
  settle(status: number, writes: 0 | 1): void;
}

/** Counts the calls that reached one vendor's server. */
export class CallLog {
  readonly #counts = new Map<string, { method: string; route: string; status: number; count: number; writes: number }>();

  arrive(method: string, route: string): ArrivedCall {
    this.#add(method, route, NO_ANSWER, 1, 0);
    let settled = false;
    return {
      settle: (status, writes) => {
        if (settled) return;
        settled = true;
        this.#add(method, route, NO_ANSWER, -1, 0);
        this.#add(method, route, status, 1, writes);
      },
    };
  }

  /** Sorted by route, method and status. */
  list(): readonly CallCount[] {
    return [...this.#counts.values()]
      .filter((entry) => entry.count > 0)
      .map((entry) => ({ ...entry }))
      .sort((a, b) => compare(a.route, b.route) || compare(a.method, b.method) || a.status - b.status);
  }

  #add(method: string, route: string, status: number, count: number, writes: number): void {
    const key = `${method} ${status} ${route}`;
    const entry = this.#counts.get(key);
    if (entry === undefined) this.#counts.set(key, { method, route, status, count, writes });
    else {
      entry.count += count;
      entry.writes += writes;
    }
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
