import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxClock } from './vendor.ts';

/** A clock from outside that the sandbox runs on. */
export interface TimeSource {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep?(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves the source itself; without it, the sandbox keeps an offset of its own. */
  advance?(ms: number): void;
}

/**
 * The one clock of all vendors' servers. It has the shape of a command's own clock too (`now` and
 * `sleep`), so that a command in the same process can be bound to it.
 */
export interface RunningClock extends SandboxClock {
  /** Whether time stands still but for `advance` and waiting clients. */
  readonly virtual: boolean;
  /** Moves the sandbox's present forward. */
  advance(ms: number): void;
  /** Back to where the sandbox started: no offset, or the first instant of virtual time. */
  reset(): void;
  /** Resolves after `ms` of the sandbox's time; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A call is being answered: virtual time waits for it. */
  callStarted(): void;
  callEnded(): void;
  /** A client was told to come back after `ms`. */
  clientToldToWait(ms: number): void;
}

export interface ClockOptions {
  readonly virtualTime: boolean;
  /** Real time where `virtualTime` is off, the clock to bind to where it is on. */
  readonly source?: TimeSource;
}

/** Real time. The only place of the sandbox that reads the machine's clock. */
export const MACHINE_TIME = {
  now: (): number => Date.now(),
  sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
} as const satisfies TimeSource;

/**
 * Makes the clock that a sandbox runs on.
 *
 * - real (the default): the source's time plus an offset that `advance` moves; rate limits refill
 *   without that offset, or ten minutes of advancing would forgive ten minutes of calls.
 * - virtual without a source: stands still; moves by `advance`, by `sleep`, and by the `Retry-After`
 *   that a client out of reach was given.
 * - virtual with a source: follows the source, which the test owns.
 */
export function createClock(options: ClockOptions): RunningClock {
  if (!options.virtualTime) return realClock(options.source ?? MACHINE_TIME);
  return options.source === undefined ? virtualClock(MACHINE_TIME.now()) : boundClock(options.source);
}

function realClock(source: TimeSource): RunningClock {
  let offsetMs = 0;
  return {
    virtual: false,
    now: () => source.now() + offsetMs,
    rateNow: () => source.now(),
    realNow: () => source.now(),
    advance: (ms) => {
      offsetMs += ms;
    },
    reset: () => {
      offsetMs = 0;
    },
    sleep: (ms, signal) => (source.sleep === undefined ? MACHINE_TIME.sleep(ms, signal) : source.sleep(ms, signal)),
    callStarted: nothing,
    callEnded: nothing,
    clientToldToWait: nothing,
  };
}

function boundClock(source: TimeSource): RunningClock {
  let offsetMs = 0;
  const now = (): number => source.now() + offsetMs;
  const advance = (ms: number): void => {
    if (source.advance === undefined) offsetMs += ms;
    else source.advance(ms);
  };
  return {
    virtual: true,
    now,
    rateNow: now,
    realNow: MACHINE_TIME.now,
    advance,
    reset: () => {
      offsetMs = 0;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      if (source.sleep === undefined) advance(ms);
      else await source.sleep(ms, signal);
    },
    callStarted: nothing,
    callEnded: nothing,
    clientToldToWait: nothing,
  };
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * How many turns of the event loop have to pass without a call before sleepers are woken. A call
 * that a client of this process has just sent needs two or three to arrive, and time must not jump
 * over it: a sleep that only guards the call against hanging would fire.
 */
const QUIET_TURNS = 8;

function virtualClock(startMs: number): RunningClock {
  let nowMs = startMs;
  let callsInFlight = 0;
  let quietTurns = 0;
  let turnScheduled = false;
  let clientsSleepHere = false;
  const sleepers = new Set<Sleeper>();

  function wakeTheDue(): void {
    for (const sleeper of [...sleepers].sort((a, b) => a.wakeAt - b.wakeAt)) {
      if (sleeper.wakeAt > nowMs) break;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  function watchForQuiet(): void {
    if (turnScheduled || sleepers.size === 0 || callsInFlight > 0) return;
    turnScheduled = true;
    setImmediate(() => {
      turnScheduled = false;
      if (sleepers.size === 0 || callsInFlight > 0) return;
      quietTurns += 1;
      if (quietTurns >= QUIET_TURNS) {
        quietTurns = 0;
        nowMs = Math.max(nowMs, Math.min(...[...sleepers].map((sleeper) => sleeper.wakeAt)));
        wakeTheDue();
      }
      watchForQuiet();
    });
  }

  function advance(ms: number): void {
    nowMs += ms;
    wakeTheDue();
  }

  return {
    virtual: true,
    now: () => nowMs,
    rateNow: () => nowMs,
    realNow: MACHINE_TIME.now,
    advance,
    reset: () => {
      nowMs = startMs;
    },
    sleep: (ms, signal) => {
      clientsSleepHere = true;
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason);
          return;
        }
        const sleeper: Sleeper = {
          wakeAt: nowMs + Math.max(0, ms),
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        function abort(): void {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        }
        signal?.addEventListener('abort', abort, { once: true });
        sleepers.add(sleeper);
        quietTurns = 0;
        watchForQuiet();
      });
    },
    callStarted: () => {
      callsInFlight += 1;
      quietTurns = 0;
    },
    callEnded: () => {
      callsInFlight -= 1;
      quietTurns = 0;
      watchForQuiet();
    },
    clientToldToWait: (ms) => {
      // A client bound to this clock sleeps here itself; waiting for it as well would count twice.
      if (!clientsSleepHere) advance(ms);
    },
  };
}

function nothing(): void {
  // Real and bound time pass without the sandbox's doing.
}

const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds (`PT10M`, `P1D`).
 *
 * @returns milliseconds
 * @throws SandboxError SANDBOX_INVALID_CONTROL for anything else
 */
export function parseAdvance(text: string): number {
  const match = DURATION.exec(text);
  if (match === null || text.endsWith('T') || text === 'P') {
    throw new SandboxError('SANDBOX_INVALID_CONTROL', `advance: "${text}" is not a duration such as PT10M, PT1H or P1D.`);
  }
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round(((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
