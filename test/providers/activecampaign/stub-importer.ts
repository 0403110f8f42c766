import type { Body, StubAccount } from './stub-account.ts';
import type { Answer } from './stub-answers.ts';

/** The bulk importer of a stub account: what was handed over is done when it is looked at. */
export class StubImporter {
  readonly jobs = new Map<string, { contacts: Body[]; looks: number; success: string[]; failure: string[] }>();
  /** Looks at an import that find it unfinished. */
  looks = 0;
  endsAs = 'completed';
  failures = new Set<string>();
  /** Addresses that an import passes over without a word. */
  skips = new Set<string>();
  successKey: 'Success' | 'success' = 'Success';
  readonly #account: StubAccount;

  constructor(account: StubAccount) {
    this.#account = account;
  }

  submit(contacts: Body[]): Answer {
    if (contacts.length > 250) return [400, { success: 0, message: 'Too many contacts', failureReasons: [] }];
    const bad = contacts.flatMap((contact, index) =>
      String(contact['email']).includes('..') ? [{ contact: index + 1, failureReason: "Field 'email' incorrect format" }] : [],
    );
    if (bad.length > 0) return [400, { success: 0, message: 'JSON payload did not pass validation.', failureReasons: bad }];
    const batchId = `batch-${this.jobs.size + 1}`;
    this.jobs.set(batchId, { contacts, looks: 0, success: [], failure: [] });
    return [200, { [this.successKey]: 1, queued_contacts: contacts.length, batchId, message: 'Contact import queued' }];
  }

  info(batchId: string): Answer {
    const job = this.jobs.get(batchId);
    if (job === undefined) return [400, { success: 0, message: 'unknown batch' }];
    job.looks += 1;
    if (job.looks <= this.looks) return [200, { status: job.looks === 1 ? false : 'active', success: [], failure: [] }];
    if (job.looks === this.looks + 1) for (const contact of job.contacts) this.#contact(job, contact);
    return [200, { status: this.endsAs, success: job.success, failure: job.failure }];
  }

  #contact(job: { success: string[]; failure: string[] }, body: Body): void {
    const email = String(body['email']);
    if (this.skips.has(email)) return;
    if (this.failures.has(email)) {
      job.failure.push(email);
      return;
    }
    const existing = this.#account.byEmail(email);
    const contact = existing ?? this.#account.addContact(email);
    if (existing === undefined) job.success.push(String(contact.id));
    const names: Record<string, 'firstName' | 'lastName' | 'phone'> = {
      first_name: 'firstName',
      last_name: 'lastName',
      phone: 'phone',
    };
    for (const [from, to] of Object.entries(names)) if (body[from] !== undefined) contact[to] = body[from] as string;
    this.#account.touch(contact.id);
    for (const { id, value } of (body['fields'] ?? []) as { id: number; value: string }[])
      this.#account.setValue(contact.id, id, value.trim());
    for (const name of (body['tags'] ?? []) as string[]) {
      this.#account.setTag(contact.id, this.#account.tags.find((tag) => tag.tag === name)?.id ?? this.#account.addTag(name));
    }
    for (const { listid } of (body['subscribe'] ?? []) as { listid: number }[]) {
      const left = this.#account.contactLists.some(
        (row) => row.contact === contact.id && row.list === listid && row.status === 2,
      );
      if (!left) this.#account.setStatus(contact.id, listid, 1);
    }
    for (const { listid } of (body['unsubscribe'] ?? []) as { listid: number }[]) this.#account.setStatus(contact.id, listid, 2);
  }
}
