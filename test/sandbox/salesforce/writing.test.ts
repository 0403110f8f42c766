import { describe, expect, test } from 'vitest';
import { EXTERNAL_ID, Org, person } from './org.ts';
import type { Body } from './org.ts';

function refusalOf(org: Org, object: string, fields: Body): Body {
  const { status, body } = org.data('POST', `sobjects/${object}`, fields);
  return { status, ...body[0] };
}

describe('values are checked by their type', () => {
  test.each<[string, Body, Body]>([
    ['a text that is too long', { LastName: 'L', Title: 't'.repeat(129) }, { errorCode: 'STRING_TOO_LONG', fields: ['Title'] }],
    ['an address without domain', { LastName: 'L', Email: 'a@b' }, { errorCode: 'INVALID_EMAIL_ADDRESS', fields: ['Email'] }],
    ['a day that does not exist', { LastName: 'L', Birthdate: '2026-02-30' }, { errorCode: 'JSON_PARSER_ERROR' }],
    ['a boolean that is none', { LastName: 'L', DoNotCall: 'perhaps' }, { errorCode: 'JSON_PARSER_ERROR' }],
    ['a list for a text', { LastName: ['L'] }, { errorCode: 'JSON_PARSER_ERROR' }],
    ['an id that is none', { LastName: 'L', AccountId: 'x' }, { errorCode: 'MALFORMED_ID' }],
    ['an id of another object', { LastName: 'L', AccountId: '005Sb0000000001IAA' }, { errorCode: 'FIELD_INTEGRITY_EXCEPTION' }],
    ['an own id', { LastName: 'L', Id: '003Sb0000000001IAA' }, { errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }],
    ['a stamp', { LastName: 'L', SystemModstamp: '2026-01-01T00:00:00Z' }, { errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }],
    ['a restricted value', { LastName: 'L', CleanStatus: 'Dirty' }, { errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST' }],
    ['a missing name', { LastName: null }, { errorCode: 'REQUIRED_FIELD_MISSING', fields: ['LastName'] }],
  ])('%s is refused', (_what, fields, expected) => {
    expect(refusalOf(new Org(), 'Contact', fields)).toMatchObject({ status: 400, ...expected });
  });

  test('a parser error names the place of the value', () => {
    const answer = new Org().data('POST', 'sobjects/Contact', '{"LastName":"L","Birthdate":"soon"}');
    const message = 'Cannot deserialize instance of date from VALUE_STRING value soon at [line:1, column:29]';
    expect(answer.body).toEqual([{ message, errorCode: 'JSON_PARSER_ERROR' }]);
    expect(new Org().data('POST', 'sobjects/Contact', '{"LastName" j}').body[0].errorCode).toBe('JSON_PARSER_ERROR');
  });

  test('what is stored is what Salesforce reads back', () => {
    const org = new Org();
    org.customField('Contact.Score__c', { type: 'Number', label: 'Score', precision: 6, scale: 2 });
    org.customField('Contact.Likes__c', {
      type: 'MultiselectPicklist',
      label: 'Likes',
      visibleLines: 4,
      valueSet: { restricted: false, valueSetDefinition: { value: [{ fullName: 'a' }, { fullName: 'b' }, { fullName: 'c' }] } },
    });
    org.customField('Contact.Seen__c', { type: 'DateTime', label: 'Seen' });
    const id = org.create('contact', {
      lastname: ' Łódź 😀\n"x" ',
      EMAIL: 'Mixed@Example.com',
      Phone: '',
      Birthdate: '1980-02-29T23:30:00Z',
      LeadSource: 'web',
      donotcall: 'true',
      Score__c: '12.345',
      Likes__c: 'c;a;x',
      Seen__c: '2026-01-31T10:15:08+01:00',
    });
    expect(org.data('GET', `sobjects/Contact/${id.slice(0, 15)}`).body).toMatchObject({
      Id: id,
      LastName: ' Łódź 😀\n"x" ',
      Email: 'Mixed@Example.com',
      Phone: null,
      Birthdate: '1980-02-29',
      LeadSource: 'Web',
      DoNotCall: true,
      HasOptedOutOfEmail: false,
      Score__c: 12.35,
      Likes__c: 'a;c;x',
      Seen__c: '2026-01-31T09:15:08.000+0000',
      CreatedDate: '2026-11-22T09:15:08.000+0000',
      SystemModstamp: '2026-11-22T09:15:08.000+0000',
      OwnerId: org.userId(),
    });
    org.data('PATCH', `sobjects/Contact/${id}`, { Score__c: null, Email: '' });
    expect(org.data('GET', `sobjects/Contact/${id}?fields=score__C,Email`).body).toMatchObject({ Score__c: null, Email: null });
    expect(refusalOf(org, 'Contact', { LastName: 'L', Score__c: 10_000 })).toMatchObject({
      errorCode: 'NUMBER_OUTSIDE_VALID_RANGE',
    });
  });
});

describe('stamps', () => {
  test('a write moves them even where no value changes; a parent leaves its children alone', () => {
    const org = new Org();
    const [contact] = org.rows('SELECT Id, AccountId, SystemModstamp FROM Contact LIMIT 1');
    org.advance(5_000);
    org.data('PATCH', `sobjects/Account/${contact?.['AccountId']}`, { Name: 'Renamed' });
    const [after] = org.rows(`SELECT SystemModstamp, Account.Name FROM Contact WHERE Id = '${contact?.['Id']}'`);
    expect(after).toMatchObject({ SystemModstamp: contact?.['SystemModstamp'], Account: { Name: 'Renamed' } });
    org.data('PATCH', `sobjects/Contact/${contact?.['Id']}`, {});
    const [touched] = org.rows(`SELECT SystemModstamp, LastModifiedDate FROM Contact WHERE Id = '${contact?.['Id']}'`);
    expect(touched).toMatchObject({
      SystemModstamp: '2026-11-22T09:15:13.000+0000',
      LastModifiedDate: '2026-11-22T09:15:13.000+0000',
    });
  });

  test('a bounce moves only the system stamp, and another address clears it', () => {
    const org = new Org();
    const [contact] = org.rows('SELECT Id, LastModifiedDate FROM Contact LIMIT 1');
    org.sandbox.bounce('Contact', contact?.['Id'], 'mailbox full');
    const read = (): Body | undefined =>
      org.rows(`SELECT IsEmailBounced, EmailBouncedReason, LastModifiedDate FROM Contact WHERE Id = '${contact?.['Id']}'`)[0];
    expect(read()).toMatchObject({
      IsEmailBounced: true,
      EmailBouncedReason: 'mailbox full',
      LastModifiedDate: contact?.['LastModifiedDate'],
    });
    org.data('PATCH', `sobjects/Contact/${contact?.['Id']}`, { Email: 'other@example.com' });
    expect(read()).toMatchObject({ IsEmailBounced: false, EmailBouncedReason: null });
  });

  test('a late write is stamped now and seen later', () => {
    const org = new Org();
    org.sandbox.settings.lateVisibilityMs = 30_000;
    const [contact] = org.rows('SELECT Id, FirstName FROM Contact LIMIT 1');
    org.data('PATCH', `sobjects/Contact/${contact?.['Id']}`, { FirstName: 'Late', Email: 'late@example.com' });
    const id = org.create('Contact', { LastName: 'Later', Email: 'later@example.com' });
    const visible = (): unknown[] => [
      org.rows(`SELECT FirstName FROM Contact WHERE Id = '${contact?.['Id']}'`)[0]?.['FirstName'],
      org.rows("SELECT Id FROM Contact WHERE Email IN ('late@example.com', 'later@example.com')").length,
      org.data('GET', `sobjects/Contact/${id}`).status,
      org.dump('Contact').filter((row) => row['FirstName'] === 'Late').length,
    ];
    expect(visible()).toEqual([contact?.['FirstName'], 0, 404, 1]);
    const span = `start=2026-11-22T09:00:00Z&end=2026-11-22T10:00:00Z`;
    org.advance(10_000);
    expect(org.data('GET', `sobjects/Contact/updated?${span}`).body).toEqual({
      ids: [],
      latestDateCovered: '2026-11-22T09:15:08.000+0000',
    });
    org.advance(20_000);
    expect(visible()).toEqual(['Late', 2, 200, 1]);
    const [row] = org.rows("SELECT SystemModstamp FROM Contact WHERE Email = 'late@example.com'");
    expect(row?.['SystemModstamp']).toBe('2026-11-22T09:15:08.000+0000');
  });
});

describe('deleting', () => {
  test('an account takes its contacts into the bin, which empties after 15 days', () => {
    const org = new Org();
    const [account] = org.rows("SELECT Id FROM Account WHERE Name = 'Company 1'");
    expect(org.data('DELETE', `sobjects/Account/${account?.['Id']}`)).toMatchObject({ status: 204, writes: 1 });
    expect(org.rows("SELECT Id FROM Contact WHERE LastName = 'Last 1'")).toEqual([]);
    const all = (): Body[] =>
      org.data('GET', `queryAll?q=${encodeURIComponent('SELECT Id FROM Contact WHERE IsDeleted = true')}`).body.records;
    expect(all()).toHaveLength(1);
    expect(org.dump('Contact').filter((row) => row['IsDeleted'] === true)).toHaveLength(1);
    org.advance(16 * 86_400_000);
    org.login();
    expect(all()).toEqual([]);
  });

  test('a merged record names its master, chains included, and cannot be written', () => {
    const org = new Org([1, 2, 3].map((number) => person(number)));
    const [one, two, three] = org.rows('SELECT Id FROM Contact').map((row) => String(row['Id']));
    org.sandbox.merge('Contact', [two ?? '', one ?? '']);
    org.sandbox.merge('Contact', [three ?? '', two ?? '']);
    const rows = org.data('GET', `queryAll?q=${encodeURIComponent('SELECT Id, IsDeleted, MasterRecordId FROM Contact')}`).body
      .records;
    expect(rows).toMatchObject([
      { IsDeleted: true, MasterRecordId: two },
      { IsDeleted: true, MasterRecordId: three },
      { IsDeleted: false, MasterRecordId: null },
    ]);
    expect(org.data('PATCH', `sobjects/Contact/${one}`, { Title: 'x' })).toMatchObject({
      status: 404,
      body: [{ errorCode: 'ENTITY_IS_DELETED' }],
    });
    org.sandbox.undelete('Contact', one ?? '');
    expect(org.data('GET', `sobjects/Contact/${one}`).body).toMatchObject({ IsDeleted: false, MasterRecordId: null });
  });
});

describe('keys', () => {
  test('an external id matches without regard to case, may not repeat, and several matches are told', () => {
    const org = new Org();
    org.customField('Contact.Ext__c', EXTERNAL_ID);
    org.customField('Contact.Loose__c', { type: 'Text', label: 'Loose', length: 20, externalId: true });
    const first = org.data('PATCH', 'sobjects/Contact/Ext__c/Key%2F1', { LastName: 'One' });
    expect(first).toMatchObject({ status: 201, body: { success: true, created: true } });
    const again = org.data('PATCH', 'sobjects/Contact/ext__c/KEY%2F1', { FirstName: 'F' });
    expect(again).toMatchObject({ status: 200, body: { id: first.body.id, created: false } });
    const older = org.send('PATCH', '/services/data/v45.0/sobjects/Contact/Ext__c/key%2F1', { FirstName: 'F' });
    expect([older.status, older.body]).toEqual([204, null]);
    const message = `duplicate value found: Ext__c duplicates value on record with id: ${first.body.id.slice(0, 15)}`;
    expect(refusalOf(org, 'Contact', { LastName: 'Two', Ext__c: 'KEY/1' })).toMatchObject({
      errorCode: 'DUPLICATE_VALUE',
      message,
      fields: [],
    });
    org.data('DELETE', `sobjects/Contact/${first.body.id}`);
    expect(org.data('PATCH', 'sobjects/Contact/Ext__c/key%2F1', { LastName: 'New' }).status).toBe(201);
    for (const LastName of ['A', 'B']) org.create('Contact', { LastName, Loose__c: 'same' });
    const several = org.data('GET', 'sobjects/Contact/Loose__c/SAME');
    expect(several.status).toBe(300);
    expect(several.body).toHaveLength(2);
    expect(org.data('PATCH', 'sobjects/Contact/Title/x', { LastName: 'L' })).toMatchObject({
      status: 404,
      body: [{ errorCode: 'NOT_FOUND' }],
    });
    expect(org.data('PATCH', 'sobjects/Contact/Ext__c/n?updateOnly=true', { LastName: 'L' }).status).toBe(404);
    expect(org.data('PATCH', 'sobjects/Contact/Ext__c/n', { LastName: 'L', Ext__c: 'n' }).status).toBe(400);
  });

  test('a parent may be named by its own key', () => {
    const org = new Org();
    org.customField('Account.AccExt__c', EXTERNAL_ID);
    const AccountId = org.create('Account', { Name: 'Keyed', AccExt__c: 'a-1' });
    const id = org.create('Contact', { LastName: 'L', Account: { AccExt__c: 'A-1' } });
    expect(org.rows(`SELECT AccountId FROM Contact WHERE Id = '${id}'`)[0]).toMatchObject({ AccountId });
    expect(refusalOf(org, 'Contact', { LastName: 'L', Account: { AccExt__c: 'none' } })).toMatchObject({
      errorCode: 'INVALID_FIELD',
    });
  });
});

describe('collections', () => {
  const contact = (fields: Body): Body => ({ attributes: { type: 'Contact' }, ...fields });

  test('refuse too many records, none, and repeat keys one by one', () => {
    const org = new Org();
    const many = Array.from({ length: 201 }, (_, number) => contact({ LastName: `${number}` }));
    expect(org.data('POST', 'composite/sobjects', { records: many }).body[0].errorCode).toBe('EXCEEDED_ID_LIMIT');
    const none = [{ message: 'At least 1 record is required', errorCode: 'REQUIRED_FIELD_MISSING' }];
    expect(org.data('POST', 'composite/sobjects', { records: [] })).toMatchObject({ status: 400, body: none });
    const twice = [contact({ Email: 'x@example.com', LastName: 'A' }), contact({ LastName: 'B', email: 'X@example.com' })];
    const { body } = org.data('PATCH', 'composite/sobjects/Contact/Email', { records: twice });
    expect(body.map((row: Body) => row['errors'][0].statusCode)).toEqual(['DUPLICATE_VALUE', 'DUPLICATE_VALUE']);
  });

  test('all or none leaves nothing behind, in rows, keys and permissions', () => {
    const org = new Org();
    org.customField('Contact.Ext__c', EXTERNAL_ID);
    const before = org.dump('Contact').length;
    const records = [contact({ LastName: 'A', Ext__c: 'k' }), contact({ FirstName: 'B' })];
    const { body } = org.data('POST', 'composite/sobjects', { allOrNone: true, records });
    expect(body.map((row: Body) => row['errors'][0].statusCode)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'REQUIRED_FIELD_MISSING',
    ]);
    expect(org.dump('Contact')).toHaveLength(before);
    expect(org.data('PATCH', 'sobjects/Contact/Ext__c/k', { LastName: 'A' }).status).toBe(201);
  });

  test('take ten runs of types at the most', () => {
    const org = new Org();
    const account = { attributes: { type: 'Account' }, Name: 'A' };
    const alternating = (runs: number): Body[] =>
      Array.from({ length: runs }, (_, run) => (run % 2 === 0 ? [account, account] : [contact({ LastName: 'L' })])).flat();
    expect(org.data('POST', 'composite/sobjects', { records: alternating(10) }).status).toBe(200);
    const before = org.dump('Contact').length;
    expect(org.data('POST', 'composite/sobjects', { records: alternating(11) }).status).toBe(400);
    expect(org.dump('Contact')).toHaveLength(before);
  });

  test('a partial fault locks every second record, and a call for one record is unavailable', () => {
    const org = new Org();
    const records = ['A', 'B', 'C'].map((LastName) => contact({ LastName }));
    const { body } = org.data('POST', 'composite/sobjects', { records }, { partial: true });
    expect(body.map((row: Body) => row['errors'][0]?.statusCode ?? 'saved')).toEqual(['saved', 'UNABLE_TO_LOCK_ROW', 'saved']);
    const single = org.data('POST', 'sobjects/Contact', { LastName: 'D' }, { partial: true });
    expect(single).toMatchObject({ status: 503, writes: 1, body: [{ errorCode: 'SERVER_UNAVAILABLE' }] });
    expect(org.rows("SELECT Id FROM Contact WHERE LastName = 'D'")).toEqual([]);
  });
});

describe('composite calls', () => {
  test('use what earlier sub-requests answered, in paths and bodies', () => {
    const org = new Org();
    const base = '/services/data/v62.0';
    const compositeRequest = [
      { method: 'POST', url: `${base}/sobjects/Account/`, referenceId: 'acc', body: { Name: 'Composite' } },
      { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'con', body: { LastName: 'L', AccountId: '@{acc.id}' } },
      { method: 'GET', url: `${base}/query?q=SELECT Id, Account.Name FROM Contact WHERE Id = '@{con.id}'`, referenceId: 'read' },
      { method: 'GET', url: '@{read.nextRecordsUrl}', referenceId: 'more' },
    ];
    const { body, writes } = org.data('POST', 'composite', { compositeRequest });
    const [acc, con, read, more] = body.compositeResponse;
    expect(writes).toBe(1);
    expect(acc).toMatchObject({
      httpStatusCode: 201,
      httpHeaders: { Location: expect.stringContaining('/sobjects/Account/001') },
    });
    expect(read.body.records[0]).toMatchObject({ Id: con.body.id, Account: { Name: 'Composite' } });
    expect(more).toMatchObject({
      httpStatusCode: 400,
      body: [
        {
          errorCode: 'PROCESSING_HALTED',
          message: 'Invalid reference specified. No value for read.nextRecordsUrl found in read',
        },
      ],
    });
    expect(org.data('POST', 'composite', { compositeRequest: compositeRequest.slice(2, 3) }).writes).toBe(0);
  });

  test('hold 25 sub-requests, five of them queries or collections, each under a name', () => {
    const org = new Org();
    const requests = (urls: readonly string[], name = 'r'): Body => ({
      compositeRequest: urls.map((url, index) => ({ method: 'GET', url, referenceId: `${name}${index}` })),
    });
    const base = '/services/data/v62.0';
    const query = `${base}/query?q=SELECT Id FROM Contact LIMIT 1`;
    const limits = `${base}/limits`;
    const status = (body: Body): number => org.data('POST', 'composite', body).status;
    expect(status(requests([...Array<string>(5).fill(query), ...Array<string>(20).fill(limits)]))).toBe(200);
    expect(status(requests([...Array<string>(5).fill(query), `${base}/composite/sobjects/Contact?ids=x&fields=Id`]))).toBe(400);
    expect(status(requests([...Array<string>(5).fill(query), '@{r0.nextRecordsUrl}']))).toBe(400);
    expect(status(requests(Array<string>(26).fill(limits)))).toBe(400);
    expect(status(requests([limits], 'not-a-name'))).toBe(400);
  });

  test('an address that cannot be decoded leads nowhere', () => {
    const request = { method: 'GET', url: '/services/data/v62.0/sobjects/%zz', referenceId: 'r' };
    const { status, body } = new Org().data('POST', 'composite', { compositeRequest: [request] });
    expect([status, body.compositeResponse[0].httpStatusCode]).toEqual([200, 404]);
  });

  test('all or none of the whole outranks that of a collection in it', () => {
    const org = new Org();
    const base = '/services/data/v62.0';
    const records = [{ attributes: { type: 'Contact' }, LastName: 'Inner' }, { attributes: { type: 'Contact' } }];
    const compositeRequest = [
      { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'account', body: { Name: 'Outer' } },
      { method: 'POST', url: `${base}/composite/sobjects`, referenceId: 'contacts', body: { allOrNone: false, records } },
    ];
    const { body } = org.data('POST', 'composite', { allOrNone: true, compositeRequest });
    expect(body.compositeResponse[0]).toMatchObject({ httpStatusCode: 400, body: [{ errorCode: 'PROCESSING_HALTED' }] });
    expect(body.compositeResponse[1].body.map((row: Body) => row['errors'][0].statusCode)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'REQUIRED_FIELD_MISSING',
    ]);
    expect(org.rows("SELECT Id FROM Account WHERE Name = 'Outer'")).toEqual([]);
    expect(org.rows("SELECT Id FROM Contact WHERE LastName = 'Inner'")).toEqual([]);
  });

  test('batches are independent; trees are all or nothing', () => {
    const org = new Org();
    const batchRequests = [
      { method: 'GET', url: 'v62.0/sobjects/Nothing' },
      { method: 'POST', url: 'v62.0/sobjects/Account', richInput: { Name: 'Batch' } },
    ];
    const { body } = org.data('POST', 'composite/batch', { batchRequests });
    expect(body).toMatchObject({ hasErrors: true, results: [{ statusCode: 404 }, { statusCode: 201 }] });
    const child = { attributes: { type: 'Contact', referenceId: 'c' }, LastName: 'Child' };
    const tree = { attributes: { type: 'Account', referenceId: 'a' }, Name: 'Tree', Contacts: { records: [child] } };
    const grown = org.data('POST', 'composite/tree/Account', { records: [tree] });
    expect(grown).toMatchObject({
      status: 201,
      body: { hasErrors: false, results: [{ referenceId: 'a' }, { referenceId: 'c' }] },
    });
    expect(org.rows("SELECT Id FROM Contact WHERE Account.Name = 'Tree'")).toHaveLength(1);
    const felled = org.data('POST', 'composite/tree/Account', { records: [tree, { ...tree, Name: null }] });
    expect(felled).toMatchObject({ status: 400, body: { hasErrors: true } });
    expect(org.rows("SELECT Id FROM Account WHERE Name = 'Tree'")).toHaveLength(1);
  });

  test('a failed graph takes back its own writes only', () => {
    const org = new Org();
    const graph = (graphId: string, fields: Body[]): Body => ({
      graphId,
      compositeRequest: fields.map((body, index) => ({
        method: 'POST',
        url: '/services/data/v62.0/sobjects/Account',
        referenceId: `r${index}`,
        body,
      })),
    });
    const { body } = org.data('POST', 'composite/graph', {
      graphs: [graph('good', [{ Name: 'G' }]), graph('bad', [{ Name: 'B' }, {}])],
    });
    expect(body.graphs.map((one: Body) => one['isSuccessful'])).toEqual([true, false]);
    expect(org.rows("SELECT Name FROM Account WHERE Name IN ('G', 'B')").map((row) => row['Name'])).toEqual(['G']);
  });

  test('graphs hold records only, 500 in all, and stop after the 14th that failed', () => {
    const org = new Org();
    const url = '/services/data/v62.0/sobjects/Account';
    const graphs = (count: number, nodes: number, request: Body): Body => ({
      graphs: Array.from({ length: count }, (_, graph) => ({
        graphId: `g${graph}`,
        compositeRequest: Array.from({ length: nodes }, (_, node) => ({ ...request, referenceId: `r${node}` })),
      })),
    });
    const query = { method: 'GET', url: '/services/data/v62.0/query?q=SELECT Id FROM Contact' };
    expect(org.data('POST', 'composite/graph', graphs(1, 1, query)).status).toBe(400);
    expect(org.data('POST', 'composite/graph', graphs(2, 251, { method: 'POST', url, body: { Name: 'Many' } })).status).toBe(400);
    const { body } = org.data('POST', 'composite/graph', graphs(16, 1, { method: 'POST', url, body: {} }));
    const codes = body.graphs.map((one: Body) => one['graphResponse'].compositeResponse[0].body[0].errorCode);
    expect(codes).toEqual([...Array<string>(14).fill('REQUIRED_FIELD_MISSING'), 'PROCESSING_HALTED', 'PROCESSING_HALTED']);
  });
});
