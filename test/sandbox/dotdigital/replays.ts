import type { DotdigitalSettings } from '../../../src/sandbox/dotdigital/sandbox.ts';
import type { Account, CallOptions } from './account.ts';

/** How to send a recorded request to an account with sixty people, two books, two sent campaigns and one draft. */
export interface Replay {
  readonly settings?: Partial<DotdigitalSettings>;
  /** Makes what the request needs; answers the path of the first request where the recorded one does not fit. */
  readonly arrange?: (account: Account) => Promise<string | void>;
  /** The body of the first request; the recorded one unless given. */
  readonly body?: unknown;
  readonly options?: CallOptions;
  /** Keys that are null here and not there, or the other way round. */
  readonly nullable?: readonly string[];
  readonly newer?: readonly string[];
  /** Keys whose format the recording has otherwise than all other documents. */
  readonly loose?: readonly string[];
  /** What the documents themselves tell in two ways, and the stand-in in the other. */
  readonly status?: number;
}

const ANN = { email: 'ann@example.com' };

async function importOf(account: Account, rows = 'Email,FIRSTNAME\nann@example.com,Ann\nno address,Bo\n'): Promise<string> {
  const data = Buffer.from(rows).toString('base64');
  return (await account.post('/v2/contacts/import', { fileName: 'contacts.csv', data })).body.id as string;
}

async function finished(account: Account): Promise<string> {
  const id = await importOf(account);
  account.advance(60_000);
  return `/v2/contacts/import/${id}`;
}

async function recipient(account: Account, keep: (row: Record<string, unknown>) => boolean): Promise<unknown> {
  const row = account.dump('campaignActivity').find((one) => one['campaignId'] === 1 && keep(one));
  if (row === undefined) throw new Error('Nobody did that.');
  return Promise.resolve(row['contactId']);
}

const clicked = async (account: Account): Promise<unknown> => recipient(account, ({ numClicks }) => Number(numClicks) > 0);

