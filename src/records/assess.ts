/**
 * Assessment: counts what a cycle would do, before it does any of it. The plan shows it, the guards
 * judge it, the ceiling is checked against it.
 */
import type { WriteShape } from '../providers/provider.ts';
import type { EndName } from '../mapping/mapping.ts';
import type {
  EndCeiling,
  LinkCause,
  PersonCounts,
  RecordChange,
  RecordConflict,
  SkippedRecords,
  SkipReason,
} from '../model/plan.ts';
import type { FieldValue } from '../model/value.ts';
import type { ConflictRule, FieldConflict } from './conflict.ts';
import type { EndedWork, EndingCause } from './ending.ts';
import { createGuardTally, type GuardCounts } from './guard.ts';
import { otherEnd, type ActiveLink } from './link.ts';
import type { WriteReason } from './reconcile.ts';
import type { Subject } from '../storage/ledger.ts';
import { subjectPages } from './subject-pages.ts';
import { displayKey, workOf, type WorkItem, type WriteWork } from './work.ts';

const PAGE_SUBJECTS = 1000;
const SAMPLE_KEYS = 5;

export interface Assessment {
  readonly ends: Readonly<Record<EndName, EndCeiling>>;
  /** Writes that are not consequences of the change under review: edits that wait for the next cycle. */
  readonly backlog: Readonly<Record<EndName, number>>;
  readonly unlinks: number;
  readonly persons: Omit<PersonCounts, 'known'>;
  readonly optIns: number;
  /** What the guards judge: everything that would be written, consequence of a change or not. */
  readonly guarded: GuardCounts;
  readonly conflicts: readonly RecordConflict[];
  readonly conflictCount: number;
  /** Of all conflicts, those that are left to a person. */
  readonly undecidedCount: number;
  readonly skipped: readonly SkippedRecords[];
  readonly records: readonly RecordChange[];
  readonly recordCount: number;
  /** What would be written, for pricing. */
  readonly shapes: Readonly<Record<EndName, readonly WriteShape[]>>;
}

export interface AssessmentOptions {
  /** Which records count as consequences; the others are backlog. */
  readonly cause: LinkCause;
  /** How many records and conflicts are kept as a sample. */
  readonly samples: number;
}

/** Runs over all subjects that have something staged. Writes nothing. */
export async function assess(link: ActiveLink, options: AssessmentOptions): Promise<Assessment> {
  const [assessment] = await assessBy(link, [options]);
  return assessment!;
}

/** The same by several measures in one run, since deciding may have to read records. */
export async function assessBy(link: ActiveLink, options: readonly AssessmentOptions[]): Promise<readonly Assessment[]> {
  const passes = await link.ledger.guardPasses();
  const tallies = options.map((one) => createTally(link, one, passes));
  for await (const subjects of subjectPages(link, PAGE_SUBJECTS))
    for (const item of await workOf(link, subjects)) for (const tally of tallies) tally.add(item);
  return Promise.all(tallies.map((tally) => tally.result()));
}

