import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal, type Loose } from './harness.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 6 });
});

afterAll(() => rehearsal.close());

/** Policies of this moment, by name: a level and rules. */
async function declare(policies: Readonly<Record<string, string>>): Promise<void> {
  const documents = Object.entries(policies).map(
    ([name, spec]) => `apiVersion: syncline/v1\nkind: Policy\nmetadata: { name: ${name} }\nspec: ${spec}\n`,
  );
  await writeFile(join(rehearsal.folder, 'policies.yaml'), documents.join('---\n'));
}

async function planned(
  ...argv: readonly string[]
): Promise<{ code: number; results: Readonly<Record<string, Loose>>; plan: Loose }> {
  const outcome = await rehearsal.syncline('plan', '--json', ...argv);
  const plan = JSON.parse(outcome.stdout);
  return { code: outcome.code, plan, results: Object.fromEntries(plan.policies.map((one: Loose) => [one.address, one])) };
}

const MANY = `[${Array.from({ length: 101 }, (_, number) => number).join(',')}]`;
const LOOPS = `${MANY}.all(a, ${MANY}.all(b, ${MANY}.all(c, a + b + c >= 0)))`;

describe('E14 policies', () => {
  it('E14 each of the ready ones passes where nothing breaks it, and says what does', async () => {
    await declare({
      'some-deletes': '{ rules: { maximumDeletes: { objects: 0, records: 0 } } }',
      'free-fields': '{ rules: { protectedFields: [{ integration: salesforce, object: Contact, field: Fax }] } }',
      'small-budget': '{ rules: { callBudget: { salesforce: 1 } } }',
      'large-budget': '{ rules: { callBudget: { salesforce: 5000, activecampaign: 5000 } } }',
      'email-stays':
        '{ level: advisory, rules: { protectedFields: [{ integration: activecampaign, object: contact, field: email }] } }',
      'email-never-cleared':
        '{ rules: { protectedFields: [{ integration: activecampaign, object: contact, field: email, against: clear }] } }',
      'nobody-opted-in': '{ rules: { noOptIn: true } }',
      owners: '{ level: advisory, rules: { requiredLabels: [owner] } }',
      'no-replacement': `{ rules: { require: [{ that: 'plan.summary.replace == 0', message: 'Nothing is replaced.' }] } }`,
      'few-additions': `{ level: advisory, rules: { require: [{ that: 'plan.summary.add + 0 <= 3', message: 'Three at a time.' }] } }`,
      'a-misspelling': `{ level: advisory, rules: { require: [{ that: 'plan.sumary.add <= 3', message: 'Misspelt.' }] } }`,
    });
    await rehearsal.edit('link.yaml', 'metadata: { name: person }', 'metadata: { name: person, labels: { owner: crm } }');

    const { code, results, plan } = await planned('--out', 'plan.json');
    const text = (await rehearsal.syncline('show', 'plan.json')).stdout;
    const markdown = (await rehearsal.syncline('show', 'plan.json', '--format', 'markdown')).stdout;
    const html = (await rehearsal.syncline('show', 'plan.json', '--format', 'html')).stdout;
    const applied = await rehearsal.syncline('apply', 'plan.json', '--json');

    const verdicts = Object.fromEntries(Object.entries(results).map(([address, { result }]) => [address.slice(7), result]));
    expect(verdicts).toEqual({
      'some-deletes': 'passed',
      'free-fields': 'passed',
      'small-budget': 'failed',
      'large-budget': 'passed',
      'email-stays': 'failed',
      'email-never-cleared': 'passed',
      'nobody-opted-in': 'passed',
      owners: 'failed',
      'no-replacement': 'passed',
      'few-additions': 'failed',
      'a-misspelling': 'failed',
    });
    expect(code).toBe(4);
    const { planned: calls } = plan.links[0].calls.salesforce;
    expect(results['Policy/small-budget'].message).toBe(`It sends ${calls} calls to salesforce; at most 1 are allowed.`);
    const written = plan.links[0].ends.ac.fields.email.write;
    expect(results['Policy/email-stays'].message).toBe(
      `Link/contacts writes contact.email of ${written} records at activecampaign.`,
    );
    expect(results['Policy/owners'].message).toContain('Resource/ac-city has no label owner.');
    expect(results['Policy/owners'].message).not.toContain('Mapping/person');
    expect(results['Policy/a-misspelling'].message).toContain('It cannot be told');
    expect(text).toMatch(/^Policies: 6 of 11 passed\.$/m);
    expect(text).toContain('Policy/small-budget refuses this plan: It sends');
    expect(markdown.slice(0, 1500)).toContain('refuses this plan');
    expect(html).toContain('refuses this plan');
    expect(applied.code).toBe(4);
    expect(lineOf(applied, 'diagnostic').diagnostic).toMatchObject({ code: 'POLICY_REFUSED', address: 'Policy/small-budget' });
    expect(await rehearsal.writes()).toBe(0);
    expect((await rehearsal.syncline('state', 'list')).stdout.trim()).toBe('');
  });

  it('E14 a policy that would take for ever is stopped, and refuses', async () => {
    await declare({ loops: `{ rules: { require: [{ that: '${LOOPS}', message: 'Counted.' }] } }` });

    const { code, results } = await planned('--no-data');

    expect(code).toBe(4);
    expect(results['Policy/loops'].message).toBe('Counted. (It cannot be told: it takes more than 1000000 steps.)');
  });

  it.each([
    ['plan.summary.add <', 4, 'not valid'],
    ['plans.summary.add == 1', 4, 'plans'],
    ['plan.stack.matches("(a+)+b")', 4, 'Regular expressions'],
  ])('E14 %s is refused where it stands', async (that, line, words) => {
    await declare({ wrong: `{ rules: { require: [{ that: '${that}', message: 'Never.' }] } }` });

    const outcome = await rehearsal.syncline('validate', '--json');

    expect(outcome.code).toBe(1);
    expect(lineOf(outcome, 'diagnostic').diagnostic).toMatchObject({ code: 'POLICY_CONDITION_INVALID', line, column: 36 });
    expect(lineOf(outcome, 'diagnostic').diagnostic.detail).toContain(words);
  });

  it('E14 what was not read is not judged: a plan says so, and applying it is refused', async () => {
    await declare({ 'nobody-opted-in': '{ rules: { noOptIn: true } }' });

    const { code, results } = await planned('--no-data', '--out', 'plan.json');
    const refused = await rehearsal.syncline('apply', 'plan.json');

    expect(code).toBe(0);
    expect(results['Policy/nobody-opted-in']).toMatchObject({ result: 'unknown' });
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('the records of Link/contacts were not read');
    expect(await rehearsal.writes()).toBe(0);
  });

  it('E14 a freeze is judged by the time at which a plan is applied', async () => {
    const now = rehearsal.sandbox.clock.now();
    const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const day = new Intl.DateTimeFormat('en-US', { weekday: 'long', timeZone: 'UTC' }).format(now - 48 * 3_600_000).toLowerCase();
    await declare({
      holidays: `{ rules: { freeze: { windows: [{ from: '${at(1)}', until: '${at(3)}' }], weekdays: [${day}] } } }`,
    });

    const before = await planned('--out', 'plan.json');
    await rehearsal.advance('PT2H');
    const within = await rehearsal.syncline('apply', 'plan.json');
    await rehearsal.advance('PT2H');
    const after = await rehearsal.syncline('apply', 'plan.json');

    expect(before.code).toBe(0);
    expect(within.code).toBe(4);
    expect(within.stderr).toContain(`Nothing is applied from ${at(1)} until ${at(3)}.`);
    expect(after.code, after.stderr).toBe(0);
    expect((await rehearsal.syncline('state', 'list')).stdout).toContain('Policy/holidays');
  });

  it('E14 what was applied as a policy is asked by destroy, which reads no file', async () => {
    await declare({ holidays: '{ rules: { maximumDeletes: { objects: 1 } } }' });
    expect((await rehearsal.syncline('apply', '-y')).code).toBe(0);
    for (const file of ['policies.yaml', 'link.yaml', 'resources.yaml', 'person.test.yaml'])
      await rm(join(rehearsal.folder, file));
    const writes = await rehearsal.writes();

    const refused = await rehearsal.syncline('destroy', '-y');
    const part = await rehearsal.syncline('destroy', '-y', '--target', 'Link/contacts');

    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('Policy/holidays: It destroys ');
    expect(part.code, part.stderr).toBe(0);
    expect(await rehearsal.writes()).toBe(writes);
    expect(await readFile(join(rehearsal.folder, 'state', 'syncline.state.json'), 'utf8')).toContain('Policy/holidays');
  });
});
