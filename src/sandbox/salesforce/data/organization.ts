/**
 * One Salesforce org: its objects, their rows, who may see which custom field, transactions, ids and
 * the moment from which a write can be seen. It knows no HTTP; `records.ts` decides what may be written.
 */
import type { SandboxClock } from '../../vendor.ts';
import { NOT_FOUND, Refusal } from '../api-error.ts';
import type { Field, StoredValue } from '../schema/field.ts';
import { fieldOf } from '../schema/object.ts';
import type { ObjectSchema } from '../schema/object.ts';
import { accountObject, contactObject, leadObject } from '../schema/people-objects.ts';
import {
  campaignMemberObject,
  campaignObject,
  caseObject,
  opportunityContactRoleObject,
  opportunityObject,
} from '../schema/sales-objects.ts';
import {
  customFieldObject,
  fieldPermissionsObject,
  objectPermissionsObject,
  organizationObject,
  permissionSetAssignmentObject,
  permissionSetObject,
  profileObject,
  userObject,
} from '../schema/setup-objects.ts';
import { makeId } from './ids.ts';
import { wholeSeconds } from './instants.ts';
import { Table } from './table.ts';
import type { Transaction } from './table.ts';

/** What a test may turn; never reachable by a vendor's client. */
export interface SalesforceSettings {
  /** How long a committed write stays invisible to readers, although its stamp is the time of the write. */
  lateVisibilityMs: number;
  /** Calls in 24 hours; 5,000,000 is what a full sandbox org has. */
  dailyApiRequests: number;
  /** Whether a contact that repeats another's name and address is refused: never, unless `allowSave`, always. */
  duplicateRule: 'off' | 'alert' | 'block';
}

export const DEFAULT_SETTINGS: Readonly<SalesforceSettings> = {
  lateVisibilityMs: 0,
  dailyApiRequests: 5_000_000,
  duplicateRule: 'off',
};

/** What readers still see of a row that was just written. */
interface UnseenWrite {
  readonly table: Table;
  readonly row: number;
  readonly visibleAt: number;
  readonly stamp: number;
  /** The values before the write; `null` for a row that did not exist. */
  readonly before: ReadonlyMap<string, StoredValue> | null;
}

export interface FieldAccess {
  readonly read: boolean;
  readonly edit: boolean;
}

const FULL_ACCESS: FieldAccess = { read: true, edit: true };
const NO_ACCESS: FieldAccess = { read: false, edit: false };

export class Organization {
  readonly clock: SandboxClock;
  readonly settings: SalesforceSettings;
  readonly id: string;
  readonly userId: string;
  readonly profileId: string;
  readonly tables = new Map<string, Table>();
  readonly transaction: Transaction = { journal: null };
  #unseen: UnseenWrite[] = [];
  readonly #sequences = new Map<string, number>();
  #fieldAccess: Map<string, FieldAccess> | null = null;

  constructor(clock: SandboxClock, settings: SalesforceSettings) {
    this.clock = clock;
    this.settings = settings;
    for (const schema of allObjects())
      this.tables.set(tableKey(schema.name, schema.tooling), new Table(schema, this.transaction));
    this.id = this.newId('00D');
    this.userId = this.newId('005');
    this.profileId = this.newId('00e');
  }

  /** The table of an object in any letter case; Tooling objects live apart. */
  table(name: string, tooling = false): Table | undefined {
    return this.tables.get(tableKey(name, tooling));
  }

  /** The table of an object that a path names. @throws Refusal NOT_FOUND */
  tableOfPath(name: string, tooling = false): Table {
    const table = this.table(name, tooling);
    if (table === undefined) throw new Refusal(NOT_FOUND);
    return table;
  }

