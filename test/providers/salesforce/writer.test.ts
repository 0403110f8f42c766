import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectDescription, RecordClient, WriteOutcome, WriteRequest } from '../../../src/providers/provider.ts';
import type { FieldDescription } from '../../../src/model/value.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';
import type { StubRequest } from '../../http/stub-server.ts';
import { connectTo, contactId, refusal, startStubOrg } from './stub-org.ts';
import type { Answer, StubOrg } from './stub-org.ts';

const EXTERNAL_ID = 'Syncline_Id__c';
let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
  org.on('POST', '/composite/sobjects/Contact', reported);
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

type SentRecord = Record<string, unknown>;

function sent(request: StubRequest): SentRecord[] {
  return (JSON.parse(request.body) as { records: SentRecord[] }).records;
}

/** The org lowers e-mails and trims names, as orgs with triggers do. */
function reported(request: StubRequest): Answer {
  const { ids } = JSON.parse(request.body) as { ids: string[] };
  return {
    body: ids.map((id) => ({ attributes: { type: 'Contact' }, Id: id, SystemModstamp: '2026-01-31T10:00:00.000+0000', Email: 'lowered@x.com', LastName: 'Trimmed' })),
  };
}

const saved = (id: string, extra: Record<string, unknown> = {}): SentRecord => ({ id, success: true, errors: [], ...extra });
const refused = (statusCode: string, message: string, fields: string[] = []): SentRecord => ({ success: false, errors: [{ statusCode, message, fields }] });

const descriptionOf = (object: string, ...paths: string[]): ObjectDescription => ({
  object,
  fields: paths.map((path) => salesforceProvider.catalog.field(object, path) as FieldDescription),
  missing: [],
});

function recordsOf(options: { externalId?: string; object?: string; callBudget?: number; attempts?: number } = {}): RecordClient {
  const { externalId, object = 'Contact', callBudget, attempts } = options;
  const { connection } = connectTo(org, {
    ...(callBudget === undefined ? {} : { callBudget }),
    ...(attempts === undefined ? {} : { settings: { attempts } }),
  });
  const description = descriptionOf(object, ...(object === 'Account' ? ['Name', 'Type'] : ['Email', 'LastName', 'HasOptedOutOfEmail']));
  return connection.records(description, externalId === undefined ? {} : { externalId });
}

const write = (client: RecordClient, requests: readonly WriteRequest[]): Promise<readonly WriteOutcome[]> => client.write(requests, async () => undefined);
const update = (number: number, values: WriteRequest['values'] = { Email: 'A@x.com' }): WriteRequest => ({ action: 'update', id: contactId(number), values });
const create = (number: number, values: WriteRequest['values'] = { LastName: 'New' }): WriteRequest => ({ action: 'create', externalId: `person-${String(number)}`, values });
const routes = (): string[] => org.calls.map((call) => `${call.method} ${call.path.replace('/services/data/v62.0', '')}`);

