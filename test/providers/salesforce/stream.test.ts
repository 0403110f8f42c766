import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangePage, Cursor, ObjectDescription, RecordClient } from '../../../src/providers/provider.ts';
import type { FieldDescription } from '../../../src/model/value.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';
import { MAX_URL_BYTES } from '../../../src/providers/salesforce/soql.ts';
import type { StubRequest } from '../../http/stub-server.ts';
import { API, collect, connectTo, contactId, page, refusal, soqlOf, startStubOrg } from './stub-org.ts';
import type { Answer, StubOrg } from './stub-org.ts';

let org: StubOrg;

beforeEach(async () => {
  org = await startStubOrg();
});

afterEach(async () => {
  expect(org.unexpected).toEqual([]);
  await org.close();
});

const STAMP = '2026-01-31T09:15:08.000+0000';
const NEXT = `${API}/query/0r8xx0000000001AAA-2000`;

function descriptionOf(...paths: string[]): ObjectDescription {
  const fields = paths.map((path) => salesforceProvider.catalog.field('Contact', path) as FieldDescription);
  return { object: 'Contact', fields, missing: [] };
}

function recordsOf(...paths: string[]): RecordClient {
  return connectTo(org).connection.records(descriptionOf(...paths));
}

const row = (number: number, values: Record<string, unknown> = {}): Record<string, unknown> => ({
  Id: contactId(number),
  SystemModstamp: STAMP,
  ...values,
});

async function pagesOf(pages: AsyncIterable<ChangePage>): Promise<ChangePage[]> {
  const all: ChangePage[] = [];
  for await (const one of pages) all.push(one);
  return all;
}

const cursorOf = (pages: readonly ChangePage[]): Cursor => pages.at(-1)!.cursor!;
const at = (instant: string): Cursor => JSON.stringify({ position: instant }) as Cursor;

