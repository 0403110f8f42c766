/**
 * Bulk imports of both frameworks. They wait behind the vendor's watchdog, are worked off later, and
 * tell by row what went wrong.
 */
import { isEmail, isLive, type Contact, type ContactStatus, type EmailType, type FieldValue, type OptInType } from './contact.ts';
import { fitValue } from './data-field.ts';
import { jobId } from './identifiers.ts';
import type { Store } from './store.ts';

export const MOST_ACTIVE_IMPORTS = 25;
/** Faults can be asked for about a week. @source Dotdigital, get contact import report faults */
const FAULTS_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

export type MergeOption = 'overwrite' | 'overwriteIfNotEmpty' | 'overwriteIfEmpty';

export interface ImportRow {
  readonly email: string | undefined;
  readonly mobileNumber?: string | undefined;
  readonly contactId?: number | undefined;
  readonly customIds?: ReadonlyMap<string, string>;
  readonly matchIdentifier: string;
  readonly optInType?: OptInType | undefined;
  readonly emailType?: EmailType | undefined;
  /** v3 can ask for this state; it lifts nothing that somebody decided. */
  readonly wantedStatus?: 'subscribed' | 'unsubscribed' | undefined;
  /** Raw values by field name; `null` and `''` are blank. */
  readonly fields: ReadonlyMap<string, unknown>;
  readonly books: readonly number[];
  /** The row as it came, for the report of faults. */
  readonly cells: readonly string[];
}

/** Why a row was not taken, in the words of v2's report. */
export type FaultReason =
  | 'Globally Suppressed'
  | 'Invalid Email'
  | 'Duplicate'
  | 'Unsubscribed'
  | 'Hard bounced'
  | 'Complained to ISP'
  | 'Mail blocked'
  | 'Suppressed by Domain'
  | 'Invalid List'
  | 'Invalid Match'
  | 'No Identifier'
  | 'Failures';

export interface RowFault {
  readonly row: ImportRow;
  readonly reason: FaultReason;
  readonly contact: Contact | undefined;
}

export interface ImportOutcome {
  readonly created: readonly Contact[];
  readonly updated: readonly Contact[];
  readonly faults: readonly RowFault[];
}

export interface ImportJob {
  readonly id: string;
  readonly framework: 'v2' | 'v3';
  readonly header: readonly string[];
  readonly submittedAt: number;
  rows: readonly ImportRow[];
  readonly mergeOption: MergeOption;
  /** A fault was asked for that fails every second row. */
  readonly partial: boolean;
  status: 'NotFinished' | 'Finished' | 'RejectedByWatchdog';
  outcome: ImportOutcome | undefined;
}

export interface ImportSettings {
  /** How long an import takes, in ms. */
  readonly importMs: number;
  /** Whether the watchdog refuses an import of so many rows, the n-th of this account. */
  readonly isRejected: (rows: number, number: number) => boolean;
}

export class ImportQueue {
  readonly #jobs = new Map<string, ImportJob>();
  readonly #settings: ImportSettings;
  #pending: ImportJob[] = [];

  constructor(settings: ImportSettings) {
    this.#settings = settings;
  }

  get active(): number {
    return this.#pending.length;
  }