describe('one batch', () => {
  beforeEach(() => {
    org.on('PATCH', '/composite/sobjects', (request) => ({ body: sent(request).map((record) => saved(String(record['id']))) }));
    org.on('PATCH', `/composite/sobjects/Contact/${EXTERNAL_ID}`, (request) => ({
      body: sent(request).map((record, index) => saved(contactId(900 + index), { created: record[EXTERNAL_ID] === 'person-1' })),
    }));
    org.on('DELETE', '/composite/sobjects', (request) => ({ body: request.query.get('ids')!.split(',').map((id) => saved(id)) }));
  });

  it('goes out in one call for each action and one read-back, answered in the order of the requests', async () => {
    const outcomes = await write(recordsOf({ externalId: EXTERNAL_ID }), [
      { action: 'delete', id: contactId(5), values: {} },
      create(1),
      update(7, { Email: 'A@X.com', LastName: ' Trimmed ' }),
      create(2),
    ]);

    expect(routes()).toEqual([
      'PATCH /composite/sobjects',
      `PATCH /composite/sobjects/Contact/${EXTERNAL_ID}`,
      'DELETE /composite/sobjects',
      'POST /composite/sobjects/Contact',
    ]);
    const modifiedAt = '2026-01-31T10:00:00.000Z';
    expect(outcomes).toEqual([
      { status: 'applied', id: contactId(5), created: false, record: { id: contactId(5), values: {} } },
      { status: 'applied', id: contactId(900), created: true, record: { id: contactId(900), values: { LastName: 'Trimmed' }, modifiedAt } },
      { status: 'applied', id: contactId(7), created: false, record: { id: contactId(7), values: { Email: 'lowered@x.com', LastName: 'Trimmed' }, modifiedAt } },
      { status: 'applied', id: contactId(901), created: false, record: { id: contactId(901), values: { LastName: 'Trimmed' }, modifiedAt } },
    ]);
  });

  it('sends only the fields given, attributes first, the key in the record, partial success allowed', async () => {
    await write(recordsOf({ externalId: EXTERNAL_ID }), [create(1, { LastName: 'New', Email: null }), update(7)]);
    expect(org.calls[0]!.body).toBe(`{"allOrNone":false,"records":[{"attributes":{"type":"Contact"},"Email":"A@x.com","id":"${contactId(7)}"}]}`);
    expect(sent(org.calls[1]!)).toEqual([{ attributes: { type: 'Contact' }, LastName: 'New', Email: null, [EXTERNAL_ID]: 'person-1' }]);
    expect(JSON.parse(org.calls[2]!.body)).toEqual({ ids: [contactId(900), contactId(7)], fields: ['Id', 'SystemModstamp', 'LastName', 'Email'] });
  });

  it('cuts at 200 a call and reads back once for 2,000', async () => {
    const client = recordsOf();
    const requests = Array.from({ length: client.writer.maxBatchRecords }, (_, index) => update(index));
    const outcomes = await write(client, requests);
    expect(outcomes.every((outcome, index) => outcome.status === 'applied' && outcome.id === contactId(index))).toBe(true);
    expect(org.calls).toHaveLength(11);
    expect(org.calls.slice(0, 10).every((call) => sent(call).length === 200)).toBe(true);
    expect(client.price.write([{ action: 'update', count: 2000, paths: ['Email'] }])).toBe(11);
  });

  it('names each record once, the later values on top', async () => {
    const outcomes = await write(recordsOf({ externalId: EXTERNAL_ID }), [
      update(7, { Email: 'first@x.com', LastName: 'Kept' }),
      update(7, { Email: 'second@x.com' }),
      create(1, { LastName: 'First' }),
      { ...create(1, { LastName: 'Second' }), externalId: 'PERSON-1' },
    ]);
    expect(sent(org.calls[0]!)).toEqual([{ attributes: { type: 'Contact' }, Email: 'second@x.com', LastName: 'Kept', id: contactId(7) }]);
    expect(sent(org.calls[1]!)).toHaveLength(1);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'applied', 'applied', 'applied']);
  });

  it('keeps a field called Type, whose name some clients take for the object', async () => {
    org.on('POST', '/composite/sobjects/Account', (request) => ({
      body: (JSON.parse(request.body) as { ids: string[] }).ids.map((id) => ({ Id: id, Type: 'Customer' })),
    }));
    const [outcome] = await write(recordsOf({ object: 'Account' }), [{ action: 'update', id: '0015f00000000001AA', values: { Type: 'Customer' } }]);
    expect(sent(org.calls[0]!)).toEqual([{ attributes: { type: 'Account' }, Type: 'Customer', id: '0015f00000000001AA' }]);
    expect(outcome).toMatchObject({ status: 'applied', record: { values: { Type: 'Customer' } } });
  });

  it('keeps assignment rules away from leads, and leaves duplicate rules on', async () => {
    org.on('POST', '/composite/sobjects/Lead', reported);
    await write(recordsOf({ object: 'Lead' }), [update(1)]);
    await write(recordsOf(), [update(1)]);
    expect(org.calls[0]!.headers['sforce-auto-assign']).toBe('FALSE');
    expect(org.calls[2]!.headers['sforce-auto-assign']).toBeUndefined();
    expect(org.calls.every((call) => call.headers['sforce-duplicate-rule-header'] === undefined)).toBe(true);
  });

  it('answers an empty batch without a call', async () => {
    expect(await write(recordsOf(), [])).toEqual([]);
    expect(org.calls).toEqual([]);
  });

  it('reports what was sent where it cannot be read back: the records are written all the same', async () => {
    org.on('POST', '/composite/sobjects/Contact', { status: 400, body: refusal('INVALID_FIELD', 'No such column') });
    expect(await write(recordsOf(), [update(7)])).toEqual([
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
    const outcomes = await write(recordsOf(), [update(1), update(2), update(3)]);
    expect(outcomes).toMatchObject([
      { status: 'failed', code: 'STRING_TOO_LONG', retryable: false, fields: ['FirstName'] },
      { status: 'failed', code: 'INVALID_EMAIL_ADDRESS', retryable: false },
      { status: 'applied', id: contactId(3) },
    ]);
  });

  it('name the record that holds the key already, by its long id', async () => {
    org.on('PATCH', '/composite/sobjects', {
      body: [
        refused('DUPLICATE_VALUE', `duplicate value found: Loyalty__c duplicates value on record with id: ${contactId(9).slice(0, 15)}`),
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
    const outcomes = await write(recordsOf(), [update(1), update(2), update(3)]);
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
    const outcomes = await write(recordsOf(), [update(1), update(2), update(3), update(4)]);
    expect(outcomes.map((outcome) => outcome.status === 'failed' && outcome.gone === true)).toEqual([true, true, false, false]);
  });

  it('count as deleted where the record is deleted already', async () => {
    org.on('DELETE', '/composite/sobjects', { body: [refused('ENTITY_IS_DELETED', 'entity is deleted')] });
    expect(await write(recordsOf(), [{ action: 'delete', id: contactId(1), values: {} }])).toMatchObject([{ status: 'applied', id: contactId(1) }]);
  });

  it('never print a mail address of the vendor’s words', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [refused('INVALID_EMAIL_ADDRESS', 'Email: invalid email address: jane.doe@example.com')] });
    expect(JSON.stringify(await write(recordsOf(), [update(1)]))).not.toContain('jane.doe');
  });
});

