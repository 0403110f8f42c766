/**
 * From subjects to work: what has to be written, settled, held or unlinked for each person.
 *
 * Reads ahead where a decision needs values that neither the staged change nor the ledger holds;
 * writes nothing.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { SkipReason } from '../model/plan.ts';
import type { FieldValue, FieldValues, RemoteRecord } from '../model/value.ts';
import type { Swing } from '../storage/conflicts.ts';
import type { AgreedRow, StagedRow, Subject } from '../storage/ledger.ts';
import { UNSETTLED, type FieldHashes, type PersonId } from '../storage/person.ts';
import type { Suppressed } from './consent.ts';
import { tombstone } from './detect.ts';
import { withoutKnownElsewhere } from './elsewhere.ts';
import { endingsOf, type EndedWork } from './ending.ts';
import { openPolicy, withhold, type WithheldField } from './withheld.ts';
import { flappingOf } from './flapping.ts';
import { endOf, otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { fieldsLeftOut, onlyOptOuts } from './opt-outs.ts';
import { isToRestore } from './overwritten.ts';
import { parkedOf } from './parked.ts';
import { hasLeft, mayEnter, returns } from './scope.ts';
import { recordsById } from './records-by-id.ts';
import { composeNew, reconcile, type Decision, type ReconcileSide } from './reconcile.ts';
import { addressChanged, readSuppressions } from './suppression.ts';

/** What is to be done for one person. */
export type WorkItem = WriteWork | EndedWork | SkipWork;

export interface WriteWork {
  readonly kind: 'write';
  readonly subject: Subject;
  readonly person: PersonId;
  readonly decision: Decision;
  /** Fields whose write is withheld, by their id. */
  readonly withheld: ReadonlyMap<string, WithheldField>;
  /** Present sides, as they are now. */
  readonly sides: Readonly<Record<EndName, Side>>;
  /** The end at which a record is created; undefined where both exist. */
  readonly createAt: EndName | undefined;
  /** Set where only opt-outs are written, since a field cannot be: at which end, why, and the ids of all that waits. */
  readonly held?: { readonly end: EndName; readonly detail: string; readonly fields: readonly string[] };
}

export interface Side {
  readonly remoteId: string;
  readonly values: FieldValues;
  readonly modifiedAt: string | undefined;
  /** As in an agreed row. */
  readonly version: string | undefined;
}

export interface SkipWork {
  readonly kind: 'skip';
  readonly subject: Subject;
  readonly reason: SkipReason;
  /** The end that cannot be written. */
  readonly end: EndName;
  readonly detail: string;
}

/** Decides a page of subjects. */
export async function workOf(link: ActiveLink, subjects: readonly Subject[]): Promise<readonly WorkItem[]> {
  return withoutKnownElsewhere(link, await decideAll(link, subjects));
}

async function decideAll(link: ActiveLink, subjects: readonly Subject[]): Promise<readonly WorkItem[]> {
  const ended = await endingsOf(link, subjects);
  const going = subjects.filter((subject) => !ended.has(subject));
  const fetched = await fetchMissingSides(link, going);
  const lost = new Map(going.flatMap((subject) => withoutLost(link, subject, fetched)));
  const endedNow = await endingsOf(link, [...lost.values()]);
  const suppressed = await readSuppressions(link, going, (subject) => recordsOf(link, subject, fetched));
  const known = await link.ledger.swings(going.flatMap(({ person }) => person ?? []));
  const swings = Map.groupBy(known, ({ person }): string | undefined => person);
  return subjects.map((subject) => {
    const ending = ended.get(subject) ?? endedNow.get(lost.get(subject) ?? subject);
    if (ending?.partner !== undefined && link.closed.has(ending.partner.end))
      return switchedOff(subject, endOf(link, ending.partner.end));
    return ending ?? workOfSubject(link, subject, fetched, suppressed(subject), swings.get(subject.person) ?? []);
  });
}

/** The key by which people recognise a record: its match key in clear, or `#` and its id. */
export function displayKey(link: Pick<ActiveLink, 'mapping'>, end: EndName, values: FieldValues, remoteId: string): string {
  for (const match of link.mapping.match) {
    const parts = match.read[end]!.map((path) => values[path] ?? null).filter((value) => value !== null && value !== '');
    if (parts.length === match.read[end]!.length) return parts.map(String).join(' ');
  }
  return `#${remoteId}`;
}

