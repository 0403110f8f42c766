/** Deletions in bulk of v3: whole contacts, by any identifier. */
import { ok, refusedV3, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import { jobId } from './identifiers.ts';
import { badJson } from './contacts-v3.ts';
import { isObject, type JsonObject } from './request-body.ts';
import type { Store } from './store.ts';

const MOST_CONTACTS = 5_000;
/** UNVERIFIED: that there is a limit is documented, not which. */
const MOST_JOBS = 5;
/** How long a deletion takes, in ms. */
const TAKES_MS = 5_000;

interface BulkDeletion {
  readonly id: string;
  readonly at: number;
  readonly identifiers: readonly JsonObject[];
  readonly partial: boolean;
  outcome: JsonObject | undefined;
}

export class BulkDeletions {
  readonly #jobs = new Map<string, BulkDeletion>();

  submit({ payload, now, request }: Exchange): Answer {
    if (!Array.isArray(payload) || !payload.every(isObject)) return badJson();
    if (payload.length === 0) return refusedV3(400, 'noContactsSpecified', 'You must specifiy 1 or more contacts to be deleted!');
    if (payload.length > MOST_CONTACTS)
      return refusedV3(400, 'tooManyContactsSpecified', `You must specify ${MOST_CONTACTS} or fewer contacts to be deleted!`);
    if ([...this.#jobs.values()].filter(({ outcome }) => outcome === undefined).length >= MOST_JOBS) {
      return refusedV3(
        429,
        'tooManyBulkDeleteJobs',
        'Your bulk delete request cannot be accepted as too many bulk delete jobs are being processed for you account. Please wait for a bulk delete job to complete and then resubmit.',
      );
    }
    const id = jobId('bulk deletion', this.#jobs.size + 1, now);
    const partial = request.partial && payload.length > 1;
    this.#jobs.set(id, { id, at: now, identifiers: payload, partial, outcome: undefined });
    return { status: 202, body: { deleteId: id } };
  }

  /** Carries out what is due at `now`. */
  settle(store: Store, now: number): void {
    for (const job of this.#jobs.values())
      if (job.outcome === undefined && job.at + TAKES_MS <= now) job.outcome = carryOut(store, job);
  }

  status(id: string): Answer {
    const job = this.#jobs.get(id.toLowerCase());
    // The wording of imports is what the specification shows here too.
    if (job === undefined) return refusedV3(404, 'importNotFound', `The import request '${id}' could not be found!`);
    return ok({ deleteId: job.id, ...(job.outcome === undefined ? { status: 'NotFinished' } : job.outcome) });
  }
}

function carryOut(store: Store, { identifiers, partial }: BulkDeletion): JsonObject {
  const deleted: JsonObject[] = [];
  const failures: JsonObject[] = [];
  const fail = (identifier: JsonObject, failureCode: string, description: string): void => {
    failures.push({ identifier, failures: [{ failureCode, description }] });
  };
  let unknown = 0;
  for (const [index, identifier] of identifiers.entries()) {
    const [name, value] = Object.entries(identifier)[0] ?? ['', undefined];
    if (partial && index % 2 === 1) {
      fail(identifier, 'failed', 'The contact could not be deleted');
      continue;
    }
    if (Object.keys(identifier).length !== 1 || (typeof value !== 'string' && typeof value !== 'number')) {
      fail(identifier, 'invalidIdentifier', 'Exactly one identifier names a contact');
      continue;
    }
    const contact = store.contactBy(name, String(value));
    if (contact === undefined) {
      unknown += 1;
      fail(identifier, 'contactNotFound', `Not found using the identifier '${name}'`);
      continue;
    }
    store.removeContact(contact.id);
    deleted.push(identifier);
  }
  const summary = {
    requestedContacts: identifiers.length,
    deletedContacts: deleted.length,
    unknownContacts: unknown,
    invalidEntries: failures.length - unknown,
  };
  return { status: 'Finished', summary, deleted, failures };
}

export function bulkDeletionRoutes(jobs: BulkDeletions): readonly Route[] {
  return [
    route('POST', '/contacts/v3/delete', 'low', (exchange) => jobs.submit(exchange)),
    route('GET', '/contacts/v3/delete/{deleteId}', 'unlimited', ({ parameters }) => jobs.status(parameters[0]!)),
  ];
}
