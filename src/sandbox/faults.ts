import { SandboxError } from './sandbox-error.ts';

export const FAULT_KINDS = [
  '429',
  '500',
  '503',
  'reset',
  'expired-token',
  'lost-response',
  'truncate',
  'slow',
  'partial',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault that waits for the calls it is meant for. */
export interface Fault {
  /** `*` as a method is any; `*` in a path is any text, slashes included. The query is not matched. */
  readonly match: { readonly method: string; readonly path: string };
  readonly kind: FaultKind;
  /** How many calls it will still hit. */
  readonly times: number;
  /** How many matching calls still pass before the first is hit. */
  readonly after: number;
  /** Seconds that a refusal asks the client to wait. */
  readonly retryAfter: number;
  /** Real milliseconds that a `slow` answer is held back. */
  readonly ms: number;
}

/** The faults of one vendor's server, in the order in which they are to strike. */
export class FaultList {
  #faults: Fault[] = [];

  replace(faults: readonly Fault[]): void {
    this.#faults = [...faults];
  }

  /** What is left to strike. */
  list(): readonly Fault[] {
    return this.#faults;
  }

  /**
   * The fault that this call meets, which is thereby used up once. Only the first matching entry
   * is asked: while it lets calls pass (`after`), the entries behind it wait.
   */
  take(method: string, path: string): Fault | undefined {
    const index = this.#faults.findIndex((fault) => matches(fault, method, path));
    const fault = this.#faults[index];
    if (fault === undefined) return undefined;
    if (fault.after > 0) {
      this.#faults[index] = { ...fault, after: fault.after - 1 };
      return undefined;
    }
    if (fault.times > 1) this.#faults[index] = { ...fault, times: fault.times - 1 };
    else this.#faults.splice(index, 1);
    return fault;
  }
}

function matches(fault: Fault, method: string, path: string): boolean {
  return (fault.match.method === '*' || fault.match.method === method) && matchesPattern(fault.match.path, path);
}

/** Matches piece by piece rather than by a regular expression, which many stars would make slow. */
function matchesPattern(pattern: string, path: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces.shift() ?? '';
  const last = pieces.pop();
  if (last === undefined) return path === first;
  if (!path.startsWith(first)) return false;
  let position = first.length;
  for (const piece of pieces) {
    const found = path.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return path.length - last.length >= position && path.endsWith(last);
}

const ENTRY_KEYS = ['match', 'kind', 'times', 'after', 'retryAfter', 'ms'];
const MATCH_KEYS = ['method', 'path'];
const LONGEST_DELAY_MS = 600_000;

/**
 * Reads the body of `POST /__sandbox/faults`.
 *
 * @throws SandboxError SANDBOX_INVALID_CONTROL that names the entry and what is wrong with it
 */
export function parseFaults(value: unknown): readonly Fault[] {
  if (!Array.isArray(value)) throw invalid('faults: expected an array of faults.');
  return value.map((entry, index) => parseFault(entry, `faults[${index}]`));
}

function parseFault(value: unknown, where: string): Fault {
  const entry = objectOf(value, where, ENTRY_KEYS);
  const match = objectOf(entry['match'], `${where}.match`, MATCH_KEYS);
  const method = match['method'] ?? '*';
  if (typeof method !== 'string' || !/^(\*|[A-Za-z]+)$/.test(method)) {
    throw invalid(`${where}.match.method: expected an HTTP method or "*".`);
  }
  const path = match['path'];
  if (typeof path !== 'string' || !/^[/*]/.test(path)) {
    throw invalid(`${where}.match.path: expected a path such as "/api/3/*".`);
  }
  const kind = FAULT_KINDS.find((known) => known === entry['kind']);
  if (kind === undefined) throw invalid(`${where}.kind: expected one of ${FAULT_KINDS.join(', ')}.`);
  return {
    match: { method: method.toUpperCase(), path },
    kind,
    times: numberOf(entry, 'times', where, 1, 1),
    after: numberOf(entry, 'after', where, 0, 0),
    retryAfter: numberOf(entry, 'retryAfter', where, 1, 0),
    ms: numberOf(entry, 'ms', where, 500, 0, LONGEST_DELAY_MS),
  };
}

function objectOf(value: unknown, where: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${where}: expected an object.`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw invalid(`${where}: unknown key ${JSON.stringify(unknown)}; expected ${known.join(', ')}.`);
  }
  return value as Record<string, unknown>;
}

function numberOf(
  entry: Readonly<Record<string, unknown>>,
  key: string,
  where: string,
  byDefault: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = entry[key] ?? byDefault;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    const bounds = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw invalid(`${where}.${key}: expected a whole number ${bounds}.`);
  }
  return value;
}

function invalid(message: string): SandboxError {
  return new SandboxError('SANDBOX_INVALID_CONTROL', message);
}