/** Records that were read for a decision, by their place. */
type Fetched = ReadonlyMap<string, RemoteRecord>;

/** A linked record that reading it by its id finds no more is deleted, before its end says so: it is not to be made anew. */
function withoutLost(link: ActiveLink, subject: Subject, fetched: Fetched): readonly (readonly [Subject, Subject])[] {
  const lost = link.ends.flatMap((end) => {
    const agreed = subject.agreed[end.name];
    if (!isKept(agreed) || sideOf(link, end, subject, fetched) !== undefined) return [];
    return [[end.name, tombstone(end, agreed.remoteId, agreed.person, undefined)] as const];
  });
  if (lost.length === 0) return [];
  return [[subject, { ...subject, staged: { ...subject.staged, ...Object.fromEntries(lost) } }]];
}

function workOfSubject(
  link: ActiveLink,
  subject: Subject,
  fetched: Fetched,
  suppressed: Suppressed,
  swings: readonly Swing[],
): WorkItem {
  const sides: Record<EndName, Side> = {};
  const reconcileSides: Record<EndName, ReconcileSide> = {};
  for (const end of link.ends) {
    const side = sideOf(link, end, subject, fetched);
    if (side === undefined) continue;
    sides[end.name] = side;
  }
  for (const end of link.ends) {
    const side = sides[end.name];
    if (side !== undefined)
      reconcileSides[end.name] = reconcileSideOf(link, end, subject, side, fetched, sides[otherEnd(link, end.name).name]);
  }
  const refusal = refusalOf(link, subject, sides);
  if (refusal !== undefined) return refusal;
  const person = subject.person ?? link.newPersonId();
  const missing = link.ends.find((end) => sides[end.name] === undefined);
  if (missing !== undefined) return creation(link, subject, person, sides, missing, suppressed);

  const waiting = parkedOf(link, subject, sides);
  const decision = reconcile({
    mapping: link.mapping,
    policy: openPolicy(link),
    sides: reconcileSides,
    suppressed,
    addressChanged: addressChanged(link, subject),
    ...waiting,
    flapping: flappingOf(link, person, swings, waiting.parked),
  });
  const problem = decision.problems[0];
  const { decision: open, fields: withheld } = withhold(link, decision, sides);
  if (problem === undefined) return { kind: 'write', subject, person, decision: open, withheld, sides, createAt: undefined };
  const detail = `${problem.path}: ${problem.problem}`;
  const optOuts = onlyOptOuts(link.mapping, open);
  if (optOuts === undefined) return { kind: 'skip', subject, reason: 'invalid-value', end: problem.end, detail };
  const held = { end: problem.end, detail, fields: fieldsLeftOut(link.mapping, decision, optOuts) };
  return { kind: 'write', subject, person, decision: optOuts, withheld, sides, createAt: undefined, held };
}

function creation(
  link: ActiveLink,
  subject: Subject,
  person: PersonId,
  sides: Readonly<Record<EndName, Side>>,
  target: LinkEnd,
  suppressed: Suppressed,
): WorkItem {
  const source = otherEnd(link, target.name);
  if (subject.agreed[source.name]?.state === 'unlinked') {
    return {
      kind: 'skip',
      subject,
      reason: 'unlinked',
      end: target.name,
      detail: 'The partner was deleted; the link leaves this record alone.',
    };
  }
  if (source.scope.admits(sides[source.name]!.values) !== true) return notEntered(subject, source, target);
  if (link.closed.has(target.name)) return switchedOff(subject, target);
  const decision = composeNew(link.mapping, target.name, sides[source.name]!.values, suppressed);
  const problem = decision.problems[0];
  if (problem !== undefined)
    return { kind: 'skip', subject, reason: 'invalid-value', end: target.name, detail: `${problem.path}: ${problem.problem}` };
  const values = decision.writes[target.name]!;
  const blank = target.client.writer.requiredOnCreate.filter((path) => isBlank(values[path]));
  if (blank.length > 0) {
    return {
      kind: 'skip',
      subject,
      reason: 'required-field-blank',
      end: target.name,
      detail: `${target.object} needs ${blank.join(', ')}.`,
    };
  }
  const { decision: open, fields: withheld } = withhold(link, decision, sides);
  return { kind: 'write', subject, person, decision: open, withheld, sides, createAt: target.name };
}

