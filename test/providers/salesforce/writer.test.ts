import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteRequest } from '../../../src/providers/provider.ts';
import { contactId, refusal, startStubOrg } from './stub-org.ts';
import type { StubOrg } from './stub-org.ts';
import { create, EXTERNAL_ID, recordsOf, refused, reported, routes, saved, sent, update, write } from './writing.ts';
import { resumed } from '../resumed.ts';

let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
  org.on('POST', '/composite/sobjects/Contact', reported);
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

describe('one batch', () => {
  beforeEach(() => {
    org.on('PATCH', '/composite/sobjects', (request) => ({ body: sent(request).map((record) => saved(String(record['id']))) }));
    org.on('PATCH', `/composite/sobjects/Contact/${EXTERNAL_ID}`, (request) => ({
      body: sent(request).map((record, index) => saved(contactId(900 + index), { created: record[EXTERNAL_ID] === 'person-1' })),
    }));
    org.on('DELETE', '/composite/sobjects', (request) => ({
      body: request.query
        .get('ids')!
        .split(',')
        .map((id) => saved(id)),
    }));
  });

  it('goes out in one call for each action and one read-back, answered in the order of the requests', async () => {
    const outcomes = await write(recordsOf(org, { externalId: EXTERNAL_ID }), [
      { action: 'delete', id: contactId(5), values: {} },
      create(1),
      update(7, { Email: 'A@X.com', LastName: ' Trimmed ' }),
      create(2),
    ]);

    expect(routes(org)).toEqual([
      'PATCH /composite/sobjects',
      `PATCH /composite/sobjects/Contact/${EXTERNAL_ID}`,
      'DELETE /composite/sobjects',
      'POST /composite/sobjects/Contact',
    ]);
    const modifiedAt = '2026-01-31T10:00:00.000Z';
    expect(outcomes).toEqual([
      { status: 'applied', id: contactId(5), created: false, record: { id: contactId(5), values: {} } },
      {
        status: 'applied',
        id: contactId(900),
        created: true,
        record: { id: contactId(900), values: { LastName: 'Trimmed' }, modifiedAt },
      },
      {
        status: 'applied',
        id: contactId(7),
        created: false,
        record: { id: contactId(7), values: { Email: 'lowered@x.com', LastName: 'Trimmed' }, modifiedAt },
      },
      {
        status: 'applied',
        id: contactId(901),
        created: false,
        record: { id: contactId(901), values: { LastName: 'Trimmed' }, modifiedAt },
      },
    ]);
  });

  it('sends only the fields given, attributes first, the key in the record, partial success allowed', async () => {
    await write(recordsOf(org, { externalId: EXTERNAL_ID }), [create(1, { LastName: 'New', Email: null }), update(7)]);
    expect(org.calls[0]!.body).toBe(
      `{"allOrNone":false,"records":[{"attributes":{"type":"Contact"},"Email":"A@x.com","id":"${contactId(7)}"}]}`,
    );
    expect(sent(org.calls[1]!)).toEqual([
      { attributes: { type: 'Contact' }, LastName: 'New', Email: null, [EXTERNAL_ID]: 'person-1' },
    ]);
    expect(JSON.parse(org.calls[2]!.body)).toEqual({
      ids: [contactId(900), contactId(7)],
      fields: ['Id', 'SystemModstamp', 'LastName', 'Email'],
    });
  });

  it('cuts at 200 a call and reads back once for 2,000', async () => {
    const client = recordsOf(org);
    const requests = Array.from({ length: client.writer.maxBatchRecords }, (_, index) => update(index));
    const outcomes = await write(client, requests);
    expect(outcomes.every((outcome, index) => outcome.status === 'applied' && outcome.id === contactId(index))).toBe(true);
    expect(org.calls).toHaveLength(11);
    expect(org.calls.slice(0, 10).every((call) => sent(call).length === 200)).toBe(true);
    expect(client.price.write([{ action: 'update', count: 2000, paths: ['Email'] }])).toBe(11);
  });

  it('names each record once, the later values on top', async () => {
    const outcomes = await write(recordsOf(org, { externalId: EXTERNAL_ID }), [
      update(7, { Email: 'first@x.com', LastName: 'Kept' }),
      update(7, { Email: 'second@x.com' }),
      create(1, { LastName: 'First' }),
      { ...create(1, { LastName: 'Second' }), externalId: 'PERSON-1' },
    ]);
    expect(sent(org.calls[0]!)).toEqual([
      { attributes: { type: 'Contact' }, Email: 'second@x.com', LastName: 'Kept', id: contactId(7) },
    ]);
    expect(sent(org.calls[1]!)).toHaveLength(1);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'applied', 'applied', 'applied']);
  });

  it('keeps a field called Type, whose name some clients take for the object', async () => {
    org.on('POST', '/composite/sobjects/Account', (request) => ({
      body: (JSON.parse(request.body) as { ids: string[] }).ids.map((id) => ({ Id: id, Type: 'Customer' })),
    }));
    const [outcome] = await write(recordsOf(org, { object: 'Account' }), [
      { action: 'update', id: '0015f00000000001AA', values: { Type: 'Customer' } },
    ]);
    expect(sent(org.calls[0]!)).toEqual([{ attributes: { type: 'Account' }, Type: 'Customer', id: '0015f00000000001AA' }]);
    expect(outcome).toMatchObject({ status: 'applied', record: { values: { Type: 'Customer' } } });
  });

  it('keeps assignment rules away from leads, and leaves duplicate rules on', async () => {
    org.on('POST', '/composite/sobjects/Lead', reported);
    await write(recordsOf(org, { object: 'Lead' }), [update(1)]);
    await write(recordsOf(org), [update(1)]);
    expect(org.calls[0]!.headers['sforce-auto-assign']).toBe('FALSE');
    expect(org.calls[2]!.headers['sforce-auto-assign']).toBeUndefined();
    expect(org.calls.every((call) => call.headers['sforce-duplicate-rule-header'] === undefined)).toBe(true);
  });

  it('answers an empty batch without a call', async () => {
    expect(await write(recordsOf(org), [])).toEqual([]);
    expect(org.calls).toEqual([]);
  });

  it('reports what was sent where it cannot be read back: the records are written all the same', async () => {
    org.on('POST', '/composite/sobjects/Contact', { status: 400, body: refusal('INVALID_FIELD', 'No such column') });
    expect(await write(recordsOf(org), [update(7)])).toEqual([
      { status: 'applied', id: contactId(7), created: false, record: { id: contactId(7), values: { Email: 'A@x.com' } } },
    ]);
  });
});

