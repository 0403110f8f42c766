/** Imports and deletions in bulk of v3. */
import { EMAIL_TYPES, OPT_IN_TYPES, type Contact } from './contact.ts';
import { identifiersOf, STOCK_IDENTIFIERS } from './contact-v3.ts';
import { badJson } from './contacts-v3.ts';
import { ok, refusedV3, type Answer } from './errors.ts';
import { route, type Exchange, type Route } from './exchange.ts';
import {
  MOST_ACTIVE_IMPORTS,
  type FaultReason,
  type ImportQueue,
  type ImportRow,
  type MergeOption,
  type RowFault,
} from './import-job.ts';
import { isObject, wordOf, type JsonObject } from './request-body.ts';

const LARGEST_BODY_BYTES = 50 * 1024 * 1024;
const MERGE_OPTIONS: readonly MergeOption[] = ['overwrite', 'overwriteIfNotEmpty', 'overwriteIfEmpty'];

function submit(queue: ImportQueue) {
  return (exchange: Exchange): Answer => {
    const { payload, request, now } = exchange;
    if (!isObject(payload) || !Array.isArray(payload['contacts']) || request.body.length > LARGEST_BODY_BYTES) return badJson();
    const option = payload['mergeOption'] ?? 'overwrite';
    const mergeOption = MERGE_OPTIONS.find((word) => word === option);
    if (mergeOption === undefined) return badJson();
    const rows: ImportRow[] = [];
    for (const [index, entry] of payload['contacts'].entries()) {
      if (!isObject(entry) || !isObject(entry['identifiers'])) {
        return refusedV3(400, 'badRequest', 'The request is invalid', [
          { item: `contacts[${index}].identifiers`, description: 'The Identifiers field is required' },
        ]);
      }
      const row = rowOf(entry, entry['identifiers']);
      if (row.books.length > 100) return refusedV3(400, 'invalidAddressBookIds', 'A contact can be added to 100 lists at once');
      rows.push(row);
    }
    if (queue.active >= MOST_ACTIVE_IMPORTS) {
      return refusedV3(
        429,
        'tooManyActiveImports',
        'Your import request cannot be accepted as too many imports are being processed for you account. Please wait for an import to complete and then resubmit.',
      );
    }
    const partial = request.partial && rows.length > 1;
    const job = queue.submit({ framework: 'v3', header: [], rows, mergeOption, partial }, now);
    return { status: 202, body: { importId: job.id } };
  };
}

function rowOf(entry: JsonObject, identifiers: JsonObject): ImportRow {
  const text = (name: string): string | undefined => (typeof identifiers[name] === 'string' ? identifiers[name] : undefined);
  const channels = entry['channelProperties'];
  const channel = isObject(channels) && isObject(channels['email']) ? channels['email'] : {};
  const fields = isObject(entry['dataFields']) ? Object.entries(entry['dataFields']) : [];
  return {
    email: text('email'),
    mobileNumber: text('mobileNumber'),
    contactId: typeof identifiers['contactId'] === 'number' ? identifiers['contactId'] : undefined,
    customIds: new Map(
      Object.entries(identifiers).filter(
        (pair): pair is [string, string] => !STOCK_IDENTIFIERS.has(pair[0]) && typeof pair[1] === 'string',
      ),
    ),
    matchIdentifier: typeof entry['matchIdentifier'] === 'string' ? entry['matchIdentifier'] : 'email',
    optInType: wordOf(channel['optInType'], OPT_IN_TYPES),
    emailType: wordOf(channel['emailType'], EMAIL_TYPES),
    wantedStatus: wordOf(channel['status'], ['subscribed', 'unsubscribed'] as const),
    fields: new Map(fields.map(([name, value]) => [name.toUpperCase(), value])),
    books: Array.isArray(entry['lists']) ? entry['lists'].map(Number) : [],
    cells: [],
  };
}

/** @source apis: failure codes of v3 imports */
const FAILURES: Readonly<Record<FaultReason, readonly [code: string, description: string]>> = {
  'Globally Suppressed': ['GloballySuppressed', 'The contact is globally suppressed'],
  'Invalid Email': ['InvalidEmail', "Invalid value for 'email'"],
  Duplicate: ['Duplicate', 'The contact is in the import more than once'],
  Unsubscribed: ['InvalidContactStatus', 'The contact has unsubscribed'],
  'Hard bounced': ['InvalidContactStatus', 'The address has bounced'],
  'Complained to ISP': ['InvalidContactStatus', 'The contact has complained'],
  'Mail blocked': ['Blocker', 'Mail to the contact is blocked'],
  'Suppressed by Domain': ['SuppressedByDomain', 'The domain is suppressed'],
  'Invalid List': ['InvalidAddressBookIds', 'One or more of the lists do not exist'],
  'Invalid Match': ['InvalidMatchIdentifier', 'The contact has no such identifier to be found by'],
  'No Identifier': ['InvalidContactId', 'There is no contact of this id'],
  Failures: ['InvalidContact', 'The contact could not be imported'],
};

function failureForm({ row, reason, contact }: RowFault): Readonly<Record<string, unknown>> {
  const [failureCode, description] = FAILURES[reason];
  const { email, mobileNumber } = row;
  return {
    ...(contact === undefined ? {} : { contactId: contact.id }),
    matchIdentifier: row.matchIdentifier,
    identifiers: { ...(email === undefined ? {} : { email }), ...(mobileNumber === undefined ? {} : { mobileNumber }) },
    failures: [{ failureCode, description }],
  };
}

const INVALID: readonly FaultReason[] = [
  'Invalid Email',
  'Failures',
  'Unsubscribed',
  'Hard bounced',
  'Complained to ISP',
  'Mail blocked',
  'Invalid List',
  'Invalid Match',
  'No Identifier',
];

function status(queue: ImportQueue) {
  return ({ parameters, store }: Exchange): Answer => {
    const id = parameters[0]!;
    const job = queue.get(id);
    if (job === undefined || job.framework !== 'v3')
      return refusedV3(404, 'importNotFound', `The import request '${id}' could not be found!`);
    const { outcome } = job;
    if (outcome === undefined) return ok({ importId: job.id, status: job.status });
    const count = (...reasons: readonly FaultReason[]): number =>
      outcome.faults.filter(({ reason }) => reasons.includes(reason)).length;
    const reference = (contact: Contact) => ({
      contactId: contact.id,
      identifiers: identifiersOf(store, contact),
    });
    return ok({
      importId: job.id,
      status: job.status,
      summary: {
        newContacts: outcome.created.length,
        updatedContacts: outcome.updated.length,
        globallySuppressed: count('Globally Suppressed', 'Suppressed by Domain'),
        invalidEntries: count(...INVALID),
        duplicateIdentifiers: count('Duplicate'),
      },
      created: outcome.created.map(reference),
      updated: outcome.updated.map(reference),
      failures: outcome.faults.map(failureForm),
    });
  };
}

export function importRoutesV3(queue: ImportQueue): readonly Route[] {
  return [
    route('PUT', '/contacts/v3/import', 'low', submit(queue)),
    route('GET', '/contacts/v3/import/{importId}', 'unlimited', status(queue)),
  ];
}
