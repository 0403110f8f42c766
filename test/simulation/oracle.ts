/**
 * The oracle: judges a history by what people did and what the link declares, and by nothing that the
 * product says of itself.
 *
 * People of a simulation never enter the same value twice (addresses apart), so a value tells who
 * entered it, where and when; and where the product writes it, that two records are one person.
 */
import type { FieldValue } from '../../src/model/value.ts';
import { CONSENT_PATH, CRM, EMAIL, MAIL, MAPPED, type EndName, type MappedField, type Policy } from './accounts.ts';
import type { Change, Chronicle } from './chronicle.ts';
import type { Vendor } from './vendor.ts';

export interface Evidence {
  readonly policy: Policy;
  readonly vendors: Readonly<Record<EndName, Vendor>>;
  readonly chronicle: Chronicle;
  /** Whether anything ever went wrong. */
  readonly faulty: boolean;
  /** Whether faults have stopped and the link had time to converge. */
  readonly settled: boolean;
}

const ENDS: readonly EndName[] = [CRM, MAIL];
const COMPUTED_PATH = 'full';

export function judge(evidence: Evidence): readonly string[] {
  const court = new Court(evidence);
  court.trace();
  court.judgeWrites();
  if (evidence.settled) court.judgeOutcome();
  return [...evidence.chronicle.violations, ...court.violations];
}

class Court {
  readonly violations: string[] = [];
  readonly #evidence: Evidence;
  readonly #byCell = new Map<string, Change[]>();
  readonly #origins = new Map<string, Change[]>();
  readonly #same = new Map<string, string>();
  /** Edits that gave way for a reason: the product had no chance to see them, or a whole record was preferred. */
  readonly #gaveWay = new Set<Change>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    for (const change of evidence.chronicle.changes) {
      push(this.#byCell, cell(change.id, change.path), change);
      const field = mappedAt(change.end, change.path);
      const value = canonical(change.after);
      if (change.by === 'person' && field !== undefined && value !== null) push(this.#origins, `${field.name}|${value}`, change);
    }
  }