/** Why a person is outside of the link, by the rules of its ends. */
function refusalOf(link: ActiveLink, subject: Subject, sides: Readonly<Record<EndName, Side>>): SkipWork | undefined {
  const [left, right] = link.ends;
  if (hasLeft(subject) && !returns(link, subject)) {
    return { kind: 'skip', subject, reason: 'left', end: right.name, detail: 'The record left the link.' };
  }
  const isKnown = Object.values(subject.agreed).some(({ state }) => state !== 'unlinked');
  if (isKnown || sides[left.name] === undefined || sides[right.name] === undefined) return undefined;
  const values = { [left.name]: sides[left.name]?.values, [right.name]: sides[right.name]?.values };
  return mayEnter(link, values) ? undefined : notEntered(subject, left, right);
}

function switchedOff(subject: Subject, target: LinkEnd): SkipWork {
  return { kind: 'skip', subject, reason: 'flow-off', end: target.name, detail: `Nothing is written at ${target.name}.` };
}

function notEntered(subject: Subject, source: LinkEnd, target: LinkEnd): SkipWork {
  return {
    kind: 'skip',
    subject,
    reason: 'not-entered',
    end: target.name,
    detail: `The record of ${source.name} does not enter the link.`,
  };
}

function isBlank(value: FieldValue | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function sideOf(link: ActiveLink, end: LinkEnd, subject: Subject, fetched: Fetched): Side | undefined {
  const staged = subject.staged[end.name];
  if (staged !== undefined)
    return { remoteId: staged.remoteId, values: staged.values, modifiedAt: staged.modifiedAt, version: staged.version };
  const agreed = subject.agreed[end.name];
  if (agreed === undefined || agreed.state === 'gone') return undefined;
  const read = fetched.get(placeOf(end.name, agreed.remoteId))?.values;
  // Nobody looked at an unlinked record since, so what was agreed says nothing of what it holds.
  const values = agreed.state === 'linked' ? (agreed.values ?? read) : read;
  if (values === undefined) return undefined;
  return {
    remoteId: agreed.remoteId,
    values: restrict(values, link.mapping.paths[end.name]!),
    modifiedAt: undefined,
    version: agreed.version,
  };
}

/** Agreed values may come from an earlier mapping; paths that were not read then count as blank. */
function restrict(values: FieldValues, paths: readonly string[]): FieldValues {
  return Object.fromEntries(paths.map((path) => [path, values[path] ?? null]));
}

function reconcileSideOf(
  link: ActiveLink,
  end: LinkEnd,
  subject: Subject,
  side: Side,
  fetched: Fetched,
  partner: Side | undefined,
): ReconcileSide {
  const staged = subject.staged[end.name];
  const agreed = subject.agreed[end.name];
  const { name: other } = otherEnd(link, end.name);
  const partnerAgreed = subject.agreed[other];
  // A field counts as agreed only where both ends were part of the agreement.
  const agreedHash = (fieldId: string): Buffer | undefined => {
    const tag = link.fingerprints.tag(fieldId);
    if (link.renewed.has(tag)) return undefined;
    return isAgreement(agreed, partnerAgreed) && partnerAgreed!.fields.has(tag) ? agreed!.fields.get(tag) : undefined;
  };
  // Without a change detected the record is as it was agreed, unless a field of it was left open then, or it was
  // read by its id for this decision: that may be newer, and not have shown as a change yet.
  const isRead = agreed?.state !== 'linked' || agreed.values === undefined;
  const isAgreed = staged === undefined && !isRead && !agreed.recordHash.equals(UNSETTLED);
  const known = fetched.get(placeOf(end.name, side.remoteId));
  return {
    values: side.values,
    modifiedAt: end.client.stream.humanTime ? (side.modifiedAt ?? known?.modifiedAt) : undefined,
    agreedElements: (fieldId) => {
      const tag = link.fingerprints.tag(fieldId);
      const elements = agreedHash(fieldId) === undefined ? undefined : agreed?.elements.get(tag);
      if (elements === undefined) return undefined;
      const agreedOn = new Set(elements.map((hash) => hash.toString('hex')));
      return (element) => agreedOn.has(link.fingerprints.element(end.name, fieldId, element).toString('hex'));
    },
    unchanged: (fieldId, values = side.values) => {
      const hash = agreedHash(fieldId);
      if (hash === undefined) return undefined;
      const tag = link.fingerprints.tag(fieldId);
      if (isAgreed && values === side.values) return true;
      const now = link.fingerprints.of(end.name, values).fields.get(tag)!;
      // What is to be put back where a create was written over it is no edit, and gives way to one.
      if (isToRestore(hash, now)) {
        const there = partner === undefined ? undefined : link.fingerprints.of(other, partner.values).fields.get(tag);
        return there?.equals(partnerAgreed!.fields.get(tag)!) === false;
      }
      return hash.equals(now);
    },
    agreedOptedOut: (fieldId) => agreedHash(fieldId)?.equals(link.keys.hash('field', end.name, fieldId, 'out')),
    evidence: staged?.evidence ?? known?.evidence ?? {},
  };
}

/** Whether a record is linked, or was until it left the link: what was agreed counts again once it is back. */
function isKept(row: AgreedRow | undefined): row is AgreedRow {
  return row?.state === 'linked' || row?.state === 'left';
}

/** Whether two rows stand for what both ends agreed on: both are kept, or were until one of the records went away. */
function isAgreement(one: AgreedRow | undefined, other: AgreedRow | undefined): boolean {
  if (isKept(one) && isKept(other)) return true;
  const states = [one?.state, other?.state];
  return states.includes('gone') && states.includes('unlinked');
}

async function fetchMissingSides(link: ActiveLink, subjects: readonly Subject[]): Promise<Fetched> {
  const fetched = new Map<string, RemoteRecord>();
  for (const end of link.ends) {
    const wanted = subjects
      .map((subject) => (subject.staged[end.name] === undefined ? subject.agreed[end.name] : undefined))
      .filter((row): row is AgreedRow => row !== undefined && (row.values === undefined || row.state !== 'linked'))
      .map((row) => row.remoteId);
    for (const [id, record] of await recordsById(link, end, wanted)) fetched.set(placeOf(end.name, id), record);
  }
  return fetched;
}

function recordsOf(link: ActiveLink, subject: Subject, fetched: Fetched): Readonly<Record<EndName, FieldValues>> {
  return Object.fromEntries(
    link.ends.flatMap((end) => {
      const side = sideOf(link, end, subject, fetched);
      return side === undefined ? [] : [[end.name, side.values]];
    }),
  );
}

function placeOf(end: EndName, remoteId: string): string {
  return `${end}|${remoteId}`;
}

/** Staged rows of a subject, for holding or settling them. */
export function stagedRows(subject: Subject): readonly StagedRow[] {
  return Object.values(subject.staged);
}

/** The name under which a subject waits in quarantine. */
export function quarantineSubject(subject: Subject): string {
  if (subject.person !== undefined) return `person:${subject.person}`;
  const first = stagedRows(subject)[0]!;
  return `record:${first.end}:${first.remoteId}`;
}

/**
 * The hashes of a side whose writes are open: fields that flow from it alone were made of what it was to hold, and are
 * made anew only once it will hold something else.
 */
export function hashesToCome(link: ActiveLink, item: WriteWork, end: EndName, values: FieldValues): FieldHashes {
  const { fields } = link.fingerprints.of(end, values);
  const reasons = item.decision.reasons[end]!;
  const both = new Set(link.mapping.fields.filter(({ targets }) => targets.length === 2).map(({ id }) => id));
  const written = Object.entries(item.decision.writes[end]!).filter(([path]) => both.has(reasons[path]!.fieldId));
  if (written.length === 0) return fields;
  const toCome = link.fingerprints.of(end, { ...values, ...Object.fromEntries(written) }).fields;
  const made = link.mapping.fields.filter(({ targets }) => targets.length === 1 && targets[0] !== end);
  return new Map([
    ...fields,
    ...made.map(({ id }) => [link.fingerprints.tag(id), toCome.get(link.fingerprints.tag(id))!] as const),
  ]);
}
