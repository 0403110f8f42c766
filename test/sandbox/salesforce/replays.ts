/**
 * How each recorded exchange is repeated against an org of the sandbox: what must be there first, and
 * the comparable request with the org's own ids in it.
 */
import { Org, person } from './org.ts';
import type { Body, Loose, OrgAnswer } from './org.ts';

export interface Recording {
  readonly request: { method: string; path: string; query?: string; body?: Loose };
  readonly response: { status: number; headers: Record<string, string>; body: Loose };
}

/** Prepares the org, sends the comparable request and answers what came back. */
type Replay = (org: Org, recording: Recording) => OrgAnswer;

/** Versions below 31 are retired by now; these are replayed in one that is served. */
export function versionOf(recording: Recording): string {
  const version = /\/v(\d+)\.0\//.exec(recording.request.path)?.[1] ?? '62';
  return Number(version) < 41 ? '62.0' : `${version}.0`;
}

function send(org: Org, recording: Recording, resource: string, body?: unknown, method = recording.request.method): OrgAnswer {
  return org.send(method, `/services/data/v${versionOf(recording)}/${resource}`, body);
}

const q = (soql: string): string => `query?q=${encodeURIComponent(soql)}`;

/** The query of a recording; some recorders encoded it twice. */
function recordedQuery(recording: Recording): string {
  const once = new URLSearchParams(recording.request.query).get('q') ?? '';
  return once.includes('%') ? decodeURIComponent(once) : once;
}

function runRecorded(org: Org, recording: Recording, soql = recordedQuery(recording)): OrgAnswer {
  return send(
    org,
    recording,
    `${recording.request.path.includes('queryAll') ? 'queryAll' : 'query'}?q=${encodeURIComponent(soql)}`,
  );
}

const contactFields = { LastName: 'Senoner' };
const contact = (org: Org, fields: Body = {}): string => org.create('Contact', { ...contactFields, ...fields });

/** Records of a recording with ids of this org in place of the recorded ones. */
function ownIds(org: Org, records: readonly Body[]): Body[] {
  return records.map((record) => {
    const own: Body = {};
    for (const [key, value] of Object.entries(record)) {
      if (key.toLowerCase() === 'id' && value !== null) own[key] = contact(org);
      else if (key === 'AccountId') own[key] = org.create('Account', { Name: 'A' });
      else own[key] = value;
    }
    return own;
  });
}

function bulkJob(org: Org, recording: Recording, operation: string, object = 'Account'): string {
  const key = operation === 'upsert' ? { externalIdFieldName: 'Id' } : {};
  return send(org, recording, 'jobs/ingest', { object, operation, contentType: 'CSV', lineEnding: 'LF', ...key }, 'POST').body.id;
}

function upload(org: Org, recording: Recording, id: string, csv: string): void {
  send(org, recording, `jobs/ingest/${id}/batches`, csv, 'PUT');
  send(org, recording, `jobs/ingest/${id}`, { state: 'UploadComplete' }, 'PATCH');
  org.advance(60_000);
}

function queryJob(org: Org, recording: Recording): string {
  const id = send(org, recording, 'jobs/query', { operation: 'query', query: 'SELECT Id, Name, Phone FROM Account' }, 'POST').body
    .id;
  org.advance(60_000);
  return id;
}

const closeJob =
  (operation: string): Replay =>
  (org, recording) =>
    send(org, recording, `jobs/ingest/${bulkJob(org, recording, operation)}`, { state: 'UploadComplete' });

const openJob: Replay = (org, recording) => {
  if (recording.request.body.externalIdFieldName !== undefined) {
    org.customField('Opportunity.external_id__c', { type: 'Text', label: 'Ext', length: 36, externalId: true, unique: true });
  }
  return send(org, recording, 'jobs/ingest', recording.request.body);
};

const upsertRecorded =
  (resource: string): Replay =>
  (org, recording) =>
    send(org, recording, resource, { ...recording.request.body, records: ownIds(org, recording.request.body.records) });