function createTally(link: ActiveLink, options: AssessmentOptions, passes: number) {
  const guarded = createGuardTally(link.address, passes);
  const ends: Record<
    EndName,
    { create: number; update: number; delete: number; fields: Record<string, { write: number; clear: number }> }
  > = {};
  const backlog: Record<EndName, number> = {};
  const shapes: Record<EndName, Map<string, WriteShape & { count: number }>> = {};
  for (const { name } of link.ends) {
    ends[name] = { create: 0, update: 0, delete: 0, fields: {} };
    backlog[name] = 0;
    shapes[name] = new Map();
  }
  const conflicts: RecordConflict[] = [];
  const records: RecordChange[] = [];
  const skipped = new Map<string, { end: EndName; reason: SkipReason; count: number; keys: string[] }>();
  const decided = new Set<string>();
  const persons = { joined: 0, apart: 0, ambiguous: 0 };
  let [unlinks, optIns, conflictCount, undecidedCount, recordCount] = [0, 0, 0, 0, 0];

  function addShape(end: EndName, { action, paths, fills = [] }: Omit<WriteShape, 'count'>): void {
    const shapeKey = `${action}|${paths.join(',')}|${fills.join(',')}`;
    const shape = shapes[end]!.get(shapeKey);
    if (shape === undefined) shapes[end]!.set(shapeKey, { action, count: 1, paths, fills });
    else shape.count += 1;
  }

  function countGuarded(item: WriteWork): void {
    for (const { name: end } of link.ends) {
      const writes = Object.entries(item.decision.writes[end]!);
      if (writes.length === 0) continue;
      guarded.add(item.createAt === end ? 'creates' : 'updates', recordName(item, end));
      for (const [path, value] of writes) if (value === null) guarded.add('clears', `${recordName(item, end)} ${path}`);
    }
    for (const purpose of item.decision.optIns) guarded.add('optIns', `${recordName(item, link.ends[0].name)} ${purpose}`);
  }

  /** A record by the system's id, which is no personal data; one that is to be made, by the record that it is made of. */
  function recordName(item: WriteWork, end: EndName): string {
    const name = item.sides[end] === undefined ? otherEnd(link, end).name : end;
    return `${name} ${item.sides[name]!.remoteId}`;
  }

  function addWrite(item: WriteWork): void {
    for (const [reason, [first]] of Map.groupBy(item.withheld.values(), (field) => field.reason))
      addSkipped(first!.end, reason, keyOf(link, item, first!.end));
    let consequence = false;
    const parked = new Set(item.subject.parked.map(({ field }) => field));
    const isParked: IsParked = (fieldId) => parked.has(link.fingerprints.tag(fieldId));
    countGuarded(item);
    for (const { name: end } of link.ends) {
      const writes = item.decision.writes[end]!;
      const paths = Object.keys(writes);
      if (paths.length === 0) continue;
      const action = item.createAt === end ? 'create' : 'update';
      const brought = consequencesOf(options.cause, action, item.decision.reasons[end]!, isParked);
      // What people edited waits by itself, also where it goes out with what the change brings.
      if (brought.length < paths.length) backlog[end]! += 1;
      if (brought.length === 0) continue;
      consequence = true;
      recordCount += 1;
      ends[end]![action] += 1;
      const before = item.sides[end]?.values ?? {};
      const fields: Record<string, { before: FieldValue; after: FieldValue }> = {};
      for (const path of brought) {
        const field = (ends[end]!.fields[path] ??= { write: 0, clear: 0 });
        field.write += 1;
        if (writes[path] === null) field.clear += 1;
        fields[path] = { before: before[path] ?? null, after: writes[path]! };
      }
      const fills = paths.filter((path) => (before[path] ?? false) === false);
      addShape(end, { action, paths, fills });
      if (records.length < options.samples)
        records.push({ key: keyOf(link, item, end), end, action, fields, reason: reasonOf(item, end) });
    }
    if (consequence) optIns += item.decision.optIns.length;
    for (const conflict of item.decision.conflicts) {
      const counts = conflict.winner === undefined ? isParkedHere(options.cause, conflict) : consequence;
      if (!counts) continue;
      conflictCount += 1;
      if (conflict.winner === undefined) undecidedCount += 1;
      if (conflicts.length < options.samples) {
        conflicts.push({
          key: keyOf(link, item, conflict.winner ?? link.ends[0].name),
          field: conflict.name,
          values: conflict.values,
          winner: conflict.winner ?? null,
          reason: CONFLICT_REASONS[conflict.rule],
        });
      }
    }
  }

  function addEnding({ partner, kept, cause, at }: EndedWork): void {
    if (partner === undefined || partner.action === 'archive') unlinks += 1;
    if (kept !== undefined) {
      const other = otherEnd(link, at[0]!.end);
      addSkipped(other.name, kept, undefined);
    }
    if (partner === undefined) return;
    const { end, action, record, values } = partner;
    // An archived record is as good as gone for those who work with it.
    guarded.add('deletes', `${end} ${partner.remoteId}`);
    if (options.cause === 'none' || options.cause === 'mapping') {
      backlog[end]! += 1;
      return;
    }
    recordCount += 1;
    const paths = Object.keys(values);
    ends[end]![action === 'delete' ? 'delete' : 'update'] += 1;
    for (const path of paths) (ends[end]!.fields[path] ??= { write: 0, clear: 0 }).write += 1;
    addShape(end, { action: action === 'delete' ? 'delete' : 'update', paths, fills: [] });
    if (records.length >= options.samples) return;
    const fields = Object.fromEntries(paths.map((path) => [path, { before: record[path] ?? null, after: values[path]! }]));
    const reason = `${ENDING_TEXT[cause]} ${at.map((place) => place.end).join(', ')}`;
    records.push({
      key: displayKey(link, end, record, partner.remoteId),
      end,
      action: action === 'delete' ? 'delete' : 'update',
      fields,
      reason,
    });
  }

  function addSkipped(end: EndName, reason: SkipReason, key: string | undefined): void {
    const entry = skipped.get(`${end}|${reason}`) ?? { end, reason, count: 0, keys: [] };
    entry.count += 1;
    if (key !== undefined && entry.keys.length < SAMPLE_KEYS) entry.keys.push(key);
    skipped.set(`${end}|${reason}`, entry);
  }

  return {
    add(item: WorkItem): void {
      if (item.subject.person !== undefined) decided.add(item.subject.person);
      if (isLinked(link, item.subject)) persons.apart += sharesKey(link, item.subject) ? 0 : 1;
      else if (item.kind === 'write' && item.createAt === undefined) persons.joined += 1;
      if (item.kind === 'write') {
        addWrite(item);
        for (const { end } of item.decision.ownOptOuts) addSkipped(end, 'own-opt-out', keyOf(link, item, end));
        if (item.held !== undefined) addSkipped(item.held.end, 'invalid-value', keyOf(link, item, item.held.end));
      } else if (item.kind === 'ended') addEnding(item);
      else {
        const source = otherEnd(link, item.end);
        const row = item.subject.staged[source.name] ?? item.subject.staged[item.end];
        addSkipped(item.end, item.reason, row === undefined ? undefined : displayKey(link, row.end, row.values, row.remoteId));
      }
    },
    async result(): Promise<Assessment> {
      for (const row of await link.ledger.waiting()) {
        const reason: SkipReason =
          row.status === 'quarantined' ? 'quarantined' : row.reason === 'ambiguous' ? 'ambiguous' : 'no-match-key';
        if (row.status === 'held' && row.reason !== 'ambiguous' && row.reason !== 'no-match-key') continue;
        if (reason === 'ambiguous') persons.ambiguous += 1;
        addSkipped(row.end, reason, displayKey(link, row.end, row.values, row.remoteId));
      }
      // Who was decided about anew is counted among the conflicts, where one is left.
      const waiting = (await link.ledger.parked()).filter(({ person }) => !decided.has(person));
      for (const [, [first]] of Map.groupBy(waiting, ({ person }) => person))
        addSkipped(link.ends[0].name, 'conflict', first!.content.key);
      return {
        ends,
        backlog,
        unlinks,
        persons,
        optIns,
        guarded: guarded.counts(),
        conflicts,
        conflictCount,
        undecidedCount,
        skipped: [...skipped.values()].sort((a, b) => (`${a.reason}|${a.end}` < `${b.reason}|${b.end}` ? -1 : 1)),
        records,
        recordCount,
        shapes: Object.fromEntries(Object.entries(shapes).map(([end, byKey]) => [end, [...byKey.values()]])),
      };
    },
  };
}