  submit(given: Pick<ImportJob, 'framework' | 'header' | 'rows' | 'mergeOption' | 'partial'>, now: number): ImportJob {
    const id = jobId('import', this.#jobs.size + 1, now);
    const job: ImportJob = { ...given, id, submittedAt: now, status: 'NotFinished', outcome: undefined };
    this.#jobs.set(id, job);
    this.#pending.push(job);
    return job;
  }

  get(id: string): ImportJob | undefined {
    return this.#jobs.get(id.toLowerCase());
  }

  keepsFaults(job: ImportJob, now: number): boolean {
    return now - job.submittedAt < FAULTS_KEPT_MS;
  }

  /** Works off what is due at `now`, in the order in which it came. */
  settle(store: Store, now: number): void {
    const due = this.#pending.filter(({ submittedAt }) => submittedAt + this.#settings.importMs <= now);
    if (due.length === 0) return;
    this.#pending = this.#pending.filter((job) => !due.includes(job));
    for (const job of due) {
      const number = [...this.#jobs.keys()].indexOf(job.id) + 1;
      const rejected = this.#settings.isRejected(job.rows.length, number);
      job.status = rejected ? 'RejectedByWatchdog' : 'Finished';
      job.outcome = rejected
        ? { created: [], updated: [], faults: [] }
        : importRows(store, job, job.submittedAt + this.#settings.importMs);
      job.rows = [];
    }
  }
}

function importRows(store: Store, job: ImportJob, at: number): ImportOutcome {
  const created: Contact[] = [];
  const updated: Contact[] = [];
  const faults: RowFault[] = [];
  const seen = new Set<string>();
  for (const [index, row] of job.rows.entries()) {
    const known = knownContact(store, row);
    const key =
      known === undefined ? (row.email?.trim().toLowerCase() ?? row.mobileNumber ?? `row ${index}`) : `contact ${known.id}`;
    const reason = job.partial && index % 2 === 1 ? 'Failures' : seen.has(key) ? 'Duplicate' : faultOf(store, row, known);
    seen.add(key);
    if (reason !== undefined) {
      faults.push({ row, reason, contact: known });
      continue;
    }
    const { email = null, mobileNumber = null, customIds = new Map<string, string>() } = row;
    const contact = known ?? store.addContact({ email, mobileNumber, customIds }, at);
    store.changeContact(contact, valuesOf(store, job.mergeOption, contact, row), at);
    for (const book of row.books) {
      if (store.membership(contact.id, book)?.status !== 'unsubscribed') store.join(contact, book, at);
    }
    if (row.wantedStatus === 'unsubscribed') store.suppress(contact, null, 'Unsubscribed', at);
    seen.add(`contact ${contact.id}`);
    (known === undefined ? created : updated).push(contact);
  }
  return { created, updated, faults };
}

function knownContact(store: Store, row: ImportRow): Contact | undefined {
  if (row.matchIdentifier === 'contactId') return row.contactId === undefined ? undefined : store.contacts.get(row.contactId);
  if (row.matchIdentifier === 'mobileNumber')
    return row.mobileNumber === undefined ? undefined : store.contactByMobile(row.mobileNumber);
  const ownId = row.customIds?.get(row.matchIdentifier);
  if (ownId !== undefined) return store.contactBy(row.matchIdentifier, ownId);
  if (row.email !== undefined && isEmail(row.email.trim())) return store.contactByEmail(row.email);
  return row.mobileNumber === undefined ? undefined : store.contactByMobile(row.mobileNumber);
}

const SUPPRESSED: Readonly<Partial<Record<ContactStatus, FaultReason>>> = {
  Unsubscribed: 'Unsubscribed',
  HardBounced: 'Hard bounced',
  IspComplained: 'Complained to ISP',
  DirectComplaint: 'Complained to ISP',
  MailBlocked: 'Mail blocked',
  DomainSuppression: 'Suppressed by Domain',
};

function faultOf(store: Store, row: ImportRow, known: Contact | undefined): FaultReason | undefined {
  if (row.email !== undefined && !isEmail(row.email.trim())) return 'Invalid Email';
  if (!hasMatch(store, row)) return 'Invalid Match';
  if (row.matchIdentifier === 'contactId' && known === undefined) return 'No Identifier';
  if (row.books.some((book) => !store.books.has(book))) return 'Invalid List';
  if (row.email !== undefined && store.globallySuppressed.has(row.email.trim().toLowerCase())) return 'Globally Suppressed';
  if (known !== undefined && !isLive(known.status)) return SUPPRESSED[known.status] ?? 'Globally Suppressed';
  // UNVERIFIED: what becomes of a row that moves a contact to an address of another one.
  const holder = row.email === undefined ? undefined : store.contactByEmail(row.email.trim());
  if (known !== undefined && holder !== undefined && holder.id !== known.id) return 'Duplicate';
  const unfit = [...row.fields].some(([name, value]) => {
    const field = store.fields.get(name);
    return field !== undefined && 'fault' in fitValue(field, value);
  });
  return unfit ? 'Failures' : undefined;
}

/** Whether the row holds the identifier that it is to be found by. */
function hasMatch(store: Store, row: ImportRow): boolean {
  switch (row.matchIdentifier) {
    case 'email':
      return row.email !== undefined;
    case 'mobileNumber':
      return row.mobileNumber !== undefined;
    case 'contactId':
      return row.contactId !== undefined;
    default:
      return store.customIdentifier(row.matchIdentifier) !== undefined && row.customIds?.has(row.matchIdentifier) === true;
  }
}

function valuesOf(store: Store, mergeOption: MergeOption, contact: Contact, row: ImportRow) {
  const fields = new Map<string, FieldValue>();
  for (const [name, given] of row.fields) {
    const field = store.fields.get(name);
    // UNVERIFIED: what is no field of the account is left out without a word.
    if (field === undefined || field.readOnly) continue;
    const fitted = fitValue(field, given);
    if ('fault' in fitted) continue;
    if (mergeOption === 'overwriteIfNotEmpty' && fitted.value === null) continue;
    if (mergeOption === 'overwriteIfEmpty' && (contact.fields.get(name) ?? null) !== null) continue;
    fields.set(name, fitted.value);
  }
  return {
    fields,
    ...(row.optInType === undefined ? {} : { optInType: row.optInType }),
    ...(row.emailType === undefined ? {} : { emailType: row.emailType }),
    // Another address for somebody who was found by another identifier.
    ...(row.matchIdentifier !== 'email' && row.email !== undefined ? { email: row.email } : {}),
    ...(row.matchIdentifier !== 'mobileNumber' && row.mobileNumber !== undefined ? { mobileNumber: row.mobileNumber } : {}),
    ...(row.customIds === undefined ? {} : { customIds: row.customIds }),
  };
}