describe('refused rows', () => {
  it('carry the code that collections call statusCode, and single answers errorCode', async () => {
    org.on('PATCH', '/composite/sobjects', {
      body: [
        refused('STRING_TOO_LONG', 'First Name: data value too large (max length=40)', ['FirstName']),
        { success: false, errors: [{ errorCode: 'INVALID_EMAIL_ADDRESS', message: 'Email: invalid email address: somebody@' }] },
        saved(contactId(3)),
      ],
    });
    const outcomes = await write(recordsOf(org), [update(1), update(2), update(3)]);
    expect(outcomes).toMatchObject([
      { status: 'failed', code: 'STRING_TOO_LONG', retryable: false, fields: ['FirstName'] },
      { status: 'failed', code: 'INVALID_EMAIL_ADDRESS', retryable: false },
      { status: 'applied', id: contactId(3) },
    ]);
  });

  it('name the record that holds the key already, by its long id', async () => {
    org.on('PATCH', '/composite/sobjects', {
      body: [
        refused(
          'DUPLICATE_VALUE',
          `duplicate value found: Loyalty__c duplicates value on record with id: ${contactId(9).slice(0, 15)}`,
        ),
        {
          success: false,
          errors: [
            {
              statusCode: 'DUPLICATES_DETECTED',
              message: 'Use one of these records?',
              fields: [],
              duplicateResut: { matchResults: [{ matchRecords: [{ record: { Id: contactId(8) } }] }] },
            },
          ],
        },
        refused('DUPLICATES_DETECTED', 'Use one of these records?'),
      ],
    });
    const outcomes = await write(recordsOf(org), [update(1), update(2), update(3)]);
    expect(outcomes).toMatchObject([
      { status: 'failed', code: 'DUPLICATE_VALUE', retryable: false, duplicateOf: contactId(9) },
      { status: 'failed', code: 'DUPLICATES_DETECTED', retryable: false, duplicateOf: contactId(8) },
      { status: 'failed', code: 'DUPLICATES_DETECTED', retryable: false },
    ]);
    expect(outcomes[2]).not.toHaveProperty('duplicateOf');
    expect(org.calls).toHaveLength(1);
  });

  it('say that a record is gone, also where Salesforce words it as a bad lookup', async () => {
    org.on('PATCH', '/composite/sobjects', {
      body: [
        refused('ENTITY_IS_DELETED', 'entity is deleted'),
        refused('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'),
        refused('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'),
        refused('INVALID_CROSS_REFERENCE_KEY', 'Account ID: id value of incorrect type', ['AccountId']),
      ],
    });
    org.on('POST', '/composite/sobjects/Contact', { body: [null, { Id: contactId(3) }] });
    const outcomes = await write(recordsOf(org), [update(1), update(2), update(3), update(4)]);
    expect(outcomes.map((outcome) => outcome.status === 'failed' && outcome.gone === true)).toEqual([true, true, false, false]);
  });

  it('count as deleted where the record is deleted already', async () => {
    org.on('DELETE', '/composite/sobjects', { body: [refused('ENTITY_IS_DELETED', 'entity is deleted')] });
    expect(await write(recordsOf(org), [{ action: 'delete', id: contactId(1), values: {} }])).toMatchObject([
      { status: 'applied', id: contactId(1) },
    ]);
  });

  it('never print a mail address of the vendor’s words', async () => {
    org.on('PATCH', '/composite/sobjects', {
      body: [refused('INVALID_EMAIL_ADDRESS', 'Email: invalid email address: jane.doe@example.com')],
    });
    expect(JSON.stringify(await write(recordsOf(org), [update(1)]))).not.toContain('jane.doe');
  });
});