  /** No invented value: each one that the product wrote was entered by a person at the other end. */
  trace(): void {
    for (const change of this.#evidence.chronicle.changes) {
      if (change.by === 'person') continue;
      const field = mappedAt(change.end, change.path);
      if (field === undefined) continue;
      if (field.flow === 'to-mail' && change.end === CRM) this.#object(`one-way: ${describe(change)}`);
      const value = canonical(change.after);
      if (value === null) continue;
      const origins = (this.#origins.get(`${field.name}|${value}`) ?? []).filter((origin) => origin.at < change.at);
      if (origins.length === 0) this.#object(`invented value: ${describe(change)}`);
      // The vendor wrote a new record over another one, whose address the product could not know: it has to be
      // restored, so what it held meanwhile makes the two no person.
      if (change.met) continue;
      const holders = new Set(origins.map((origin) => origin.id));
      // An address may be that of several records, this one among them; any other value belongs to one.
      if (field === EMAIL && holders.size > 1) continue;
      for (const holder of holders) this.#unite(change.id, holder);
    }
    for (const [root, members] of this.#persons()) {
      if (this.#isTorn(members)) continue;
      for (const end of ENDS) {
        const live = members.filter((id) => this.#isLive(end, id));
        if (live.length > 1) this.#object(`mixed persons: ${live.join(' and ')} of ${end} share values (${root})`);
      }
    }
  }

  judgeWrites(): void {
    for (const change of this.#evidence.chronicle.changes) {
      if (change.by !== 'product') continue;
      if (change.path === CONSENT_PATH[change.end as EndName]) this.#judgeConsent(change);
      else if (!change.created) this.#judgeOverwrite(change);
      if (change.created && change.path === this.#vendor(change.end).traits.emailPath) this.#judgeCreation(change);
    }
  }

  judgeOutcome(): void {
    for (const [left, right] of this.#pairs()) this.#judgePair(left, right);
    for (const end of ENDS) {
      for (const { id } of this.#evidence.vendors[end].live()) {
        if (this.#partnerOf(end, id) === undefined && !this.#mayStandAlone(end, id))
          this.#object(`no partner: ${id} of ${end} (${String(this.#value(end, id, EMAIL))}) was never carried over`);
      }
    }
  }

  // --- writes ------------------------------------------------------------------------------

  /** No lost edit: what a person entered gives way only to a newer edit, or to one that the policy prefers. */
  #judgeOverwrite(change: Change): void {
    const field = mappedAt(change.end, change.path);
    if (field === undefined || field.flow !== 'both' || canonical(change.before) === canonical(change.after)) return;
    const lost = this.#lastBefore(change.id, change.path, change.at);
    if (lost === undefined || lost.by === 'product') return;
    if (lost.at > change.readAt) {
      this.#gaveWay.add(lost);
      return;
    }
    const members = this.#person(change.id);
    const other = otherEnd(change.end);
    const partners = members.filter((id) => this.#vendor(other).records.has(id));
    if (partners.length !== 1 || members.length !== 2) return;
    const path = field.path[other];
    // A create that met a record whose new address no feed had shown chose nothing: what it wrote over stands at the
    // partner, and is restored from there for as long as there is a record to restore. How it ends is judged by the outcome.
    if (change.met && this.#wasCarried(lost, partners[0]!, path, change.at)) return;
    const { prefer, unit } = this.#evidence.policy;
    if (unit === 'record' && prefer === other && this.#everHeld(partners[0]!, path, change)) {
      // While the preferred end has a change of its own waiting, its whole record is taken.
      this.#gaveWay.add(lost);
      return;
    }
    const wins = (this.#byCell.get(cell(partners[0]!, path)) ?? []).findLast(
      (candidate) =>
        candidate.by === 'person' && candidate.at < change.at && canonical(candidate.after) === canonical(change.after),
    );
    if (wins === undefined) {
      this.#object(`lost edit: ${describe(change)} although nobody entered that at ${partners[0]!}`);
      return;
    }
    if (this.#wasCarried(lost, partners[0]!, path, wins.at)) return;
    if (this.#isKnownToHaveCome(wins, change.id, change.path, lost.at)) {
      this.#object(`lost edit: ${describe(change)}, which is older than what it overwrites`);
      return;
    }
    if (prefer === other || canonical(lost.after) === null) return;
    this.#object(`lost edit: ${describe(change)} although ${change.end} is preferred`);
  }

  /** Consent is never widened but by newer explicit evidence at the authority. */
  #judgeConsent(change: Change): void {
    if (isOut(change.after) || (!isOut(change.before) && !change.created)) return;
    if (change.created) {
      if (change.after === 'subscribed') this.#object(`consent widened: ${describe(change)} on creation`);
      return;
    }
    const person = this.#person(change.id);
    const grants = this.#consentChanges(person).filter(
      (one) => one.end === MAIL && one.after === 'subscribed' && one.at < change.at,
    );
    const grant = grants.at(-1);
    if (grant === undefined) {
      this.#object(`consent widened: ${describe(change)} without any evidence`);
      return;
    }
    const own = this.#byCell.get(cell(change.id, change.path)) ?? [];
    const objection = own.find(
      (one) =>
        one.by === 'person' &&
        isOut(one.after) &&
        one.at > grant.at &&
        one.at < change.readAt &&
        !this.#wasWrittenOver(one, own) &&
        !this.#wasKnown(one, own),
    );
    if (objection !== undefined) this.#object(`consent widened: ${describe(change)} after a newer objection`);
  }

  /** Whether the product wrote the same without having seen it: from then on nothing tells that a person meant it. */
  #wasWrittenOver(entered: Change, changes: readonly Change[]): boolean {
    return changes.some(
      (change) => change.by === 'product' && isOut(change.after) && change.at > entered.at && change.readAt < entered.at,
    );
  }

  /**
   * Whether that objection stood there already when the product last came to a decision: what was taken back and made again
   * before the next one is no change, and nothing tells that it is newer.
   */
  #wasKnown(entered: Change, changes: readonly Change[]): boolean {
    const decided = this.#evidence.chronicle.completed.findLast((at) => at < entered.at) ?? 0;
    const written = changes.filter(({ by }) => by === 'product').map(({ at }) => at);
    const looks = [...this.#vendor(entered.end).records.get(entered.id)!.reads, ...written];
    const last = Math.max(...looks.filter((at) => at < decided));
    return isOut(changes.findLast((change) => change.at <= last)?.after ?? null);
  }

  /** No resurrected delete: what people deleted does not come back. */
  #judgeCreation(change: Change): void {
    for (const deletion of this.#evidence.chronicle.deletions) {
      if (deletion.end !== change.end || deletion.at > change.at || !this.#person(change.id).includes(deletion.id)) continue;
      const linked = this.#evidence.chronicle.changes.some(
        (earlier) => earlier.by === 'product' && earlier.id === deletion.id && this.#wasCompletedBetween(earlier.at, deletion.at),
      );
      if (linked) this.#object(`resurrected: ${change.id} was made of the person of ${deletion.id}, which people deleted`);
    }
  }

  // --- outcome -----------------------------------------------------------------------------

  #judgePair(crm: string, mail: string): void {
    // Two records with one address, and the link was never sure which of them it knows: it asks a person.
    if (this.#evidence.faulty && (this.#hasTwin(CRM, crm) || this.#hasTwin(MAIL, mail))) return;
    if (this.#refused(CRM, crm) || this.#refused(MAIL, mail) || this.#isDisputed(CRM, crm) || this.#isTorn(this.#person(crm)))
      return;
    for (const field of MAPPED) {
      const [atCrm, atMail] = [this.#value(CRM, crm, field), this.#value(MAIL, mail, field)];
      if (atCrm !== atMail && !this.#isFrozen(field, crm, mail))
        this.#object(`not converged: ${field.name} is ${String(atCrm)} at ${crm} and ${String(atMail)} at ${mail}`);
      if (field.flow !== 'both' || this.#person(crm).length > 2) continue;
      const cells = [
        ...(this.#byCell.get(cell(crm, field.path.crm)) ?? []),
        ...(this.#byCell.get(cell(mail, field.path.mail)) ?? []),
      ];
      if (cells.some((change) => this.#gaveWay.has(change))) continue;
      const entered = [this.#lastEntered(crm, field.path.crm), this.#lastEntered(mail, field.path.mail)].filter(
        (one) => one !== undefined,
      );
      const values = entered.length === 0 ? [null] : entered.map((one) => canonical(one.after));
      // A value that was never entered at one end gives way to the other, and is none that could win.
      if (!values.includes(atCrm))
        this.#object(`lost edit: ${field.name} of ${crm} and ${mail} is ${String(atCrm)}, last entered was ${values.join(', ')}`);
    }
    const { First: first, City: city } = this.#evidence.vendors.crm.records.get(crm)!.values;
    const full = canonical(this.#evidence.vendors.mail.records.get(mail)!.values[COMPUTED_PATH]!);
    const wanted = canonical(`${String(first ?? '?')} of ${String(city ?? '?')}`);
    if (full !== wanted) this.#object(`not converged: the computed name of ${mail} is ${String(full)}, not ${String(wanted)}`);
    this.#judgeConsentOutcome(crm, mail);
  }

  #judgeConsentOutcome(crm: string, mail: string): void {
    const [outAtCrm, outAtMail] = [this.#isOut(CRM, crm), this.#isOut(MAIL, mail)];
    if (outAtCrm !== outAtMail) this.#object(`not converged: ${crm} is ${said(outAtCrm)}, ${mail} is ${said(outAtMail)}`);
    const persons = [...new Set([...this.#person(crm), ...this.#person(mail)])];
    // Of two records with one address, a person has to tell which of them objected.
    const isAlone = !this.#hasTwin(CRM, crm) && !this.#hasTwin(MAIL, mail);
    const changes = this.#consentChanges(persons, isAlone ? this.#value(MAIL, mail, EMAIL) : null);
    const objection = changes.findLast((change) => isOut(change.after) && this.#wasSeen(change, !persons.includes(change.id)));
    const grant = changes.findLast((change) => change.end === MAIL && change.after === 'subscribed');
    if (objection !== undefined && (grant === undefined || grant.at < objection.at) && !(outAtCrm && outAtMail))
      this.#object(`consent undone: ${crm} and ${mail} objected and nobody consented since`);
    if ((outAtCrm || outAtMail) && !this.#everObjected([crm, mail]))
      this.#object(`invented objection: nobody at an address of ${crm} or ${mail} ever opted out`);
  }

  #mayStandAlone(end: EndName, id: string): boolean {
    const email = this.#value(end, id, EMAIL);
    if (email === null || !email.includes('@')) return true;
    const { policy, vendors, chronicle } = this.#evidence;
    if (policy.enter[end] === 'nobody') return true;
    const twins = vendors[end]
      .live()
      .filter((record) => record.id !== id && canonical(record.values[EMAIL.path[end]]!) === email);
    if (twins.length > 0) return true;
    const others = vendors[otherEnd(end)]
      .live()
      .filter((record) => canonical(record.values[EMAIL.path[otherEnd(end)]]!) === email);
    if (others.length > 1) return true;
    // Whoever has the address at the other end belongs to somebody else.
    if (others.some((other) => this.#person(other.id).some((member) => member !== other.id && this.#isLive(end, member))))
      return true;
    // Somebody deleted the partner: what is left is left alone.
    const members = new Set(this.#person(id));
    const gone = chronicle.deletions.filter(
      (deletion) =>
        members.has(deletion.id) ||
        this.#addresses(deletion.id).includes(email) ||
        (deletion.end !== end && this.#sharedAddress(id, deletion.id, deletion.at)),
    );
    if (gone.length > 0) return true;
    const needs = vendors[otherEnd(end)].traits.requiredOnCreate;
    const needed = MAPPED.filter((field) => needs.includes(field.path[otherEnd(end)]));
    if (needed.some((field) => this.#value(end, id, field) === null)) return true;
    if (this.#refused(end, id) || this.#isDisputed(end, id)) return true;
    return chronicle.refusals.some((one) => one.end === otherEnd(end) && one.key === email);
  }

  /** Whether somebody moved to an address of which a vendor then said to the end that it is another's: people have to tell whose. */
  #isDisputed(end: EndName, id: string): boolean {
    const { refusals, changes } = this.#evidence.chronicle;
    const rest = changes.findLast((change) => change.by === 'person')?.at ?? 0;
    const email = this.#value(end, id, EMAIL);
    const isMovedTo = changes.some(
      (change) =>
        change.by === 'person' &&
        !change.created &&
        change.path === EMAIL.path[change.end as EndName] &&
        canonical(change.after) === email,
    );
    return isMovedTo && refusals.some((one) => one.code === 'DUPLICATE' && one.at > rest && one.key === email);
  }

  /** Whether the vendor's last word on a record was that it does not take what the link has for it. */
  #refused(end: EndName, id: string): boolean {
    const { refusals, changes } = this.#evidence.chronicle;
    const refusal = refusals.findLast((one) => one.end === end && one.id === id);
    if (refusal === undefined) return false;
    return !changes.some((change) => change.by === 'product' && change.id === id && change.at > refusal.at);
  }

  /** Live records of both ends that belong together: by what the product carried between them, or by their address. */
  #pairs(): readonly (readonly [string, string])[] {
    return this.#evidence.vendors.crm.live().flatMap(({ id }) => {
      const partner = this.#partnerOf(CRM, id);
      return partner === undefined ? [] : [[id, partner] as const];
    });
  }

  #partnerOf(end: EndName, id: string): string | undefined {
    const other = otherEnd(end);
    const live = this.#evidence.vendors[other].live().map((record) => record.id);
    const carried = this.#person(id).filter((member) => live.includes(member));
    if (carried.length > 0) return this.#isWhole(id) ? carried[0] : undefined;
    const email = this.#value(end, id, EMAIL);
    const same = (name: EndName): readonly string[] =>
      this.#evidence.vendors[name].live().flatMap((record) => (this.#value(name, record.id, EMAIL) === email ? [record.id] : []));
    if (email === null || same(end).length !== 1 || same(other).length !== 1) return undefined;
    const [found] = same(other);
    return this.#person(found!).length === 1 && this.#person(id).length === 1 ? found : undefined;
  }

  /** Whether no record of a person was deleted: otherwise the link has let go of the rest. */
  #isWhole(id: string): boolean {
    const members = new Set(this.#person(id));
    return !this.#evidence.chronicle.deletions.some((deletion) => members.has(deletion.id));
  }

  // --- what happened -----------------------------------------------------------------------

  #lastBefore(id: string, path: string, at: number): Change | undefined {
    return (this.#byCell.get(cell(id, path)) ?? []).findLast((change) => change.at < at);
  }

  /** Whether the product could know that a value had reached a record before somebody edited it there: a lost answer tells nothing. */
  #isKnownToHaveCome(entered: Change, id: string, path: string, by: number): boolean {
    return (this.#byCell.get(cell(id, path)) ?? []).some(
      (change) =>
        change.by === 'product' &&
        change.at > entered.at &&
        canonical(change.after) === canonical(entered.after) &&
        this.#wasCompletedBetween(change.at, by),
    );
  }

  /**
   * Whether somebody gave a record another address before the link knew that it had made it: the address
   * is all by which a record is found again whose creation was never answered, so that nothing tells whose it is.
   * Nor does anything where a second record got the address, and the one that was made holds another value by then.
   */
  #isTorn(members: readonly string[]): boolean {
    const { changes } = this.#evidence.chronicle;
    return changes.some((creation) => {
      if (creation.by !== 'product' || !creation.created || !members.includes(creation.id)) return false;
      const address = this.#addressAt(creation);
      const meanwhile = changes.filter(
        ({ by, end, at }) =>
          by === 'person' && end === creation.end && at > creation.at && !this.#wasCompletedBetween(creation.at, at),
      );
      const edited = meanwhile.filter(({ id, end, path }) => id === creation.id && mappedAt(end, path) !== undefined);
      const isEmail = ({ end, path }: Change): boolean => path === EMAIL.path[end as EndName];
      if (edited.some(isEmail)) return true;
      return edited.length > 0 && meanwhile.some((change) => isEmail(change) && canonical(change.after) === address);
    });
  }

  /** Whether a field goes back and forth: what would be written for the third time is left to a person. */
  #isFrozen({ path }: MappedField, crm: string, mail: string): boolean {
    const written = (to: EndName, id: string, value: FieldValue): number =>
      (this.#byCell.get(cell(id, path[to])) ?? []).filter(
        (change) => change.by === 'product' && canonical(change.after) === canonical(value),
      ).length;
    const valueOf = (end: EndName, id: string): FieldValue => this.#vendor(end).records.get(id)!.values[path[end]]!;
    return written(MAIL, mail, valueOf(CRM, crm)) >= 2 || written(CRM, crm, valueOf(MAIL, mail)) >= 2;
  }

  #hasTwin(end: EndName, id: string): boolean {
    const email = this.#value(end, id, EMAIL);
    return this.#evidence.vendors[end].live().some((record) => record.id !== id && this.#value(end, record.id, EMAIL) === email);
  }

  #wasCompletedBetween(after: number, before: number): boolean {
    return this.#evidence.chronicle.completed.some((at) => at > after && at < before);
  }

  #everHeld(id: string, path: string, change: Change): boolean {
    const held = this.#byCell.get(cell(id, path)) ?? [];
    const value = canonical(change.after);
    return (
      value === (canonical(held[0]?.before) ?? null) ||
      held.some((earlier) => earlier.at < change.at && canonical(earlier.after) === value)
    );
  }

  #lastEntered(id: string, path: string): Change | undefined {
    return (this.#byCell.get(cell(id, path)) ?? []).findLast((change) => change.by === 'person');
  }

  /** Whether what was entered stood at the other record by then, be it carried there or entered there as well. */
  #wasCarried(entered: Change, id: string, path: string, by: number): boolean {
    return (this.#byCell.get(cell(id, path)) ?? []).some(
      (change) =>
        change.at < by &&
        canonical(change.after) === canonical(entered.after) &&
        (change.by === 'person' || change.at > entered.at),
    );
  }

  /**
   * Whether a cycle read a record and came to its end while what was entered stood there, and stood under the same
   * address where that matters. What a person takes back before is nobody's to know.
   */
  #wasSeen(entered: Change, underAddress: boolean): boolean {
    const paths = [entered.path, ...(underAddress ? [EMAIL.path[entered.end as EndName]] : [])];
    const { deletions } = this.#evidence.chronicle;
    const later = [
      ...paths.flatMap((path) => this.#byCell.get(cell(entered.id, path)) ?? []),
      ...deletions.filter(({ id }) => id === entered.id),
    ]
      .map(({ at }) => at)
      .filter((at) => at > entered.at);
    const { reads } = this.#vendor(entered.end).records.get(entered.id)!;
    return reads.some((at) => at > entered.at && this.#wasCompletedBetween(at, Math.min(...later, Infinity)));
  }

  /** What was said of consent by these records, and under this address by any record there ever was. */
  #consentChanges(ids: readonly string[], address: string | null = null): readonly Change[] {
    return this.#evidence.chronicle.changes.filter(
      (change) =>
        change.by === 'person' &&
        change.path === CONSENT_PATH[change.end as EndName] &&
        (ids.includes(change.id) || (address !== null && this.#addressAt(change) === address)),
    );
  }

  /** The address of a record at a time, such as that of a change of it. */
  #addressAt({ id, at }: Pick<Change, 'id' | 'at'>): string | null {
    return canonical(this.#addressChanges(id).findLast((change) => change.at <= at)?.after);
  }

  /** Whether two records ever had one address at the same time, so that the link may have known them for one person. */
  #sharedAddress(one: string, other: string, before: number): boolean {
    const times = [one, other].flatMap((id) => this.#addressChanges(id)).map(({ at }) => at);
    return times.some((at) => {
      const address = at < before ? this.#addressAt({ id: one, at }) : null;
      return address !== null && address === this.#addressAt({ id: other, at });
    });
  }

  #addressChanges(id: string): readonly Change[] {
    return ENDS.flatMap((end) => this.#byCell.get(cell(id, EMAIL.path[end])) ?? []);
  }

  /**
   * Whether anybody objected who was ever at an address of these records. An objection goes with its person, not only
   * with the record where it was said: to whatever address another record of that address moves, there it stands as well.
   */
  #everObjected(ids: readonly string[]): boolean {
    const addressesOf = (id: string): readonly string[] => this.#person(id).flatMap((member) => this.#addresses(member));
    const addresses = new Set(ids.flatMap(addressesOf));
    const everybody = ENDS.flatMap((end) => [...this.#evidence.vendors[end].records.keys()].map(addressesOf));
    for (let before = -1; before < addresses.size;) {
      before = addresses.size;
      for (const own of everybody) if (own.some((address) => addresses.has(address))) for (const one of own) addresses.add(one);
    }
    return this.#evidence.chronicle.changes.some(
      (change) =>
        change.by === 'person' &&
        change.path === CONSENT_PATH[change.end as EndName] &&
        isOut(change.after) &&
        (ids.some((id) => this.#person(id).includes(change.id)) ||
          addressesOf(change.id).some((address) => addresses.has(address))),
    );
  }

  #addresses(id: string): readonly string[] {
    return this.#addressChanges(id).flatMap((change) => canonical(change.after) ?? []);
  }

  #value(end: EndName, id: string, field: MappedField): string | null {
    return canonical(this.#evidence.vendors[end].records.get(id)!.values[field.path[end]]!);
  }

  #isOut(end: EndName, id: string): boolean {
    return isOut(this.#evidence.vendors[end].records.get(id)!.values[CONSENT_PATH[end]]!);
  }

  #isLive(end: EndName, id: string): boolean {
    return this.#evidence.vendors[end].records.get(id)?.deleted === false;
  }

  #vendor(end: string): Vendor {
    return this.#evidence.vendors[end as EndName];
  }

  // --- persons -----------------------------------------------------------------------------

  #person(id: string): readonly string[] {
    return this.#persons().get(this.#root(id)) ?? [id];
  }

  #known: Map<string, string[]> | undefined;

  #persons(): Map<string, string[]> {
    if (this.#known !== undefined) return this.#known;
    const persons = new Map<string, string[]>();
    for (const end of ENDS) for (const id of this.#evidence.vendors[end].records.keys()) push(persons, this.#root(id), id);
    this.#known = persons;
    return persons;
  }

  #root(id: string): string {
    let root = id;
    for (let next = this.#same.get(root); next !== undefined; next = this.#same.get(root)) root = next;
    return root;
  }

  #unite(one: string, other: string): void {
    const [left, right] = [this.#root(one), this.#root(other)];
    if (left === right) return;
    this.#same.set(left, right);
    this.#known = undefined;
  }

  #object(violation: string): void {
    this.violations.push(violation);
  }
}

/** As both ends would spell it. */
function canonical(value: FieldValue | undefined): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim().toLowerCase();
  return text === '' ? null : text;
}

export function isOut(value: FieldValue): boolean {
  return value === true || value === 'unsubscribed';
}

function said(out: boolean): string {
  return out ? 'opted out' : 'not opted out';
}

function mappedAt(end: string, path: string): MappedField | undefined {
  return MAPPED.find((field) => field.path[end as EndName] === path);
}

function otherEnd(end: string): EndName {
  return end === CRM ? MAIL : CRM;
}

function cell(id: string, path: string): string {
  return `${id}|${path}`;
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}

function describe(change: Change): string {
  return `${change.path} of ${change.id} was written ${JSON.stringify(change.before)} -> ${JSON.stringify(change.after)}`;
}
