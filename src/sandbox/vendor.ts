/**
 * The contract between the sandbox's server and a vendor's stand-in.
 *
 * The server owns sockets, the clock, the call log, faults and the control paths; a stand-in owns
 * the vendor's data and answers. A stand-in is written from the vendor's documentation and from
 * nothing else: it imports no provider, so that a misreading is not made twice and agreed upon.
 */

export interface SandboxRequest {
  readonly method: string;
  /** Path without query, leading slashes collapsed to one, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query as sent, without `?`. */
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** `http://127.0.0.1:PORT`, as the client addressed it. */
  readonly origin: string;
  /** Set where a `partial` fault asks that every second record of this batch fails with a retryable error. */
  readonly partial: boolean;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or buffer is sent as it is; an object as JSON with `contentType` of the vendor; `undefined` as an empty body. */
  readonly body?: unknown;
  /** How many changes the call asked for: 1 for a call that asks to change something, 0 otherwise. */
  readonly writes: 0 | 1;
}

/** Faults that a vendor words in its own way, before any effect. */
export type RefusalFault = '429' | '500' | '503' | 'expired-token';

/** One person of the seed, from which each vendor makes its own records. */
export interface SeedPerson {
  readonly number: number;
  readonly firstName: string;
  readonly lastName: string;
  /** As each side spells it; `null` where that side has no address. */
  readonly email: string | null;
  readonly phone: string | null;
  readonly jobTitle: string | null;
  readonly city: string | null;
  /** `YYYY-MM-DD`. */
  readonly birthday: string | null;
  readonly leadSource: string | null;
  readonly company: string | null;
  readonly optedOut: boolean;
  /** When the record was made and last changed, in ms before the sandbox's start. */
  readonly createdMsAgo: number;
  readonly changedMsAgo: number;
}

/**
 * The people of one seed. `crm` and `marketing` list who each side knows, as it knows them:
 * many stand on both sides with the same address, some with other values, spelled otherwise, or twice.
 */
export interface Seed {
  readonly seed: number;
  readonly crm: readonly SeedPerson[];
  readonly marketing: readonly SeedPerson[];
}

export interface SandboxClock {
  /** The sandbox's present, in ms since the epoch. Moved by `advance` and, in real mode, by real time. */
  now(): number;
  /** The time by which rate limits refill: real time, or the sandbox's under virtual time. */
  rateNow(): number;
  /** Real time, for what a client's own clock decides (the expiry inside a JWT). */
  realNow(): number;
}

export interface VendorSandbox {
  readonly name: string;
  readonly defaultPort: number;
  /** Content type of object bodies. */
  readonly contentType: string;
  /** Puts data, tokens and ids back to what the seed gives. Deterministic for one seed. */
  reset(seed: Seed): void;
  handle(request: SandboxRequest): SandboxResponse | Promise<SandboxResponse>;
  /** Whether this call would change something, judged without effect: a fault may answer it. */
  isWrite(request: SandboxRequest): boolean;
  /** How the vendor words a refusal. */
  refuse(fault: RefusalFault, retryAfterSeconds: number, request: SandboxRequest): SandboxResponse;
  /** Rows of one object in the vendor's read form, flat, sorted by id; `undefined` for unknown objects. */
  dump(object: string): Iterable<Readonly<Record<string, unknown>>> | undefined;
  /** `NAME` and value of each environment variable that the examples read for this vendor. */
  environment(origin: string): Readonly<Record<string, string>>;
  /** Replaces ids in a path by `*` for the call log: `/api/3/contacts/12` -> `/api/3/contacts/*`. */
  route(path: string): string;
}

export type CreateVendorSandbox = (clock: SandboxClock) => VendorSandbox;