function isLinked(link: ActiveLink, { agreed }: Subject): boolean {
  return link.ends.every(({ name }) => agreed[name]?.state === 'linked');
}

/** Whether the two records of a person would find each other, were they not linked. */
function sharesKey(link: ActiveLink, { staged, agreed }: Subject): boolean {
  const [left, right] = link.ends.map(({ name }) => (staged[name]?.kind === 'record' ? staged[name] : agreed[name]!).matchKeys);
  return left!.some((key) => key !== undefined && right!.some((other) => other?.equals(key) === true));
}

/**
 * The paths of a write that follow from the change under review. With an existing link, what people edited
 * (`changed`, `conflict`, new persons, opt-outs) would be written anyway; what only the new
 * specification brings (`first-contact` of a new field, a conflict that waited and that another
 * policy or owner decides) would not.
 */
function consequencesOf(
  cause: LinkCause,
  action: 'create' | 'update',
  reasons: Readonly<Record<string, { readonly fieldId: string; readonly reason: WriteReason }>>,
  isParked: IsParked,
): readonly string[] {
  return Object.entries(reasons)
    .filter(([, { fieldId, reason }]) => isConsequence(cause, action, reason, () => isParked(fieldId)))
    .map(([path]) => path);
}

/** Whether a written field is one of `consequencesOf`. */
export function isConsequence(cause: LinkCause, action: 'create' | 'update', reason: string, isParked: () => boolean): boolean {
  if (cause === 'none' || (cause === 'mapping' && action === 'create')) return false;
  return cause !== 'mapping' || reason === 'first-contact' || (reason === 'conflict' && isParked());
}