describe('rows that another transaction holds', () => {
  it('are sent again alone, after a pause', async () => {
    const locked = refused('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record or 1 records: 001000000000001');
    org.on('PATCH', '/composite/sobjects', { body: [saved(contactId(1)), locked, locked] }, { body: [locked, saved(contactId(3))] }, { body: [saved(contactId(2))] });
    const outcomes = await write(recordsOf(), [update(1), update(2), update(3)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'applied', 'applied']);
    expect(org.calls.slice(0, 3).map((call) => sent(call).map((record) => record['id']))).toEqual([
      [contactId(1), contactId(2), contactId(3)],
      [contactId(2), contactId(3)],
      [contactId(2)],
    ]);
  });

  it('fail as retryable when they stay held', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [refused('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access')] });
    expect(await write(recordsOf(), [update(1)])).toMatchObject([{ status: 'failed', code: 'UNABLE_TO_LOCK_ROW', retryable: true }]);
    expect(org.calls).toHaveLength(4);
  });

  it('are inserted again as well: a refused row made nothing', async () => {
    org.on('POST', '/composite/sobjects', { body: [refused('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access')] }, { body: [saved(contactId(1))] });
    expect(await write(recordsOf(), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([{ status: 'applied', created: true }]);
  });

  it('which lost a race for a new key find the winner on the second attempt, and only then', async () => {
    const lost = refused('DUPLICATE_VALUE', `duplicate value found: ${EXTERNAL_ID} duplicates value on record with id: ${contactId(9).slice(0, 15)}`);
    const path = `/composite/sobjects/Contact/${EXTERNAL_ID}`;
    org.on('PATCH', path, { body: [lost] }, { body: [saved(contactId(9), { created: false })] });
    expect(await write(recordsOf({ externalId: EXTERNAL_ID }), [create(1)])).toMatchObject([{ status: 'applied', id: contactId(9), created: false }]);

    org.on('PATCH', path, { body: [lost] });
    org.calls.length = 0;
    expect(await write(recordsOf({ externalId: EXTERNAL_ID }), [create(1)])).toMatchObject([{ status: 'failed', code: 'DUPLICATE_VALUE' }]);
    expect(org.calls).toHaveLength(2);
  });
});

