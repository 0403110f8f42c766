import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalId, makeId } from '../../../src/sandbox/salesforce/data/ids.ts';
import { Org, person } from './org.ts';
import type { Body } from './org.ts';

const PEOPLE = [
  person(1, { firstName: 'Ada', lastName: "O'Hara", email: 'Ada@Example.com', birthday: '1980-01-01', changedMsAgo: 1_000 }),
  person(2, { firstName: 'ben', lastName: 'Müller', email: null, birthday: null, changedMsAgo: 86_400_000 }),
  person(3, {
    firstName: '',
    lastName: '100%_sure',
    email: 'ada@example.com',
    optedOut: true,
    createdMsAgo: 86_400_000 * 500,
    changedMsAgo: 86_400_000 * 40,
  }),
  person(4, {
    firstName: 'Cara',
    lastName: 'back\\slash',
    company: null,
    leadSource: null,
    createdMsAgo: 86_400_000 * 500,
    changedMsAgo: 86_400_000 * 400,
  }),
];

function names(where: string, rest = ''): string[] {
  return new Org(PEOPLE).rows(`SELECT LastName FROM Contact WHERE ${where} ${rest}`).map((row) => String(row['LastName']));
}

describe('a condition', () => {
  test.each([
    ["Email = 'ADA@example.COM'", [1, 3]],
    ["Email != 'ada@example.com'", [2, 4]],
    ['Email <> null', [1, 3, 4]],
    ["Email <> 'ada@example.com'", [2, 4]],
    ["FirstName = null AND Email IN ('ada@example.com', 'x')", [3]],
    ["FirstName NOT IN ('Ada', 'BEN')", [3, 4]],
    ["FirstName IN ('ada', null)", [1, 3]],
    ["LastName = 'O\\'Hara'", [1]],
    ["LastName LIKE 'o%'", [1]],
    ["LastName LIKE '100\\%\\_%'", [3]],
    ["LastName LIKE '%\\\\%'", [4]],
    ["LastName LIKE 'M_LLER'", [2]],
    ["(NOT LastName LIKE 'o%') AND HasOptedOutOfEmail = false", [2, 4]],
    ["NOT (FirstName = 'Ada' OR FirstName = 'Cara')", [2, 3]],
    ['Birthdate < 1980-01-02 AND Birthdate != null', [1]],
    ['SystemModstamp >= 2026-11-22T10:15:07+01:00', [1]],
    ['SystemModstamp < 2026-11-22T09:15:07.000+0000 AND SystemModstamp > 2026-11-01T00:00:00Z', [2]],
    ['SystemModstamp = TODAY', [1]],
    ['SystemModstamp = LAST_N_DAYS:7', [1, 2]],
    ['SystemModstamp < LAST_N_DAYS:7', [3, 4]],
    ['SystemModstamp = LAST_YEAR', [4]],
    ['Account.Name = null', [4]],
    ["Account.Owner.Alias = 'ADMIN' AND FirstName = 'ben'", [2]],
    ["AccountId IN (SELECT Id FROM Account WHERE Name = 'Company 1')", [1]],
    ["Name = 'ada o\\'hara'", [1]],
    ["(FirstName = 'Ada' AND LeadSource = 'Web') OR (FirstName = 'ben' AND LeadSource = 'Web')", [1, 2]],
  ])('%s', (where, numbers) => {
    expect(names(where)).toEqual(numbers.map((number) => PEOPLE[number - 1]?.lastName));
  });

  test.each([
    ["Email = 'a' AND FirstName = 'b' OR FirstName = 'c'", 'MALFORMED_QUERY'],
    ["SystemModstamp > '2026-01-01T00:00:00Z'", 'INVALID_FIELD'],
    ['Email = 5', 'INVALID_FIELD'],
    ["HasOptedOutOfEmail = 'true'", 'INVALID_FIELD'],
    ["Description = 'x'", 'INVALID_FIELD'],
    ["Id = 'not an id'", 'INVALID_QUERY_FILTER_OPERATOR'],
    ["Accounts.Name = 'x'", 'INVALID_FIELD'],
    ["Email LIKE 'a", 'MALFORMED_QUERY'],
  ])('%s is refused', (where, code) => {
    expect(new Org(PEOPLE).query(`SELECT Id FROM Contact WHERE ${where}`)).toMatchObject({
      status: 400,
      body: [{ errorCode: code }],
    });
  });

  test('gives the rows that a plain filter gives', () => {
    const org = new Org(PEOPLE);
    const rows = org.dump('Contact');
    const fields = ['FirstName', 'LastName', 'Email', 'Title'] as const;
    const value = fc.constantFrom('Ada', 'ben', "O'Hara", 'ada@example.com', 'Engineer', null);
    const comparison = fc.record({ field: fc.constantFrom(...fields), negated: fc.boolean(), value });
    interface Tree {
      readonly soql: string;
      readonly holds: (row: Body) => boolean;
    }
    const leaf = comparison.map(({ field, negated, value: wanted }): Tree => {
      const literal = wanted === null ? 'null' : `'${wanted.replaceAll("'", "\\'")}'`;
      const same = (row: Body): boolean => (row[field]?.toLowerCase() ?? null) === (wanted?.toLowerCase() ?? null);
      return { soql: `${field} ${negated ? '!=' : '='} ${literal}`, holds: (row) => same(row) !== negated };
    });
    // The parser loses its count where three negations nest, so these stand on leaves only.
    const negated = leaf.map(({ soql, holds }): Tree => ({ soql: `(NOT ${soql})`, holds: (row) => !holds(row) }));
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        negated,
        fc.tuple(tie('tree'), tie('tree'), fc.boolean()).map(([one, other, and]) => ({
          soql: `((${one.soql}) ${and ? 'AND' : 'OR'} (${other.soql}))`,
          holds: (row: Body) => (and ? one.holds(row) && other.holds(row) : one.holds(row) || other.holds(row)),
        })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ soql, holds }) => {
        const found = org.rows(`SELECT Id FROM Contact WHERE ${soql}`).map((row) => row['Id']);
        expect(found).toEqual(rows.filter((row) => holds(row)).map((row) => row['Id']));
      }),
      { numRuns: 150 },
    );
  });
});