describe('traits and prices', () => {
  it('say whether a repeated create finds the record made before', () => {
    expect(recordsOf(org).writer).toEqual({
      maxBatchRecords: 2000,
      callRecords: 200,
      requiredOnCreate: ['LastName'],
      createIsUpsert: false,
    });
    expect(recordsOf(org, { externalId: EXTERNAL_ID }).writer.createIsUpsert).toBe(true);
  });

  it('cost what a batch of that shape sends', async () => {
    org.on('PATCH', '/composite/sobjects', (request) => ({ body: sent(request).map((record) => saved(String(record['id']))) }));
    org.on('POST', '/composite/sobjects', (request) => ({ body: sent(request).map((_, index) => saved(contactId(index))) }));
    org.on('DELETE', '/composite/sobjects', (request) => ({
      body: request.query
        .get('ids')!
        .split(',')
        .map((id) => saved(id)),
    }));
    const client = recordsOf(org);
    const counts = { create: 250, update: 401, delete: 1 } as const;
    const requests = [
      ...Array.from({ length: counts.create }, (): WriteRequest => ({ action: 'create', values: { LastName: 'New' } })),
      ...Array.from({ length: counts.update }, (_, index) => update(index)),
      { action: 'delete', id: contactId(9999), values: {} } as const,
    ];

    await write(client, requests);

    const shapes = (['create', 'update', 'delete'] as const).map((action) => ({ action, count: counts[action], paths: [] }));
    expect(client.price.write(shapes)).toBe(org.calls.length);
    expect(client.price.write([])).toBe(0);
    expect(client.price.write([{ action: 'delete', count: 200, paths: [] }])).toBe(1);
    // 2,000 fill a batch; the 2,001st opens another.
    expect(client.price.write([{ action: 'update', count: 2001, paths: [] }])).toBe(13);
  });

  it('has no jobs to find again', async () => {
    const outcomes = await resumed(recordsOf(org), 'gone' as never, [update(1)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown']);
  });
});
