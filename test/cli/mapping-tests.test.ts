import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal } from './harness.ts';

const HEAD = 'apiVersion: syncline/v1\nkind: MappingTest\nmetadata: { name: more }\nspec:\n  mapping: person\n  cases:\n';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
});

afterAll(() => rehearsal.close());

async function testing(text: string, ...argv: readonly string[]) {
  await writeFile(join(rehearsal.folder, 'more.test.yaml'), text);
  return rehearsal.synclineIn({ environment: {} }, 'test', 'more.test.yaml', ...argv);
}

describe('E11 mapping tests', () => {
  it('pass for the example, need no account, and change nothing about a plan', async () => {
    const offline = await rehearsal.synclineIn(
      { environment: { SALESFORCE_CLIENT_ID: undefined, SALESFORCE_CLIENT_SECRET: undefined, ACTIVECAMPAIGN_TOKEN: undefined } },
      'test',
    );
    const validated = await rehearsal.syncline('validate', '--json');

    expect(offline).toMatchObject({ code: 0, stderr: '' });
    expect(offline.stdout).toMatch(/^pass {2}person: a Salesforce contact arrives/);
    expect(offline.stdout).toMatch(/\n {2}Birthdate +holds \(1 value\)\n/);
    expect(offline.stdout).toMatch(/\nSuccess! \d+ passed, 0 failed\.\n$/);
    expect(JSON.parse(validated.stdout).files).not.toContain('person.test.yaml');
    expect(await rehearsal.writes()).toBe(0);
  });

  it('tell what arrived in place of what was expected, at the line of the expectation', async () => {
    const { code, stdout } = await testing(
      `${HEAD}    - name: wrong on purpose
      given: { sf: { FirstName: Ada, LastName: Lovelace } }
      expect:
        ac:
          field/Full Name: Ada
          lastName: Lovelace
    - name: nothing is refused
      given: { sf: { LastName: Lovelace } }
      refuse: { ac: { lastName: too long } }
    - name: refused by surprise
      given: { ac: { lastName: ${'x'.repeat(81)} } }
`,
    );

    expect(code).toBe(1);
    expect(stdout).toContain(
      'FAIL  more: wrong on purpose\n      more.test.yaml:11:28  ac field/Full Name\n        expected "Ada"\n        but      "Ada Lovelace"\n',
    );
    expect(stdout).toContain('        expected a refusal that says "too long"\n        but      "Lovelace"\n');
    expect(stdout).toMatch(/refused by surprise\n.* sf LastName\n {8}expected nothing\n {8}but {6}it is refused: .*stores 80/);
    expect(stdout).toMatch(/Failure! 0 passed, 3 failed\.\n$/);
  });

  it('are told in JSON, too', async () => {
    const { code, stdout } = await testing(
      `${HEAD}    - { name: one, given: { sf: { LastName: L } }, expect: { ac: { lastName: M } } }\n`,
      '--json',
    );

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'mapping_tests',
      passed: 0,
      failed: 1,
      cases: [
        { test: 'more', name: 'one', passed: false, mismatches: [{ end: 'ac', path: 'lastName', expected: 'M', actual: 'L' }] },
      ],
      round_trips: [{ mapping: 'person', field: 'LastName', values: 1, result: 'holds' }],
    });
  });

  it('show a value that comes back in another spelling', async () => {
    const { code, stdout } = await testing(`${HEAD}    - { name: dash, given: { ac: { lastName: '-' } }, expect: {} }\n`);

    expect(stdout).toContain('LastName  is respelt, and counts as the same: "-" becomes "-" and comes back as nothing');
    expect(code).toBe(0);
  });

  it('are refused with all mistakes at once where they name what there is not', async () => {
    const { code, stdout, stderr } = await testing(
      `${HEAD}    - name: mistakes
      given: { sff: { LastName: L } }
      expect: { ac: { lastNam: L } }
    - name: more mistakes
      given: { sf: { Birthdate: yesterday, Nonsense: 1 } }
---
apiVersion: syncline/v1
kind: MappingTest
metadata: { name: lost }
spec: { mapping: persn, cases: [{ name: a, given: { sf: { LastName: L } } }] }
---
apiVersion: syncline/v1
kind: Mapping
metadata: { name: misplaced }
spec: { between: { a: salesforce/Contact, b: activecampaign/contact }, match: [{ a: Email, b: email }], fields: [] }
`,
    );

    expect(code).toBe(1);
    for (const said of [
      '"sff"',
      '"lastNam"',
      '"Nonsense"',
      'No record of sf holds this',
      'did you mean "person"',
      'holds no Mapping',
    ])
      expect(stderr).toContain(said);
    expect(stderr).toMatch(/more\.test\.yaml:8:\d+/);
    expect(stdout).toContain('Failure! 0 passed, 0 failed.');
  });

  it('do not run where the configuration is not valid, or stand in a file that is not theirs', async () => {
    await writeFile(
      join(rehearsal.folder, 'stray.yaml'),
      `${HEAD}    - { name: one, given: { sf: { LastName: L } }, expect: { ac: { lastName: L } } }\n`,
    );

    const { code, stderr } = await testing(`${HEAD}    - { name: one, given: { sf: { LastName: L } } }\n`);

    expect(code).toBe(1);
    expect(stderr).toContain('CONFIG_MISPLACED_DOCUMENT');
    expect(stderr).toContain('move it to stray.test.yaml');
  });
});