/** Whether a field waited for a person before the change under review. */
type IsParked = (fieldId: string) => boolean;

/** Whether a conflict that is left to a person follows from the change under review, like a write. */
function isParkedHere(cause: LinkCause, { firstContact }: FieldConflict): boolean {
  return cause !== 'none' && (cause !== 'mapping' || firstContact);
}

const CONFLICT_REASONS: Readonly<Record<ConflictRule, string>> = {
  resolved: 'A person has decided which value to take.',
  owner: 'Both ends hold another value; the mapping names the owner of the field.',
  prefer: 'Both ends hold another value; the policy of the link names the winner.',
  'unless-blank': 'The preferred end was cleared, which does not beat the value of the other.',
  newest: 'Both ends hold another value; the record that was edited last wins.',
  'newest-unknown': 'Both ends were edited at the same time, or at an unknown one: a person decides.',
  flapping: 'The field goes back and forth: something sets again what Syncline writes over. A person decides.',
  manual: 'Both ends hold another value, and the policy of the link leaves it to a person.',
};

function keyOf(link: ActiveLink, item: WriteWork, end: EndName): string {
  const side = item.sides[end] ?? item.sides[otherEnd(link, end).name]!;
  const name = item.sides[end] === undefined ? otherEnd(link, end).name : end;
  return displayKey(link, name, side.values, side.remoteId);
}

const ENDING_TEXT: Readonly<Record<EndingCause, string>> = { deleted: 'deleted at', left: 'left the link at' };

const REASON_TEXT: Readonly<Record<WriteReason, string>> = {
  changed: 'changed at the other end',
  'first-contact': 'found at both ends with different values',
  merged: 'changed at both ends, merged element by element',
  conflict: 'changed at both ends, decided by the policy',
  resolved: 'changed at both ends, decided by a person',
  'source-of-truth': 'the other end is the source of this field',
  'opt-out': 'opted out at the other end',
  'opt-out-put-back': 'an opt-out is not undone',
  'opt-in': 'explicit consent given at the authority',
  created: 'found at the other end only',
};

function reasonOf(item: WriteWork, end: EndName): string {
  const found = new Set(Object.values(item.decision.reasons[end]!).map(({ reason }) => reason));
  return [...found].map((reason) => REASON_TEXT[reason]).join('; ');
}