  newId(keyPrefix: string): string {
    const sequence = (this.#sequences.get(keyPrefix) ?? 0) + 1;
    this.#sequences.set(keyPrefix, sequence);
    return makeId(keyPrefix, sequence);
  }

  /** The next of a numbered series that is no id, such as case numbers. */
  nextNumber(series: string): number {
    const next = (this.#sequences.get(series) ?? 0) + 1;
    this.#sequences.set(series, next);
    return next;
  }

  /** The present in whole seconds, as system stamps have it. */
  stamp(): number {
    return wholeSeconds(this.clock.now());
  }

  /** Runs `work`; where it answers `false` or throws, everything it did is taken back. */
  atomically(work: () => boolean): void {
    const outer = this.transaction.journal;
    const journal: (() => void)[] = [];
    this.transaction.journal = journal;
    let kept = false;
    try {
      kept = work();
    } finally {
      this.transaction.journal = null;
      if (!kept) for (const undo of journal.toReversed()) undo();
      this.transaction.journal = outer;
      if (kept && outer !== null) outer.push(...journal);
      if (!kept) this.#fieldAccess = null;
    }
  }

  // --- who sees which field ------------------------------------------------------------------

  /** Forgets what was known about permissions; called when they or the fields changed. */
  permissionsChanged(): void {
    this.#fieldAccess = null;
  }

  /**
   * What the one user may do with a field. Standard fields are open to the administrator's profile;
   * a custom field is invisible until field permissions on an assigned permission set show it.
   */
  access(schema: ObjectSchema, field: Field): FieldAccess {
    if (!field.custom || !field.permissionable) return FULL_ACCESS;
    this.#fieldAccess ??= this.#readFieldAccess();
    return this.#fieldAccess.get(`${schema.name}.${field.name}`) ?? NO_ACCESS;
  }

  /** The field of a name in any letter case, if the user may see it. */
  visibleField(schema: ObjectSchema, name: string): Field | undefined {
    const field = fieldOf(schema, name);
    return field !== undefined && this.access(schema, field).read ? field : undefined;
  }

  /** The fields that describe shows, in its order. */
  visibleFields(schema: ObjectSchema): Field[] {
    return [...schema.fields.values()].filter((field) => this.access(schema, field).read);
  }

  #readFieldAccess(): Map<string, FieldAccess> {
    const assigned = new Set<StoredValue>();
    const assignments = this.tableOfPath('PermissionSetAssignment');
    for (let row = 0; row < assignments.length; row += 1) {
      const mine = assignments.present[row] === true && assignments.get(row, 'AssigneeId') === this.userId;
      if (mine) assigned.add(assignments.get(row, 'PermissionSetId'));
    }
    const access = new Map<string, FieldAccess>();
    const permissions = this.tableOfPath('FieldPermissions');
    for (let row = 0; row < permissions.length; row += 1) {
      if (permissions.present[row] !== true || !assigned.has(permissions.get(row, 'ParentId'))) continue;
      const field = String(permissions.get(row, 'Field'));
      const known = access.get(field) ?? NO_ACCESS;
      access.set(field, {
        read: known.read || permissions.get(row, 'PermissionsRead') === true,
        edit: known.edit || permissions.get(row, 'PermissionsEdit') === true,
      });
    }
    return access;
  }

  // --- late visibility -----------------------------------------------------------------------

  /** Called once a record was written: readers see `before` until the write becomes visible. */
  wrote(table: Table, row: number, before: ReadonlyMap<string, StoredValue> | null): void {
    if (this.settings.lateVisibilityMs <= 0) return;
    const entry = { table, row, before, stamp: this.stamp(), visibleAt: this.clock.now() + this.settings.lateVisibilityMs };
    this.#unseen.push(entry);
    this.transaction.journal?.push(() => {
      this.#unseen = this.#unseen.filter((one) => one !== entry);
    });
  }

  /** The stamp of the oldest write that readers cannot see yet. */
  oldestUnseenStamp(): number | undefined {
    this.#dropSeen();
    return this.#unseen.reduce<number | undefined>((oldest, one) => Math.min(oldest ?? one.stamp, one.stamp), undefined);
  }

  /** Runs a read over the rows as readers see them. */
  reading<T>(read: () => T): T {
    this.#dropSeen();
    if (this.#unseen.length === 0) return read();
    const restore: (() => void)[] = [];
    const journal = this.transaction.journal;
    this.transaction.journal = null;
    for (const table of this.tables.values()) table.indexesSuspended = true;
    for (const { table, row, before } of this.#unseen.toReversed()) {
      const present = table.present[row] === true;
      restore.push(() => table.setPresent(row, present));
      if (before === null) table.setPresent(row, false);
      for (const [name, value] of before ?? []) {
        const after = table.get(row, name);
        restore.push(() => table.set(row, name, after));
        table.set(row, name, value);
      }
    }
    try {
      return read();
    } finally {
      for (const undo of restore.toReversed()) undo();
      for (const table of this.tables.values()) table.indexesSuspended = false;
      this.transaction.journal = journal;
    }
  }

  #dropSeen(): void {
    if (this.#unseen.length === 0) return;
    const now = this.clock.now();
    this.#unseen = this.#unseen.filter((one) => one.visibleAt > now);
  }
}

function tableKey(name: string, tooling: boolean): string {
  return `${tooling ? 'tooling/' : ''}${name.toLowerCase()}`;
}

function allObjects(): ObjectSchema[] {
  return [
    accountObject(),
    contactObject(),
    leadObject(),
    opportunityObject(),
    opportunityContactRoleObject(),
    caseObject(),
    campaignObject(),
    campaignMemberObject(),
    userObject(),
    profileObject(),
    organizationObject(),
    permissionSetObject(),
    permissionSetAssignmentObject(),
    fieldPermissionsObject(),
    objectPermissionsObject(),
    customFieldObject(),
  ];
}