export const REPLAYS: Readonly<Record<string, Replay>> = {
  'error-text-api-usage-exceeded': {
    settings: { rateScheme: 'flat' },
    arrange: async (account) => {
      account.unhurried = false;
      for (let calls = 0; calls < 2000; calls += 1) await account.get('/v2/account-info');
    },
  },
  'error-text-campaign-send-not-permitted': {},
  'error-text-contact-not-found': {},
  'error-text-enrolment-allowance-exceeded': {
    arrange: async (account) => {
      account.unhurried = false;
      for (let calls = 0; calls < 20; calls += 1) await account.post('/v2/programs/enrolments', { programId: 1, contacts: [1] });
    },
    body: { programId: 1, contacts: [1] },
  },
  'error-text-feature-not-active': { settings: { hasPrograms: false } },
  'error-text-import-report-not-ready': { arrange: async (account) => `/v2/contacts/import/${await importOf(account)}/report` },
  'live-address-book-create-name-too-long': {},
  'live-address-book-create-read-delete-read': {},
  'live-address-book-update-visibility': {
    arrange: async (account) => `/v2/address-books/${await account.book('Old value')}`,
  },
  'live-address-books-private-only': {},
  'live-address-books-public-only': {},
  'live-contact-create-single-default': {},
  'live-contact-delete-unknown-id': {},
  'live-data-field-create-numeric-with-text-default': {},
  'live-v2-contact-get-by-malformed-email': {},
  'live-v2-contact-post-bad-email': {},
  'live-v2-contact-post-keys': {},
  'live-v3-contact-create-keys': {},
  'live-v3-contacts-bad-credentials-401': { options: { headers: { authorization: 'Basic aW52YWxpZDppbnZhbGlk' } } },
  'live-v3-contacts-list-content-type': {},
  'live-v3-import-accepted': {},
  'v2-address-books-four-visibilities': {},
  'v2-campaign-clicks-since': { arrange: () => Promise.resolve('/v2/campaigns/1/clicks/since-date/2013-01-01T00:00:00+0000') },
  'v2-campaign-opens-since': { arrange: () => Promise.resolve('/v2/campaigns/1/opens/since-date/2013-01-01T00:00:00+0000') },
  'v2-campaign-sent-to-book': {
    arrange: () => Promise.resolve('/v2/address-books/1/campaigns'),
    nullable: ['replyToAddress'],
  },
  'v2-campaign-summary-date-and-float': {},
  'v2-contact-put-full-object': {
    arrange: async (account) => {
      await account.field('CODE');
      return `/v2/contacts/${await account.contact('john@example.com')}`;
    },
    nullable: ['value'],
  },
  'v2-contacts-with-full-data': {
    arrange: () => Promise.resolve('/v2/address-books/1/contacts?withFullData=true&select=1000&skip=0'),
    nullable: ['value'],
  },
  'v2-data-fields-trailing-slash-accepted': {},
  'v2-doc-delete-v2-address-books-addressbookid-contacts-contactid-204': {
    arrange: (account) => {
      const row = account.dump('addressBookContact').find((one) => one['addressBookId'] === 1);
      return Promise.resolve(`/v2/address-books/1/contacts/${String(row?.['contactId'])}`);
    },
  },
  'v2-doc-delete-v2-data-fields-name-200-failed-result': { arrange: () => Promise.resolve('/v2/data-fields/STORE') },
  'v2-doc-delete-v2-data-fields-name-200-successful-result': { arrange: (account) => account.field('BIRTHDAY', 'Date') },
  'v2-doc-get-v2-address-books-id-200': {},
  'v2-doc-get-v2-address-books-id-contacts-200': {},
  'v2-doc-get-v2-address-books-private-200': {},
  'v2-doc-get-v2-address-books-public-200': {},
  'v2-doc-get-v2-campaigns-200': {},
  'v2-doc-get-v2-campaigns-campaignid-activities-contactid-clicks-200': {
    arrange: async (account) => `/v2/campaigns/1/activities/${String(await clicked(account))}/clicks`,
  },
  'v2-doc-get-v2-campaigns-campaignid-activities-contactid-page-views-200': {
    arrange: async (account) => `/v2/campaigns/1/activities/${String(await clicked(account))}/page-views`,
  },
  'v2-doc-get-v2-campaigns-campaignid-activities-contactid-replies-200': {
    arrange: async (account) => {
      const id = await recipient(account, ({ numReplies }) => Number(numReplies) > 0);
      return `/v2/campaigns/1/activities/${String(id)}/replies`;
    },
  },
  // The sample has a comma inside of a text that should be null.
  'v2-doc-get-v2-campaigns-filtered-200': { nullable: ['sentDate', 'scheduledDate'] },
  'v2-doc-get-v2-campaigns-id-activities-200': {},
  'v2-doc-get-v2-campaigns-id-address-books-200': {},
  'v2-doc-get-v2-campaigns-id-clicks-200': {},
  'v2-doc-get-v2-campaigns-id-clicks-with-groups-since-date-date-200': {
    arrange: () => Promise.resolve('/v2/campaigns/1/clicks-with-groups/since-date/2024-05-01T10:00:00Z'),
  },
  'v2-doc-get-v2-campaigns-id-opens-200': {},
  'v2-doc-get-v2-contacts-count-200': {},
  'v2-doc-get-v2-contacts-email-subscriptions-200': {
    arrange: async (account) => {
      const id = await account.contact(ANN.email);
      await account.put(`/v2/contacts/${id}/preferences`, [{ id: 2, isOptedIn: true }]);
      return '/v2/contacts/ann@example.com/subscriptions';
    },
  },
  'v2-doc-get-v2-contacts-id-address-books-200': {
    arrange: (account) =>
      Promise.resolve(`/v2/contacts/${String(account.dump('addressBookContact')[0]?.['contactId'])}/address-books`),
  },
  'v2-doc-get-v2-contacts-import-id-200': { arrange: finished },
  'v2-doc-get-v2-contacts-import-id-report-200': { arrange: async (account) => `${await finished(account)}/report` },
  'v2-doc-get-v2-contacts-import-id-report-faults-200': {
    arrange: async (account) => `${await finished(account)}/report-faults`,
  },
  'v2-doc-get-v2-programs-enrolments-id-report-faults-400': {
    arrange: async (account) => {
      const { body } = await account.post('/v2/programs/enrolments', { programId: 1, contacts: [1] });
      return `/v2/programs/enrolments/${body.id}/report-faults`;
    },
  },
  'v2-doc-get-v2-programs-enrolments-id-report-faults-404': {},
  'v2-doc-get-v2-programs-id-200': {},
  'v2-doc-get-v2-segments-refresh-id-200': { arrange: () => Promise.resolve('/v2/segments/refresh/3') },
  'v2-doc-get-v2-server-time-200': {},
  'v2-doc-post-v2-address-books-id-contacts-200': { nullable: ['value'] },
  'v2-doc-post-v2-address-books-id-contacts-unsubscribe-200': {
    arrange: async (account) => void (await account.contact(ANN.email)),
    body: ANN,
  },
  'v2-doc-post-v2-contacts-201': { nullable: ['value'] },
  'v2-doc-post-v2-contacts-import-202': {
    body: { fileName: 'contacts.csv', data: Buffer.from('Email\na@example.com\n').toString('base64') },
  },
  'v2-doc-post-v2-contacts-import-collection-202': {
    body: {
      addressBookIds: [1, 2],
      mergeOption: 0,
      contacts: [{ ...ANN, optInType: 'Unknown', emailType: 'Html', dataFields: [] }],
    },
  },
  'v2-doc-post-v2-contacts-resubscribe-200': {
    arrange: async (account) => {
      await account.contact('john.smith@emailsim.io');
      await account.post('/v2/contacts/unsubscribe', { email: 'john.smith@emailsim.io' });
    },
  },
  'v2-doc-post-v2-contacts-unsubscribe-200': {
    arrange: async (account) => void (await account.contact('john.smith@emailsim.io')),
  },
  // Program 2 of the seed is the one that is not active.
  'v2-doc-post-v2-programs-enrolments-422': { body: { programId: 2, contacts: [3], addressBooks: [1] } },
  'v2-doc-put-v2-address-books-id-200': { body: { name: 'My Updated Address Book', visibility: 'Private' } },
  // The documentation says 201, the specification 200.
  'v2-doc-put-v2-contacts-id-201': { nullable: ['value'], status: 200 },
  'v2-doc-put-v2-contacts-id-with-consent-201': { nullable: ['value'], status: 200 },
  'v2-doc-put-v2-contacts-suppress-contacts-200': {
    arrange: async (account) => void (await account.contact('bob.smith@emailsim.co')),
    body: [{ id: 1 }, { email: 'bob.smith@emailsim.co' }, { email: 'unknown@emailsim.co' }],
    nullable: ['email'],
  },
  'v2-import-multipart-status-faults-csv': {
    options: { headers: { 'content-type': 'multipart/form-data; boundary=x' } },
  },
  'v2-sample-address-book-create': { body: { name: 'My Address Book', visibility: 'Public' } },
  'v2-sample-address-book-update': { body: { name: 'My Updated Address Book', visibility: 'Private' } },
  'v2-sample-address-books-private': {},
  'v2-sample-campaign-campaign-attachments': {},
  'v2-sample-campaign-summary': { newer: ['revenue', 'conversionRate', 'assistedRevenue', 'numOrders', 'numAssistedOrders'] },
  'v2-sample-campaigns-sent-to-address-book': {},
  'v2-unsubscribed-since-paged': {
    arrange: async (account) => {
      for (const email of ['a@example.com', 'b@example.com', 'c@example.com']) {
        await account.contact(email);
        await account.post('/v2/contacts/unsubscribe', { email });
      }
    },
    // The test of a client shows two keys of the contact and a date; the documentation has all of both.
    newer: ['optInType', 'emailType', 'dataFields', 'status'],
    loose: ['dateRemoved'],
  },
  // The sample's path and its answer do not belong together.
  'v3-doc-delete-contacts-v3-identifier-value-404': { arrange: () => Promise.resolve('/contacts/v3/contactId/354265') },
  'v3-doc-get-contacts-v3-delete-deleteid-404': {},
  'v3-doc-get-contacts-v3-identifier-value-404': {},
  'v3-doc-get-contacts-v3-import-importid-404': {},
  'v3-doc-patch-contacts-v3-identifier-value-400': {
    arrange: () => Promise.resolve('/contacts/v3/email/123646'),
    body: {},
  },
  'v3-doc-post-contacts-v3-409': {
    settings: { conflictCode: 'idAlreadyExists' },
    arrange: async (account) => void (await account.contact(ANN.email)),
    body: { identifiers: ANN },
  },
  'v3-doc-put-contacts-v3-import-400': { body: '{"mergeOption":' },
  'v3-doc-put-contacts-v3-import-429': {
    arrange: async (account) => {
      for (let calls = 0; calls < 25; calls += 1) await importOf(account);
    },
  },
  'v3-import-status-with-failures': {
    arrange: async (account) => {
      await account.contact(ANN.email);
      const contacts = ['no address', 'new@example.com', ANN.email].map((email) => ({
        matchIdentifier: 'email',
        identifiers: { email },
      }));
      const { body } = await account.put('/contacts/v3/import', { contacts });
      account.advance(60_000);
      return `/contacts/v3/import/${body.importId}`;
    },
    // An old sample: the specification requires it.
    newer: ['matchIdentifier'],
  },
  'v3-patch-by-email-data-fields': {
    arrange: async (account) => {
      await account.field('AGE', 'Numeric');
      await account.contact('test@example.com');
    },
    body: { identifiers: { email: 'test@example.com' }, dataFields: { FIRSTNAME: 'John', AGE: 30 }, lists: [1] },
  },
};

/** Outside of what the product does and may ask for. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'live-template-create-blank-fields': 'templates are no part of the product',
  'v2-sample-campaign-copy': 'campaigns are only read',
  'v2-sample-campaign-update': 'campaigns are only read',
};