describe('answers that do not come', () => {
  const lost = { raw: (response: { destroy(): unknown }) => void response.destroy() };

  it('leave an insert unknown, and it is not sent twice', async () => {
    org.on('POST', '/composite/sobjects', lost);
    expect(await write(recordsOf(), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([{ status: 'unknown' }]);
    expect(org.calls).toHaveLength(1);
  });

  it.each([500, 502, 503])('leave an insert unknown after HTTP %i, which can come after the commit', async (status) => {
    org.on('POST', '/composite/sobjects', { status, body: refusal('UNKNOWN_EXCEPTION', 'An unexpected error occurred') });
    expect(await write(recordsOf(), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([{ status: 'unknown' }]);
    expect(org.calls).toHaveLength(1);
  });

  it('do not keep an insert that was refused before any effect from being sent again', async () => {
    org.on(
      'POST',
      '/composite/sobjects',
      { status: 429, body: '' },
      { status: 401, body: refusal('INVALID_SESSION_ID', 'Session expired or invalid') },
      { body: [saved(contactId(1))] },
    );
    expect(await write(recordsOf(), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([{ status: 'applied', created: true }]);
  });

  it('are asked for again where sending twice does no harm', async () => {
    org.on('PATCH', `/composite/sobjects/Contact/${EXTERNAL_ID}`, lost, { status: 503, body: '' }, { body: [saved(contactId(1), { created: false })] });
    org.on('PATCH', '/composite/sobjects', lost, { body: [saved(contactId(2))] });
    const outcomes = await write(recordsOf({ externalId: EXTERNAL_ID }), [create(1), update(2)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'applied']);
  });

  it('stop the batch and are thrown where nothing was written for certain', async () => {
    org.on('PATCH', '/composite/sobjects', lost);
    const requests = Array.from({ length: 300 }, (_, index) => update(index));
    await expect(write(recordsOf({ attempts: 2 }), requests)).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE', outcomeUnknown: true });
    expect(org.calls).toHaveLength(2);
  });

  it('leave open what was not sent any more after something was written', async () => {
    org.on('PATCH', '/composite/sobjects', (request) => ({ body: sent(request).map((record) => saved(String(record['id']))) }));
    const requests = Array.from({ length: 450 }, (_, index) => update(index));
    const outcomes = await write(recordsOf({ callBudget: 2 }), requests);
    expect(outcomes.slice(0, 200).every((outcome) => outcome.status === 'applied')).toBe(true);
    expect(outcomes.slice(200).every((outcome) => outcome.status === 'unknown' && outcome.message.startsWith('Not sent'))).toBe(true);
    expect(org.calls).toHaveLength(1);
  });

  it('throw what is refused as a whole before any effect', async () => {
    org.on('PATCH', '/composite/sobjects', { status: 403, body: refusal('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.') });
    await expect(write(recordsOf(), [update(1)])).rejects.toMatchObject({ code: 'PROVIDER_DAILY_LIMIT', outcomeUnknown: false });
  });

  it('leave rows unknown that are missing, but for those that say whose they are', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [saved(contactId(2)), refused('STRING_TOO_LONG', 'too large')] });
    const outcomes = await write(recordsOf(), [update(1), update(2), update(3)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown', 'applied', 'unknown']);
  });

  it('leave a row unknown that was answered for another record', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [saved(contactId(2)), saved(contactId(1))] });
    expect((await write(recordsOf(), [update(1), update(2)])).map((outcome) => outcome.status)).toEqual(['unknown', 'unknown']);
  });

  it('leave an inserted row unknown where Salesforce itself does not know', async () => {
    org.on('POST', '/composite/sobjects', { body: [refused('UNKNOWN_EXCEPTION', 'ErrorId : 1-2')] });
    expect(await write(recordsOf(), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([{ status: 'unknown' }]);
  });
});

describe('a call that is refused for one of its rows', () => {
  it('is cut until the others go through', async () => {
    org.on('PATCH', '/composite/sobjects', (request) => {
      const records = sent(request);
      return records.some((record) => record['id'] === contactId(33))
        ? { status: 400, body: refusal('JSON_PARSER_ERROR', 'Cannot deserialize instance of date') }
        : { body: records.map((record) => saved(String(record['id']))) };
    });
    const outcomes = await write(
      recordsOf(),
      Array.from({ length: 100 }, (_, index) => update(index)),
    );
    expect(outcomes[33]).toMatchObject({ status: 'failed', code: 'JSON_PARSER_ERROR', retryable: false });
    expect(outcomes.filter((outcome) => outcome.status === 'applied')).toHaveLength(99);
  });

  it('costs a bounded number of calls where every row is refused', async () => {
    org.on('PATCH', '/composite/sobjects', { status: 400, body: refusal('JSON_PARSER_ERROR', 'Cannot deserialize') });
    const outcomes = await write(
      recordsOf(),
      Array.from({ length: 200 }, (_, index) => update(index)),
    );
    expect(outcomes.every((outcome) => outcome.status === 'failed')).toBe(true);
    expect(org.calls.length).toBeLessThan(50);
  });
});

describe('traits and prices', () => {
  it('say whether a repeated create finds the record made before', () => {
    expect(recordsOf().writer).toEqual({ maxBatchRecords: 2000, requiredOnCreate: ['LastName'], createIsUpsert: false });
    expect(recordsOf({ externalId: EXTERNAL_ID }).writer.createIsUpsert).toBe(true);
  });

  it('cost what a batch of that shape sends', async () => {
    org.on('PATCH', '/composite/sobjects', (request) => ({ body: sent(request).map((record) => saved(String(record['id']))) }));
    org.on('POST', '/composite/sobjects', (request) => ({ body: sent(request).map((_, index) => saved(contactId(index))) }));
    org.on('DELETE', '/composite/sobjects', (request) => ({ body: request.query.get('ids')!.split(',').map((id) => saved(id)) }));
    const client = recordsOf();
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
    const outcomes = await recordsOf().resume('gone' as never, [update(1)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown']);
  });
});