const asRecorded: Replay = (org, { request }) => {
  const path = request.path.replace(/\/v(?:2\d|3\d)\.0\//, '/v62.0/');
  return org.send(request.method, request.query === undefined ? path : `${path}?${request.query}`, request.body);
};

export const REPLAYS: Record<string, Replay> = {
  'delete-composite-sobjects-200-17b9': (org, recording) => {
    const ids = ['A', 'B'].map((Name) => org.create('Account', { Name }));
    return send(org, recording, `composite/sobjects?allOrNone=false&ids=${ids.join('%2C')}&sObjectName=Account`);
  },
  'delete-sobjects-customobjectdetail-c-id-404-entity-is-deleted-01de': (org, recording) => {
    const id = contact(org);
    send(org, recording, `sobjects/Contact/${id}`);
    return send(org, recording, `sobjects/Contact/${id}`);
  },
  'get-jobs-ingest-id-200-insert-jobcomplete-5-70e9': (org, recording) => {
    const id = bulkJob(org, recording, 'insert', 'Case');
    upload(org, recording, id, 'Subject,Priority\nA,High\nB,Low\n');
    return send(org, recording, `jobs/ingest/${id}`);
  },
  'get-jobs-ingest-id-200-insert-open-2-530b': (org, recording) => {
    const id = bulkJob(org, recording, 'insert', 'Case');
    send(org, recording, `jobs/ingest/${id}/batches`, 'Subject,Priority\nA,High\n', 'PUT');
    return send(org, recording, `jobs/ingest/${id}`);
  },
  'get-jobs-ingest-id-200-jobcomplete-4dcd': (org, recording) => {
    const id = bulkJob(org, recording, 'update');
    upload(org, recording, id, `Id,Phone\n${org.create('Account', { Name: 'A' })},1\n`);
    return send(org, recording, `jobs/ingest/${id}`);
  },
  'get-jobs-ingest-id-failedresults-200-none-8751': (org, recording) => {
    const id = bulkJob(org, recording, 'update');
    upload(org, recording, id, `Id,Phone\n${org.create('Account', { Name: 'A' })},1\n`);
    return send(org, recording, `jobs/ingest/${id}/failedResults`);
  },
  'get-jobs-ingest-id-unprocessedrecords-200-none-insert-31d8': (org, recording) => {
    const id = bulkJob(org, recording, 'insert', 'Case');
    upload(org, recording, id, 'Subject,Priority\nA,High\n');
    return send(org, recording, `jobs/ingest/${id}/unprocessedrecords`);
  },
  'get-jobs-query-200-list-c8d9': (org, recording) => {
    queryJob(org, recording);
    return send(org, recording, 'jobs/query');
  },
  'get-jobs-query-id-200-jobcomplete-110-2685': (org, recording) =>
    send(org, recording, `jobs/query/${queryJob(org, recording)}`),
  'get-jobs-query-id-results-200-csv-5bfe': (org, recording) =>
    send(org, recording, `jobs/query/${queryJob(org, recording)}/results`),
  'get-limits-recordcount-200-2c0c': (org, recording) => send(org, recording, 'limits/recordCount?sObjects=Case'),
  'get-query-200-empty-9be3': (org, recording) => {
    org.customField('Contact.float_field__c', { type: 'Number', label: 'Float', precision: 18, scale: 2 });
    return runRecorded(org, recording);
  },
  'get-query-200-empty-account-a5a5': (_org, recording) => runRecorded(new Org([]), recording),
  'get-query-200-empty-contact-3d64': (org, recording) => runRecorded(org, recording),
  'get-query-200-empty-customobjectdetail-c-1867': (org, recording) =>
    send(
      org,
      recording,
      q("SELECT Id, SystemModstamp, LastModifiedById, Name FROM Account WHERE ParentId = 'a001a000002zhZtAAI'"),
    ),
  'get-query-200-rows-a383': (org, recording) => {
    org.create('Lead', { LastName: 'Brian', Company: 'Demo', Email: 'leadbrian@demo.com' });
    return runRecorded(org, recording);
  },
  'get-query-200-rows-case-b8e0': (org, recording) => {
    org.create('Case', { Subject: 'A', Status: 'Closed', Origin: 'Phone', ContactId: contact(org) });
    return runRecorded(org, recording);
  },
  'get-query-200-rows-contact-c6ed': (org, recording) => runRecorded(org, recording),
  'get-query-200-rows-customobject-c-1b63': (org, recording) =>
    send(
      org,
      recording,
      q("SELECT Id, AccountNumber, SystemModstamp, LastModifiedById FROM Account WHERE Name LIKE 'Company%' LIMIT 1"),
    ),
  'get-query-200-rows-customobjectdetail-c-381f': (org, recording) => {
    const id = org.create('Account', { Name: 'Detail', ParentId: org.create('Account', { Name: 'Parent' }) });
    return send(org, recording, q(`SELECT Id, SystemModstamp, LastModifiedById, Name, ParentId FROM Account WHERE Id = '${id}'`));
  },
  'get-query-400-invalid-type-b08c': asRecorded,
  'get-query-locator-200-ab9d': (_org, recording) => {
    const many = new Org(Array.from({ length: 450 }, (_, number) => person(number)));
    const soql = 'SELECT Id, Name, Description, LastModifiedDate, CreatedDate FROM Contact';
    const first = many.data('GET', q(soql), undefined, { headers: { 'sforce-query-options': 'batchSize=250' } });
    return many.send('GET', first.body.nextRecordsUrl.replace('62.0', versionOf(recording)));
  },
  'get-queryall-200-rows-account-d233': (org, recording) => runRecorded(org, recording),
  'get-sobjects-account-200-f5ec': asRecorded,
  'get-sobjects-account-id-200-94c2': (org, recording) =>
    send(org, recording, `sobjects/Account/${org.create('Account', { Name: 'Edge' })}`),
  'get-sobjects-contact-id-200-c41e': (org, recording) => send(org, recording, `sobjects/Contact/${contact(org)}`),
  'get-sobjects-contact-id-200-e662': (org, recording) => send(org, recording, `sobjects/Contact/${contact(org)}`),
  'get-sobjects-contact-id-404-not-found-86b5': (org, recording) => {
    const id = contact(org);
    send(org, recording, `sobjects/Contact/${id}`, undefined, 'DELETE');
    return send(org, recording, `sobjects/Contact/${id}`);
  },
  'get-sobjects-lead-id-404-not-found-a605': asRecorded,
  'get-sobjects-x-ext-404-not-found-61e8': (org, recording) => send(org, recording, 'sobjects/Contact/23foo/x'),
  'get-sobjects-x-updated-200-e665': (org, recording) => {
    contact(org);
    const [start, end] = [org.nowMs - 600_000, org.nowMs + 600_000].map((ms) =>
      encodeURIComponent(new Date(ms).toISOString().replace('Z', '+00:00')),
    );
    return send(org, recording, `sobjects/Contact/updated/?start=${start}&end=${end}`);
  },
  'patch-composite-sobjects-200-allornone-invalid-field-5270': upsertRecorded('composite/sobjects'),
  'patch-composite-sobjects-200-cannot-update-converted-lead-4e0a': (org, recording) => {
    const id = org.create('Lead', { LastName: 'Unter', Company: 'ConvertedCorp' });
    const xml = `<e:Envelope><e:Header><SessionHeader><sessionId>${org.token}</sessionId></SessionHeader></e:Header><e:Body><convertLead><leadConverts><leadId>${id}</leadId><convertedStatus>Closed - Converted</convertedStatus></leadConverts></convertLead></e:Body></e:Envelope>`;
    org.send('POST', '/services/Soap/u/62.0', xml);
    const [record] = recording.request.body.records as Body[];
    return send(org, recording, 'composite/sobjects', { ...recording.request.body, records: [{ ...record, id }] });
  },
  'patch-composite-sobjects-200-invalid-email-address-4035': (org, recording) => {
    org.customField('Contact.email_field__c', { type: 'Email', label: 'email field' });
    return upsertRecorded('composite/sobjects')(org, recording);
  },
  'patch-composite-sobjects-200-missing-argument-no-id-7fbc': asRecorded,
  'patch-composite-sobjects-account-id-200-json-parser-error-6020': asRecorded,
  'patch-composite-sobjects-contact-email-200-0ee8': (org, recording) => {
    for (const Email of ['michael.bluth@example.com', 'gob.bluth@example.com', 'lindsay.bluth@example.com'])
      contact(org, { Email });
    return asRecorded(org, recording);
  },
  'patch-composite-sobjects-contact-id-200-5d50': upsertRecorded('composite/sobjects/Contact/Id'),
  'patch-composite-sobjects-contact-id-200-db12': upsertRecorded('composite/sobjects/Contact/Id'),
  'patch-composite-sobjects-opportunity-id-200-8af0': asRecorded,
  'patch-jobs-ingest-id-200-delete-uploadcomplete-f73d': closeJob('delete'),
  'patch-jobs-ingest-id-200-insert-uploadcomplete-d31e': closeJob('insert'),
  'patch-jobs-ingest-id-200-uploadcomplete-ea6d': closeJob('update'),
  'patch-jobs-ingest-id-200-upsert-uploadcomplete-6e1e': closeJob('upsert'),
  'patch-sobjects-account-id-204-c1f7': (org, recording) =>
    send(org, recording, `sobjects/Account/${org.create('Account', { Name: 'A' })}`, recording.request.body),
  'patch-sobjects-account-id-id-200-9694': (org, recording) =>
    send(org, recording, `sobjects/Account/Id/${org.create('Account', { Name: 'A' })}?updateOnly=true`, recording.request.body),
  'patch-sobjects-contact-email-extval-201-12bc': asRecorded,
  'patch-sobjects-contact-ext-300-multiple-b86f': (org, recording) => {
    for (const Email of ['twice@example.com', 'twice@example.com']) contact(org, { Email });
    return send(org, recording, 'sobjects/Contact/Email/twice%40example.com', { LastName: 'Senoner' });
  },
  'patch-sobjects-contact-id-400-insufficient-access-cross-reference-60e5': (org, recording) =>
    send(org, recording, `sobjects/Contact/${contact(org)}`, { AccountId: '0018M000003uKweQAE' }),
  'patch-sobjects-contact-id-400-invalid-field-for-insert-update-2f6d': (org, recording) =>
    send(org, recording, `sobjects/Contact/${contact(org)}`, recording.request.body),
  'patch-sobjects-x-ext-404-not-found-2a3e': (org, recording) =>
    send(org, recording, 'sobjects/Contact/Namez/x', recording.request.body),
  'post-composite-200-d28f': (_org, recording) => asRecorded(new Org([]), recording),
  'post-composite-200-invalid-type-c305': asRecorded,
  'post-composite-200-not-found-c0cc': asRecorded,
  'post-composite-200-processing-halted-1b09': (org, recording) => {
    const compositeRequest = [
      {
        method: 'PATCH',
        url: `/services/data/v60.0/sobjects/Contact/${contact(org)}`,
        referenceId: 'item1',
        body: { Title: 'A' },
      },
      {
        method: 'PATCH',
        url: `/services/data/v60.0/sobjects/Contact/${contact(org)}`,
        referenceId: 'item2',
        body: { Phone: '1'.repeat(41) },
      },
    ];
    return send(org, recording, 'composite', { allOrNone: true, compositeRequest });
  },
  'post-composite-graph-200-ca4c': asRecorded,
  'post-composite-sobjects-200-8a92': asRecorded,
  'post-composite-sobjects-200-allornone-rolled-back-83e1': asRecorded,
  'post-composite-sobjects-200-required-field-missing-48ca': asRecorded,
  'post-composite-sobjects-200-two-contacts-3f5d': asRecorded,
  'post-jobs-ingest-200-delete-9359': openJob,
  'post-jobs-ingest-200-insert-9f93': openJob,
  'post-jobs-ingest-200-update-1c3b': openJob,
  'post-jobs-ingest-200-upsert-81df': openJob,
  'post-jobs-query-200-7288': asRecorded,
  'post-jobs-query-200-account-9aa0': asRecorded,
  'post-oauth2-token-200-f494': (org) =>
    org.send(
      'POST',
      '/services/oauth2/token',
      'grant_type=password&client_id=sandbox&client_secret=sandbox&username=admin%40example.com&password=sandboxTOKEN',
    ),
  'post-oauth2-token-400-invalid-grant-password-5d41': (org) =>
    org.send(
      'POST',
      '/services/oauth2/token',
      'grant_type=password&client_id=sandbox&client_secret=sandbox&username=u&password=p',
    ),
  'post-oauth2-token-400-invalid-grant-refresh-c694': (org) =>
    org.send('POST', '/services/oauth2/token', 'grant_type=refresh_token&refresh_token=x&client_id=sandbox'),
  'post-sobjects-400-json-parser-error-datetime-fa85': (org, recording) => {
    org.customField('Account.When__c', { type: 'DateTime', label: 'When' });
    return send(org, recording, 'sobjects/Account', { Name: 'A', When__c: '2013-08-12T15:20:00+0000' }, 'POST');
  },
  'post-sobjects-account-201-9a54': asRecorded,
  'post-sobjects-account-400-invalid-field-ba7d': asRecorded,
  'post-sobjects-account-400-required-field-missing-1c3e': asRecorded,
  'post-sobjects-contact-201-b562': asRecorded,
  'post-sobjects-contact-400-duplicates-detected-b818': (org, recording) => {
    org.sandbox.settings.duplicateRule = 'alert';
    const twin = { FirstName: 'Mara', LastName: 'Zanon', Email: 'mara@example.com' };
    contact(org, twin);
    return send(org, recording, 'sobjects/Contact', twin);
  },
  'post-sobjects-contact-400-invalid-email-address-a3b4': asRecorded,
  'post-sobjects-contact-400-restricted-picklist-f5f2': (org, recording) => {
    const value = [{ fullName: 'Nurse', default: false, label: 'Nurse' }];
    const valueSet = { restricted: true, valueSetDefinition: { sorted: false, value } };
    org.customField('Contact.Job_Category__c', { type: 'Picklist', label: 'Job Category', valueSet });
    return asRecorded(org, recording);
  },
  'post-sobjects-customobject-c-201-a331': (org, recording) => send(org, recording, 'sobjects/Account', recording.request.body),
  'post-sobjects-lead-400-duplicate-value-aeb5': (org, recording) => {
    org.customField('Lead.Connect_Project_Id__c', { type: 'Text', label: 'Project', length: 20, unique: true });
    const lead = { LastName: 'L', Company: 'C', Connect_Project_Id__c: 'p-1' };
    org.create('Lead', lead);
    return send(org, recording, 'sobjects/Lead', lead);
  },
  'post-sobjects-permissionsetassignment-400-duplicate-value-46fd': (org, recording) => {
    const assignment = { AssigneeId: org.userId(), PermissionSetId: org.create('PermissionSet', { Name: 'P', Label: 'P' }) };
    org.create('PermissionSetAssignment', assignment);
    return send(org, recording, 'sobjects/PermissionSetAssignment', assignment);
  },
  'post-sobjects-pushtopic-400-string-too-long-8ca8': (org, recording) =>
    send(org, recording, 'sobjects/Contact', { LastName: 'L', FirstName: 'F'.repeat(41) }),
};

export const DESCRIBES = [
  'get-sobjects-account-describe-200-1bbf',
  'get-sobjects-account-describe-200-6f29',
  'get-sobjects-account-describe-200-d503',
  'get-sobjects-campaign-describe-200-22d9',
  'get-sobjects-contact-describe-200-2f34',
  'get-sobjects-contact-describe-200-4395',
  'get-sobjects-opportunitycontactrole-describe-200-e3bb',
];

export const NOT_REPLAYED: Record<string, string> = {
  'get-sobjects-customobjectdetail-c-describe-200-146b':
    'of 2015, in version 29, which is retired; custom objects cannot be made here',
  'patch-sobjects-contact-id-400-unable-to-lock-row-c115':
    'a lock comes from the `partial` fault, which fails single calls with 503',
  'post-sobjects-account-400-duplicates-detected-08c2': "the org's own rule on accounts; the contact's standard rule is replayed",
};
