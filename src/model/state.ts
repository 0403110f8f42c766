/**
 * The state of one stack: what Syncline created or adopted, and what it last applied. It is the
 * content of `state/syncline.state.json`, so its names are those of that file (`schemas/state.schema.json`).
 *
 * It holds no secret and nothing of any person; cursors and agreed values live in the ledger.
 */
import type { Address } from './address.ts';

export const STATE_FORMAT_VERSION = 1;

export interface State {
  readonly format_version: typeof STATE_FORMAT_VERSION;
  /** The version of Syncline that wrote this serial. */
  readonly syncline_version: string;
  /** Identifies the history that this state belongs to: a UUID, made once. */
  readonly lineage: string;
  /**
   * Counts the changes of `accounts`, `resources`, `specifications` and `guards`, and of nothing else,
   * so that a cycle never makes a reviewed plan stale. 0 for a state that was never stored.
   */
  readonly serial: number;
  readonly stack: string;
  /** The account that each integration turned out to have, by the integration's name. */
  readonly accounts: Readonly<Record<string, StateAccount>>;
  readonly resources: Readonly<Record<Address, StateResource>>;
  readonly specifications: Readonly<Record<Address, StateSpecification>>;
  /** Guards that outlive the blocks that declared them, by the block's address. */
  readonly guards: Readonly<Record<Address, StateGuards>>;
  readonly audit: AuditHead;
  /** SHA-256 over the canonical JSON (RFC 8785) of everything else, in hexadecimal digits. Set by the store. */
  readonly digest: string;
}

export interface StateAccount {
  readonly id: string;
  readonly label: string;
}

export interface StateResource {
  readonly type: string;
  readonly integration: string;
  readonly mode: 'managed' | 'expected';
  /** The vendor's id; `null` while the object is not known to exist. */
  readonly id: string | null;
  /** Attributes as last applied, sensitive ones left out. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes that only the vendor could tell. */
  readonly computed: Readonly<Record<string, unknown>>;
  /** False for an object that was adopted: destroying it is another matter. */
  readonly created_by_syncline: boolean;
  readonly prevent_destroy: boolean;
  /** Addresses that must exist before this one and go after it. */
  readonly depends_on: readonly Address[];
  readonly applied_at: string;
  /** An intent stored before the call that carries it out. A state that still has one tells of an interrupted run. */
  readonly pending?: PendingAction;
}

export interface PendingAction {
  readonly action: 'create' | 'update' | 'delete' | 'replace';
  readonly since: string;
  readonly run: string;
}

export interface StateSpecification {
  readonly kind: string;
  /** Counts the specifications applied under this address, from 1. */
  readonly generation: number;
  /** Identifies the content of `specification`. */
  readonly digest: string;
  /** What `sync` and workers run, complete: no file of a checkout is read for it. */
  readonly specification: Readonly<Record<string, unknown>>;
  readonly applied_at: string;
  /** Set by `pause`; a specification that is paused in YAML says so itself. */
  readonly paused?: OperatorMark;
  /** Set by `resume` where the YAML says `active: false`. */
  readonly resumed?: OperatorMark;
}

/** Who did something by command, and when. */
export interface OperatorMark {
  readonly since: string;
  /** `user@host`. */
  readonly by: string;
}

/** Guard by name: a threshold, a switch, or a word. */
export type StateGuards = Readonly<Record<string, number | boolean | string>>;

/** Where the audit log stood: the number of its events, and the hash of the last one (64 zeros before the first). */
export interface AuditHead {
  readonly count: number;
  readonly head: string;
}

export const EMPTY_AUDIT_HEAD: AuditHead = { count: 0, head: '0'.repeat(64) };

/** The state of a stack to which nothing was applied yet. */
export function emptyState(identity: {
  readonly synclineVersion: string;
  readonly lineage: string;
  readonly stack: string;
}): State {
  return {
    format_version: STATE_FORMAT_VERSION,
    syncline_version: identity.synclineVersion,
    lineage: identity.lineage,
    serial: 0,
    stack: identity.stack,
    accounts: {},
    resources: {},
    specifications: {},
    guards: {},
    audit: EMPTY_AUDIT_HEAD,
    digest: '',
  };
}
