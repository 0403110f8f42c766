import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contactId, refusal, startStubOrg } from './stub-org.ts';
import type { StubOrg } from './stub-org.ts';
import { create, EXTERNAL_ID, recordsOf, refused, reported, saved, sent, update, write } from './writing.ts';

let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
  org.on('POST', '/composite/sobjects/Contact', reported);
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

describe('rows that another transaction holds', () => {
  it('are sent again alone, after a pause', async () => {
    const locked = refused(
      'UNABLE_TO_LOCK_ROW',
      'unable to obtain exclusive access to this record or 1 records: 001000000000001',
    );
    org.on(
      'PATCH',
      '/composite/sobjects',
      { body: [saved(contactId(1)), locked, locked] },
      { body: [locked, saved(contactId(3))] },
      { body: [saved(contactId(2))] },
    );
    const outcomes = await write(recordsOf(org), [update(1), update(2), update(3)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'applied', 'applied']);
    expect(org.calls.slice(0, 3).map((call) => sent(call).map((record) => record['id']))).toEqual([
      [contactId(1), contactId(2), contactId(3)],
      [contactId(2), contactId(3)],
      [contactId(2)],
    ]);
  });

  it('fail as retryable when they stay held', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [refused('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access')] });
    expect(await write(recordsOf(org), [update(1)])).toMatchObject([
      { status: 'failed', code: 'UNABLE_TO_LOCK_ROW', retryable: true },
    ]);
    expect(org.calls).toHaveLength(4);
  });

  it('are inserted again as well: a refused row made nothing', async () => {
    org.on(
      'POST',
      '/composite/sobjects',
      { body: [refused('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access')] },
      { body: [saved(contactId(1))] },
    );
    expect(await write(recordsOf(org), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([
      { status: 'applied', created: true },
    ]);
  });

  it('which lost a race for a new key find the winner on the second attempt, and only then', async () => {
    const lost = refused(
      'DUPLICATE_VALUE',
      `duplicate value found: ${EXTERNAL_ID} duplicates value on record with id: ${contactId(9).slice(0, 15)}`,
    );
    const path = `/composite/sobjects/Contact/${EXTERNAL_ID}`;
    org.on('PATCH', path, { body: [lost] }, { body: [saved(contactId(9), { created: false })] });
    expect(await write(recordsOf(org, { externalId: EXTERNAL_ID }), [create(1)])).toMatchObject([
      { status: 'applied', id: contactId(9), created: false },
    ]);

    org.on('PATCH', path, { body: [lost] });
    org.calls.length = 0;
    expect(await write(recordsOf(org, { externalId: EXTERNAL_ID }), [create(1)])).toMatchObject([
      { status: 'failed', code: 'DUPLICATE_VALUE' },
    ]);
    expect(org.calls).toHaveLength(2);
  });
});

describe('answers that do not come', () => {
  const lost = { raw: (response: { destroy(): unknown }) => void response.destroy() };

  it('leave an insert unknown, and it is not sent twice', async () => {
    org.on('POST', '/composite/sobjects', lost);
    expect(await write(recordsOf(org), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([
      { status: 'unknown' },
    ]);
    expect(org.calls).toHaveLength(1);
  });

  it.each([500, 502, 503])('leave an insert unknown after HTTP %i, which can come after the commit', async (status) => {
    org.on('POST', '/composite/sobjects', { status, body: refusal('UNKNOWN_EXCEPTION', 'An unexpected error occurred') });
    expect(await write(recordsOf(org), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([
      { status: 'unknown' },
    ]);
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
    expect(await write(recordsOf(org), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([
      { status: 'applied', created: true },
    ]);
  });

  it('are asked for again where sending twice does no harm', async () => {
    org.on(
      'PATCH',
      `/composite/sobjects/Contact/${EXTERNAL_ID}`,
      lost,
      { status: 503, body: '' },
      { body: [saved(contactId(1), { created: false })] },
    );
    org.on('PATCH', '/composite/sobjects', lost, { body: [saved(contactId(2))] });
    const outcomes = await write(recordsOf(org, { externalId: EXTERNAL_ID }), [create(1), update(2)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['applied', 'applied']);
  });

  it('stop the batch and are thrown where nothing was written for certain', async () => {
    org.on('PATCH', '/composite/sobjects', lost);
    const requests = Array.from({ length: 300 }, (_, index) => update(index));
    await expect(write(recordsOf(org, { attempts: 2 }), requests)).rejects.toMatchObject({
      code: 'PROVIDER_UNREACHABLE',
      outcomeUnknown: true,
    });
    expect(org.calls).toHaveLength(2);
  });

  it('leave open what was not sent any more after something was written', async () => {
    org.on('PATCH', '/composite/sobjects', (request) => ({ body: sent(request).map((record) => saved(String(record['id']))) }));
    const requests = Array.from({ length: 450 }, (_, index) => update(index));
    const outcomes = await write(recordsOf(org, { callBudget: 2 }), requests);
    expect(outcomes.slice(0, 200).every((outcome) => outcome.status === 'applied')).toBe(true);
    expect(outcomes.slice(200).every((outcome) => outcome.status === 'unknown' && outcome.message.startsWith('Not sent'))).toBe(
      true,
    );
    expect(org.calls).toHaveLength(1);
  });

  it('throw what is refused as a whole before any effect', async () => {
    org.on('PATCH', '/composite/sobjects', {
      status: 403,
      body: refusal('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
    });
    await expect(write(recordsOf(org), [update(1)])).rejects.toMatchObject({
      code: 'PROVIDER_DAILY_LIMIT',
      outcomeUnknown: false,
    });
  });

  it('leave rows unknown that are missing, but for those that say whose they are', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [saved(contactId(2)), refused('STRING_TOO_LONG', 'too large')] });
    const outcomes = await write(recordsOf(org), [update(1), update(2), update(3)]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown', 'applied', 'unknown']);
  });

  it('leave a row unknown that was answered for another record', async () => {
    org.on('PATCH', '/composite/sobjects', { body: [saved(contactId(2)), saved(contactId(1))] });
    expect((await write(recordsOf(org), [update(1), update(2)])).map((outcome) => outcome.status)).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  it('leave an inserted row unknown where Salesforce itself does not know', async () => {
    org.on('POST', '/composite/sobjects', { body: [refused('UNKNOWN_EXCEPTION', 'ErrorId : 1-2')] });
    expect(await write(recordsOf(org), [{ action: 'create', values: { LastName: 'New' } }])).toMatchObject([
      { status: 'unknown' },
    ]);
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
      recordsOf(org),
      Array.from({ length: 100 }, (_, index) => update(index)),
    );
    expect(outcomes[33]).toMatchObject({ status: 'failed', code: 'JSON_PARSER_ERROR', retryable: false });
    expect(outcomes.filter((outcome) => outcome.status === 'applied')).toHaveLength(99);
  });

  it('costs a bounded number of calls where every row is refused', async () => {
    org.on('PATCH', '/composite/sobjects', { status: 400, body: refusal('JSON_PARSER_ERROR', 'Cannot deserialize') });
    const outcomes = await write(
      recordsOf(org),
      Array.from({ length: 200 }, (_, index) => update(index)),
    );
    expect(outcomes.every((outcome) => outcome.status === 'failed')).toBe(true);
    expect(org.calls.length).toBeLessThan(50);
  });
});