describe('a full read', () => {
  it('walks every page by its next address and gives complete records', async () => {
    org.on(
      'GET',
      '/query',
      page(
        [row(1, { Email: 'a@x.com', HasOptedOutOfEmail: false, Account: { attributes: { type: 'Account' }, Name: 'Acme' } })],
        NEXT,
      ),
    );
    org.on('GET', NEXT, page([row(2, { Email: null, HasOptedOutOfEmail: true, Account: null })]));

    const pages = await pagesOf(recordsOf('Email', 'HasOptedOutOfEmail', 'Account.Name').read(undefined));

    expect(soqlOf(org.calls[0]!)).toBe(
      'SELECT Id, SystemModstamp, Email, HasOptedOutOfEmail, Account.Name FROM Contact ORDER BY Id',
    );
    expect(pages.flatMap((one) => one.records)).toEqual([
      {
        id: contactId(1),
        values: { Email: 'a@x.com', HasOptedOutOfEmail: false, 'Account.Name': 'Acme' },
        modifiedAt: '2026-01-31T09:15:08.000Z',
      },
      {
        id: contactId(2),
        values: { Email: null, HasOptedOutOfEmail: true, 'Account.Name': null },
        modifiedAt: '2026-01-31T09:15:08.000Z',
      },
    ]);
    expect(pages.map((one) => one.cursor)).toEqual([undefined, at('2026-01-31T09:59:00.000Z')]);
  });

  it('takes its cursor from the first answer, however long the read lasts', async () => {
    org.on('GET', '/query', (request) => {
      void request;
      return page([row(1)], NEXT);
    });
    org.on('GET', NEXT, () => {
      org.nowMs += 3_600_000;
      return page([row(2)]);
    });
    expect(cursorOf(await pagesOf(recordsOf('Email').read(undefined)))).toBe(at('2026-01-31T09:59:00.000Z'));
  });

  it('goes on behind the last record when Salesforce forgets the result', async () => {
    org.on('GET', '/query', page([row(1), row(2)], NEXT), page([row(3)]));
    org.on('GET', NEXT, { status: 400, body: refusal('INVALID_QUERY_LOCATOR', 'invalid query locator') });

    const pages = await pagesOf(recordsOf('Email').read(undefined));

    expect(soqlOf(org.calls[2]!)).toBe(`SELECT Id, SystemModstamp, Email FROM Contact WHERE Id > '${contactId(2)}' ORDER BY Id`);
    expect(pages.flatMap((one) => one.records.map((record) => record.id))).toEqual([1, 2, 3].map(contactId));
  });

  it('gives up a result that is forgotten again and again without a step forward', async () => {
    org.on('GET', '/query', page([row(1)], NEXT));
    org.on('GET', NEXT, { status: 400, body: refusal('INVALID_QUERY_LOCATOR', 'invalid query locator') });
    await expect(pagesOf(recordsOf('Email').read(undefined))).rejects.toMatchObject({ vendorCode: 'INVALID_QUERY_LOCATOR' });
    expect(org.calls.length).toBeLessThan(15);
  });

  it('accepts short and empty pages before the last', async () => {
    org.on('GET', '/query', page([], NEXT));
    org.on('GET', NEXT, page([row(1)]));
    expect((await pagesOf(recordsOf('Email').read(undefined))).flatMap((one) => one.records)).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ['says that there is more but not where', { body: { totalSize: 2, done: false, records: [] } }],
    [
      'leads away from the API',
      {
        body: { totalSize: 2, done: false, records: [], nextRecordsUrl: 'https://evil.example.com/services/data/v62.0/query/x' },
      },
    ],
    ['leads to another path', { body: { totalSize: 2, done: false, records: [], nextRecordsUrl: '/secur/frontdoor.jsp' } }],
    ['has no records', { body: { totalSize: 2, done: true } }],
  ])('throws where a page %s', async (_case, answer) => {
    org.on('GET', '/query', answer);
    await expect(pagesOf(recordsOf('Email').read(undefined))).rejects.toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('throws where a page leads to itself', async () => {
    org.on('GET', '/query', page([row(1)], NEXT));
    org.on('GET', NEXT, page([row(2)], NEXT));
    await expect(pagesOf(recordsOf('Email').read(undefined))).rejects.toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('throws without a Date, for then the next read would not know where to begin', async () => {
    org.on('GET', '/query', {
      raw: (response) => void ((response.sendDate = false), response.end(JSON.stringify(page([]).body))),
    });
    await expect(pagesOf(recordsOf('Email').read(undefined))).rejects.toMatchObject({ code: 'PROVIDER_UNEXPECTED_ANSWER' });
  });

  it('puts a query that no address line holds into the body of a call', async () => {
    const fields = Array.from({ length: 700 }, (_, index): FieldDescription => {
      const path = `A_rather_long_custom_field_${String(index)}__c`;
      return { path, label: path, type: 'string', createable: true, updateable: true, required: false, unique: false };
    });
    org.on('POST', '/composite/batch', {
      body: { hasErrors: false, results: [{ statusCode: 200, result: page([row(1)], NEXT).body }] },
    });
    org.on('GET', NEXT, page([row(2)]));

    const pages = await pagesOf(connectTo(org).connection.records({ object: 'Contact', fields, missing: [] }).read(undefined));

    expect(pages.flatMap((one) => one.records)).toHaveLength(2);
    const body = JSON.parse(org.calls[0]!.body) as { batchRequests: { method: string; url: string }[] };
    expect(body.batchRequests[0]!.url).toMatch(/^v62\.0\/query\?q=SELECT%20Id/);

    org.on('POST', '/composite/batch', {
      body: { hasErrors: true, results: [{ statusCode: 400, result: refusal('INVALID_FIELD', 'No such column') }] },
    });
    await expect(
      pagesOf(connectTo(org).connection.records({ object: 'Contact', fields, missing: [] }).read(undefined)),
    ).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      vendorCode: 'INVALID_FIELD',
    });
  });
});

describe('a read of changes', () => {
  it('begins five minutes before its cursor and has no end, so that the last second is in it', async () => {
    org.on('GET', '/queryAll', page([row(1)]));

    const pages = await pagesOf(recordsOf('Email').read(at('2026-01-31T09:40:00.000Z')));

    expect(org.calls).toHaveLength(1);
    expect(soqlOf(org.calls[0]!)).toBe(
      'SELECT Id, SystemModstamp, Email, IsDeleted, MasterRecordId FROM Contact WHERE SystemModstamp >= 2026-01-31T09:35:00Z ORDER BY Id',
    );
    expect(pages[0]!.records).toHaveLength(1);
    expect(cursorOf(pages)).toBe(at('2026-01-31T09:59:00.000Z'));
  });

  it('also asks for changes of the parents that are read', async () => {
    org.on('GET', '/queryAll', page([]));
    await pagesOf(recordsOf('Email', 'Account.Name', 'Account.Owner.Email').read(at('2026-01-31T09:40:00.000Z')));
    const low = '2026-01-31T09:35:00Z';
    expect(soqlOf(org.calls[0]!)).toContain(
      `WHERE SystemModstamp >= ${low} OR Account.SystemModstamp >= ${low} OR Account.Owner.SystemModstamp >= ${low} ORDER BY Id`,
    );
  });

  it('keeps the alternatives together when it goes on behind a record', async () => {
    org.on('GET', '/queryAll', page([row(1)], NEXT), page([]));
    org.on('GET', NEXT, { status: 400, body: refusal('INVALID_QUERY_LOCATOR', 'invalid query locator') });
    await pagesOf(recordsOf('Account.Name').read(at('2026-01-31T09:40:00.000Z')));
    expect(soqlOf(org.calls[2]!)).toMatch(/WHERE \(SystemModstamp >= \S+ OR Account\.SystemModstamp >= \S+\) AND Id > '/);
  });

  it('D6 tells conversions of leads, and never shows a converted lead as a record', async () => {
    const lead = (number: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
      ...row(number, {
        IsDeleted: false,
        MasterRecordId: null,
        IsConverted: false,
        ConvertedContactId: null,
        ConvertedAccountId: null,
        ...more,
      }),
    });
    org.on('GET', '/queryAll', page([lead(1), lead(2, { IsConverted: true, ConvertedContactId: contactId(9).slice(0, 15) })]));
    const leads = connectTo(org).connection.records({ object: 'Lead', fields: [], missing: [] });

    const pages = await pagesOf(leads.read(at('2026-01-31T09:40:00.000Z')));

    expect(soqlOf(org.calls[0]!)).toContain('IsConverted, ConvertedContactId, ConvertedAccountId');
    expect(pages[0]!.records.map(({ id }) => id)).toEqual([contactId(1)]);
    expect(pages[0]!.conversions).toEqual([
      { id: contactId(2), at: '2026-01-31T09:15:08.000Z', into: { object: 'Contact', id: contactId(9) } },
    ]);
  });

  it('tells deletions from changes, with what a record was merged into', async () => {
    const deleted = { IsDeleted: true, MasterRecordId: null };
    org.on('GET', '/queryAll', page([row(1, deleted), row(2, { ...deleted, MasterRecordId: contactId(3).slice(0, 15) })], NEXT));
    org.on('GET', NEXT, page([row(3, { IsDeleted: false, MasterRecordId: null }), row(4, deleted)]));

    const pages = await pagesOf(recordsOf('Email').read(at('2026-01-31T09:40:00.000Z')));

    expect(pages.map(({ records }) => records.map((record) => record.id))).toEqual([[], [contactId(3)]]);
    expect(pages.map(({ deletions }) => deletions)).toEqual([
      [
        { id: contactId(1), at: '2026-01-31T09:15:08.000Z' },
        { id: contactId(2), at: '2026-01-31T09:15:08.000Z', mergedInto: contactId(3) },
      ],
      [{ id: contactId(4), at: '2026-01-31T09:15:08.000Z' }],
    ]);
    expect(pages.map((one) => one.cursor)).toEqual([undefined, at('2026-01-31T09:59:00.000Z')]);
  });

  it('asks no merge of an object that has none', async () => {
    org.on('GET', '/queryAll', page([]));
    const field = salesforceProvider.catalog.field('Opportunity', 'Name') as FieldDescription;
    await pagesOf(
      connectTo(org)
        .connection.records({ object: 'Opportunity', fields: [field], missing: [] })
        .read(at('2026-01-31T09:40:00.000Z')),
    );
    expect(soqlOf(org.calls[0]!)).not.toContain('MasterRecordId');
  });

  it('never moves its cursor backwards when the server clock does', async () => {
    org.on('GET', '/queryAll', page([]));
    const since = at('2026-01-31T12:00:00.000Z');
    expect(cursorOf(await pagesOf(recordsOf('Email').read(since)))).toBe(since);
  });

  it('goes by the clock of the server, not by the local one', async () => {
    org.nowMs = Date.parse('2031-05-05T05:05:05Z');
    org.on('GET', '/queryAll', page([]));
    expect(cursorOf(await pagesOf(recordsOf('Email').read(at('2026-01-31T09:40:00.000Z'))))).toBe(at('2031-05-05T05:04:05.000Z'));
  });

  it('refuses a cursor that it did not make', async () => {
    await expect(pagesOf(recordsOf('Email').read('12345' as Cursor))).rejects.toMatchObject({ code: 'PROVIDER_INVALID_CURSOR' });
    await expect(pagesOf(recordsOf('Email').read('garbage' as Cursor))).rejects.toMatchObject({
      code: 'PROVIDER_INVALID_CURSOR',
    });
  });
});

describe('reading by id', () => {
  const retrieve = (request: StubRequest): Answer => {
    const { ids } = JSON.parse(request.body) as { ids: string[] };
    return {
      body: ids.map((id) =>
        id === contactId(2) ? null : { attributes: { type: 'Contact' }, Id: id, SystemModstamp: STAMP, Email: 'a@x.com' },
      ),
    };
  };

  it('asks for 2,000 a call and leaves out what is gone', async () => {
    org.on('POST', '/composite/sobjects/Contact', retrieve);
    const ids = Array.from({ length: 2500 }, (_, index) => contactId(index));
    const records = await collect(recordsOf('Email').readByIds([...ids, contactId(1), "' OR Id != '"]));
    expect(records).toHaveLength(2499);
    expect(org.calls.map((call) => (JSON.parse(call.body) as { ids: string[] }).ids.length)).toEqual([2000, 500]);
    expect(JSON.parse(org.calls[0]!.body)).toMatchObject({ fields: ['Id', 'SystemModstamp', 'Email'] });
  });

  it('throws where rows are missing, for nobody knows whose', async () => {
    org.on('POST', '/composite/sobjects/Contact', { body: [null] });
    await expect(collect(recordsOf('Email').readByIds([contactId(1), contactId(2)]))).rejects.toMatchObject({
      code: 'PROVIDER_UNEXPECTED_ANSWER',
    });
  });

  it('repeats this POST after a broken connection: it changes nothing', async () => {
    org.on('POST', '/composite/sobjects/Contact', { raw: (response) => response.destroy() }, retrieve);
    expect(await collect(recordsOf('Email').readByIds([contactId(1)]))).toHaveLength(1);
  });

  it('uses queries that fit the address line where parents are read', async () => {
    org.on('GET', '/query', (request) =>
      page([...soqlOf(request).matchAll(/'(003\w{15})'/g)].map((match, index) => row(index, { Id: match[1] }))),
    );
    const ids = Array.from({ length: 1200 }, (_, index) => contactId(index));
    const client = recordsOf('Email', 'Account.Name');

    expect((await collect(client.readByIds(ids))).map((record) => record.id)).toEqual(ids);

    expect(org.calls.length).toBe(client.price.readByIds(1200));
    expect(org.calls.length).toBeGreaterThan(1);
    for (const call of org.calls)
      expect(`${call.path}?q=`.length + encodeURIComponent(soqlOf(call)).replaceAll("'", '%27').length).toBeLessThanOrEqual(
        MAX_URL_BYTES,
      );
  });

  it('asks nothing for no ids', async () => {
    const client = recordsOf('Email');
    expect(await collect(client.readByIds([]))).toEqual([]);
    expect(org.calls).toEqual([]);
    expect(client.price.readByIds(0)).toBe(0);
  });
});

describe('reading by key', () => {
  it('escapes the values and asks for each once', async () => {
    org.on('GET', '/query', page([row(1, { Email: "o'brien@x.com" })]));
    const found = await collect(
      recordsOf('Email').readByKey('Email', ["o'brien@x.com", 'back\\slash@x.com', "o'brien@x.com", '']),
    );
    expect(soqlOf(org.calls[0]!)).toBe(
      "SELECT Id, SystemModstamp, Email FROM Contact WHERE Email IN ('o\\'brien@x.com','back\\\\slash@x.com') ORDER BY Id",
    );
    expect(found.map((record) => record.id)).toEqual([contactId(1)]);
  });

  it('writes numbers and dates without quotes', async () => {
    org.on('GET', '/query', page([]));
    await collect(recordsOf('Birthdate').readByKey('Birthdate', ['1980-02-29', 'unknown']));
    expect(soqlOf(org.calls[0]!)).toContain('WHERE Birthdate IN (1980-02-29)');
  });

  it('asks nothing where no value can match', async () => {
    expect(await collect(recordsOf('Birthdate').readByKey('Birthdate', ['', 'unknown']))).toEqual([]);
    expect(org.calls).toEqual([]);
  });
});

describe('counting and pricing', () => {
  it('prices a read as it is carried out: its pages', async () => {
    const { price } = recordsOf('Email');
    expect([0, 1, 2000, 2001, 1_000_000].map((count) => price.read(count, true))).toEqual([1, 1, 1, 2, 500]);
    expect([0, 2001].map((count) => price.read(count, false))).toEqual([1, 2]);
    expect([1, 2000, 2001].map((count) => price.readByIds(count))).toEqual([1, 1, 2]);
  });

  it('declares a feed of changes and deletions whose time is not that of people alone', () => {
    expect(recordsOf('Email').stream).toEqual({ changes: 'feed', deletions: 'feed', listed: [], humanTime: false });
  });

  it('declares what moves a value without its record, and asks for it as far as there is a stamp', async () => {
    const computed = { definition: '', parents: ['Account', 'Account.Owner'], others: ['the current date'] };
    const email = salesforceProvider.catalog.field('Contact', 'Email') as FieldDescription;
    const fields = [{ ...email, path: 'Level__c', computed }];
    const client = connectTo(org).connection.records({ object: 'Contact', fields, missing: [] });
    org.on('GET', '/queryAll', page([row(1, { Level__c: 'x' }), row(2, { IsDeleted: true })]), page([]));
    const low = '2026-01-31T09:35:00Z';

    const pages = await pagesOf(client.read(at('2026-01-31T09:40:00.000Z'), undefined, undefined, true));
    await pagesOf(client.read(at('2026-01-31T09:40:00.000Z')));

    expect(client.stream.dependencies).toEqual([
      { path: 'Level__c', watched: ['Account', 'Account.Owner'], unwatched: ['the current date'] },
    ]);
    expect(soqlOf(org.calls[0]!)).toContain(` WHERE IsDeleted = FALSE OR SystemModstamp >= ${low} ORDER`);
    expect(soqlOf(org.calls[1]!)).toContain(
      ` WHERE SystemModstamp >= ${low} OR Account.SystemModstamp >= ${low} OR Account.Owner.SystemModstamp >= ${low} ORDER`,
    );
    expect(pages.flatMap((one) => [one.records.length, one.deletions.length])).toEqual([1, 1]);
  });
});