describe('an order', () => {
  test.each([
    ['FirstName, Id', [3, 1, 2, 4]],
    ['FirstName NULLS LAST', [1, 2, 4, 3]],
    ['FirstName DESC NULLS LAST', [4, 2, 1, 3]],
    ['SystemModstamp, Id', [4, 3, 2, 1]],
    ['HasOptedOutOfEmail DESC, Birthdate NULLS FIRST, FirstName', [3, 2, 1, 4]],
    ['Account.Name NULLS LAST, Id DESC', [3, 1, 2, 4]],
  ])('by %s', (order, numbers) => {
    expect(names('Id != null', `ORDER BY ${order}`)).toEqual(numbers.map((number) => PEOPLE[number - 1]?.lastName));
  });

  test('of a change reader is that of stamp and id, whatever the rows', () => {
    const stamps = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(stamps, (seconds) => {
        const people = seconds.map((ago, index) => person(index, { createdMsAgo: 99_000, changedMsAgo: ago * 1_000 }));
        const rows = new Org(people).rows('SELECT Id, SystemModstamp FROM Contact ORDER BY SystemModstamp, Id');
        const keys = rows.map((row) => `${row['SystemModstamp']} ${row['Id']}`);
        expect(keys).toEqual(keys.toSorted((one, other) => (one < other ? -1 : 1)));
        expect(keys).toHaveLength(seconds.length);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a selection', () => {
  test('shows names as defined, parents as objects, children as lists', () => {
    const org = new Org(PEOPLE);
    const [contact, , , alone] = org.rows(
      'SELECT id, ACCOUNT.name, account.owner.alias, MailingAddress FROM contact c ORDER BY Id',
    );
    expect(Object.keys(contact ?? {})).toEqual(['attributes', 'Id', 'Account', 'MailingAddress']);
    expect(contact).toMatchObject({ Account: { attributes: { type: 'Account' }, Name: 'Company 1', Owner: { Alias: 'admin' } } });
    expect(contact?.['MailingAddress']).toMatchObject({ city: 'Bolzano', street: null });
    expect(alone?.['Account']).toBeNull();
    const [account] = org.rows(
      "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName), (SELECT Id FROM Cases) FROM Account WHERE Name = 'Company 1'",
    );
    expect(account).toMatchObject({ Contacts: { totalSize: 1, done: true, records: [{ LastName: "O'Hara" }] }, Cases: null });
    expect(org.rows('SELECT FIELDS(ALL) FROM Contact LIMIT 1')[0]).toHaveProperty('HasOptedOutOfFax', false);
    expect(org.query('SELECT FIELDS(ALL) FROM Contact').status).toBe(400);
    expect(org.query('SELECT Id, Id FROM Contact').status).toBe(400);
  });

  test('counts and groups', () => {
    const org = new Org(PEOPLE);
    expect(org.query('SELECT COUNT() FROM Contact').body).toEqual({ totalSize: 4, done: true, records: [] });
    expect(org.rows('SELECT COUNT(Email), MAX(Birthdate) latest, COUNT_DISTINCT(Email) FROM Contact')).toEqual([
      { attributes: { type: 'AggregateResult' }, expr0: 3, latest: '1980-02-29', expr1: 2 },
    ]);
    expect(org.rows('SELECT LeadSource, COUNT(Id) n FROM Contact GROUP BY LeadSource')).toMatchObject([
      { LeadSource: 'Web', n: 3 },
      { LeadSource: null, n: 1 },
    ]);
    expect(org.query('SELECT LastName, COUNT(Id) FROM Contact GROUP BY LeadSource').body[0].errorCode).toBe('MALFORMED_QUERY');
  });

  test('tells about its columns', () => {
    const columns = (soql: string): Body => new Org(PEOPLE).data('GET', `query?columns=true&q=${encodeURIComponent(soql)}`).body;
    const metadata = columns('SELECT Id, Account.Name FROM Contact');
    expect(metadata).toMatchObject({ entityName: 'Contact', idSelected: true, keyPrefix: '003', groupBy: false });
    expect(metadata['columnMetadata']).toMatchObject([
      { columnName: 'Id', joinColumns: [] },
      { columnName: 'Account', aggregate: false, joinColumns: [{ columnName: 'Name' }] },
    ]);
    expect(columns('SELECT COUNT(Id) FROM Contact')['columnMetadata']).toMatchObject([
      { columnName: 'expr0', displayName: 'COUNT(Id)', aggregate: true },
    ]);
  });
});

describe('pages', () => {
  test('walk through the rows of the time of the query, and end when the locator is too old', () => {
    const org = new Org(Array.from({ length: 450 }, (_, number) => person(number)));
    const paged = { headers: { 'sforce-query-options': 'batchSize=200' } };
    const first = org.data('GET', `query?q=${encodeURIComponent('SELECT Id FROM Contact')}`, undefined, paged).body;
    expect([first.totalSize, first.done, first.records.length]).toEqual([450, false, 200]);
    expect(first.nextRecordsUrl).toMatch(/^\/services\/data\/v62\.0\/query\/0r8\w{15}-200$/);
    org.create('Contact', { LastName: 'Too late' });
    org.data('DELETE', `sobjects/Contact/${org.rows('SELECT Id FROM Contact LIMIT 1 OFFSET 250')[0]?.['Id']}`);
    const second = org.send('GET', first.nextRecordsUrl).body;
    expect(second.records).toHaveLength(199);
    const third = org.send('GET', second.nextRecordsUrl).body;
    expect([third.done, third.records.length, 'nextRecordsUrl' in third]).toEqual([true, 50, false]);
    expect(org.send('GET', first.nextRecordsUrl).body.records).toHaveLength(199);
    org.advance(3 * 86_400_000);
    org.login();
    expect(org.send('GET', first.nextRecordsUrl)).toMatchObject({ status: 400, body: [{ errorCode: 'INVALID_QUERY_LOCATOR' }] });
  });
});

describe('an id', () => {
  test('of 15 characters, or in the wrong case, is the one of 18', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (sequence) => {
        const id = makeId('003', sequence);
        expect(canonicalId(id.slice(0, 15))).toBe(id);
        expect(canonicalId(id.toUpperCase())).toBe(id);
        expect(makeId('003', sequence + 1) > id).toBe(true);
      }),
    );
    expect(canonicalId('001000000000000')).toBe('001000000000000AAA');
    expect(canonicalId('0035000002tqxXX')).toMatch(/^0035000002tqxXX[A-Z0-5]{3}$/);
    expect(canonicalId('too short')).toBeNull();
  });

  test('has the suffix that live orgs give', () => {
    for (const id of ['005xx000001SwiUAAS', '0018M000003uKweQAE', '0050M90000zpxz7QAA'])
      expect(canonicalId(id.slice(0, 15))).toBe(id);
  });
});

test('100,000 contacts load, and are found', () => {
  const people = Array.from({ length: 100_000 }, (_, number) =>
    person(number, { createdMsAgo: 86_400_000 * 500, changedMsAgo: number * 1_000 }),
  );
  const org = new Org(people);
  const emails = people
    .slice(0, 200)
    .map((one) => `'${one.email}'`)
    .join(', ');

  expect(org.rows(`SELECT Id FROM Contact WHERE Email IN (${emails})`)).toHaveLength(200);
  expect(
    org.rows('SELECT Id FROM Contact WHERE SystemModstamp >= 2026-11-22T09:00:00Z ORDER BY SystemModstamp, Id'),
  ).toHaveLength(909);
  expect(org.query('SELECT Id FROM Contact ORDER BY SystemModstamp, Id').body.totalSize).toBe(100_000);
});
