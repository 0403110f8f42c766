import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, Rehearsal } from './harness.ts';

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
});

afterEach(() => rehearsal.close());

const COMMANDS = [['validate'], ['plan'], ['plan', '-o', 'plan.json'], ['apply', '-y'], ['check']];

describe('E1 a broken configuration', () => {
  it('is told with all its mistakes at once, and nothing is written', async () => {
    await rehearsal.edit(
      'link.yaml',
      '- { sf: FirstName, ac: firstName, flow: both }',
      '- { sf: FirstName, ac: firstName, flow: sideways }',
    );
    await rehearsal.edit('link.yaml', 'mapping: person', 'mapping: persn');
    await rehearsal.edit('resources.yaml', 'type: activecampaign/tag', 'type: activecampaign/tagg');
    await rehearsal.edit('resources.yaml', 'integration: salesforce', 'integration: salesfroce');
    await rehearsal.edit('integrations.yaml', 'token: { env: ACTIVECAMPAIGN_TOKEN }', 'token: a-literal-secret-of-ours');
    const before = await rehearsal.everything();

    for (const argv of COMMANDS) {
      const outcome = await rehearsal.syncline(...argv);

      expect(outcome.code, argv.join(' ')).toBe(1);
      for (const place of [/link\.yaml:\d+:\d+/, /resources\.yaml:\d+:\d+/, /integrations\.yaml:\d+:\d+/])
        expect(outcome.stderr).toMatch(place);
      for (const hint of ['did you mean "person"', 'did you mean "activecampaign/tag"', 'did you mean "salesforce"']) {
        expect(outcome.stderr.toLowerCase(), argv.join(' ')).toContain(hint);
      }
      expect(outcome.stderr).toContain('sideways');
      expect(outcome.stdout + outcome.stderr).not.toContain('a-literal-secret-of-ours');
      expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
      expect(outcome.stdout).toBe('');
    }
    expect(await rehearsal.everything()).toEqual(before);
    expect(await rehearsal.writes()).toBe(0);
  });

  it('names the standard field that was meant, whether it is mapped or not', async () => {
    await rehearsal.edit('link.yaml', '{ sf: Phone, ac: phone, flow: both }', '{ sf: Phnoe, ac: phon, flow: both }');

    const { code, stderr } = await rehearsal.syncline('validate');

    expect(code).toBe(1);
    expect(stderr).toMatch(/no field Phnoe at "sf"\.\n {2}hint: did you mean "Phone"\?/);
    expect(stderr).toMatch(/no field phon at "ac"\.\n {2}hint: did you mean "phone"\?/);
  });

  it('is told before any account is asked that nothing is written to a field that cannot be blank', async () => {
    await rehearsal.edit('link.yaml', "    - { sf: LastName, ac: lastName, flow: both, whenBlank: { sf: '-' } }\n", '');
    await rehearsal.edit('link.yaml', '[sf.FirstName, sf.LastName]', '[sf.FirstName]');

    const { code, stderr } = await rehearsal.syncline('validate');

    expect(code).toBe(1);
    expect(stderr).toContain('Records may be created at "sf", where LastName cannot be blank');
  });

  it.each([
    ['no YAML', 'link.yaml', 'apiVersion: syncline/v1\nkind: Link\n  x: [\n'],
    [
      'a file that is not UTF-8',
      'link.yaml',
      Buffer.concat([
        Buffer.from('apiVersion: syncline/v1\nkind: Link\nmetadata: { name: '),
        Buffer.from([0xff, 0xfe, 0x20, 0x7d, 0x0a]),
      ]),
    ],
    [
      'an alias bomb',
      'bomb.yaml',
      `apiVersion: syncline/v1\nkind: Link\na: &a [x, x]\n${'bcdefghij'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`)
        .join('\n')}\n`,
    ],
    ['a thousand levels', 'deep.yaml', `apiVersion: syncline/v1\nkind: Link\nspec: ${'['.repeat(1000)}${']'.repeat(1000)}\n`],
    [
      'a prototype',
      'proto.yaml',
      'apiVersion: syncline/v1\nkind: Resource\nmetadata: { name: x }\nspec: { __proto__: { polluted: true } }\n',
    ],
    [
      'a duplicate',
      'twice.yaml',
      'apiVersion: syncline/v1\nkind: Integration\nmetadata: { name: salesforce, name: salesforce }\nspec: {}\n',
    ],
  ])('of %s ends with a message and without a stack trace', async (_, file, content) => {
    await writeFile(join(rehearsal.folder, file), content);

    for (const argv of COMMANDS) {
      const outcome = await rehearsal.syncline(...argv);
      expect(outcome.code, argv.join(' ')).toBe(1);
      expect(outcome.stderr).toContain(file);
      expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(await rehearsal.writes()).toBe(0);
  });

  it('is told in JSON with place and hint, and in no other words', async () => {
    await rehearsal.edit('link.yaml', 'mapping: person', 'mapping: persn');

    const outcome = await rehearsal.syncline('validate', '--json');

    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    const found = jsonLines(outcome);
    expect(found.find((line) => line.type === 'diagnostic').diagnostic).toMatchObject({
      severity: 'error',
      file: 'link.yaml',
      line: expect.any(Number),
      hint: expect.stringContaining('person'),
    });
    expect(found.at(-1)).toMatchObject({ valid: false, error_count: expect.any(Number) });
  });

  it('that only the vendor can tell is refused before anything is written', async () => {
    await rehearsal.edit('link.yaml', 'sf: MailingCity', 'sf: MailingCty');

    const outcome = await rehearsal.syncline('apply', '-y');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('MailingCty');
    expect(await rehearsal.writes()).toBe(0);
  });

  it('names what already exists and was not made by Syncline', async () => {
    const tag = { tag: { tag: 'synced-with-salesforce', tagType: 'contact', description: '' } };
    const origin = rehearsal.sandbox.origins['activecampaign']!;
    await fetch(`${origin}/api/3/tags`, { method: 'POST', headers: { 'api-token': 'sandbox' }, body: JSON.stringify(tag) });
    const writes = await rehearsal.writes();

    const outcome = await rehearsal.syncline('apply', '-y');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('RESOURCE_EXISTS');
    expect(outcome.stderr).toContain('already holds activecampaign/tag "synced-with-salesforce"');
    expect(outcome.stderr).toContain('adopt: true');
    expect(await rehearsal.writes()).toBe(writes);
  });
});

describe('the command line', () => {
  it.each([
    ['apply', '--parallelism', '0'],
    ['destroy', '--parallelism', '-1'],
    ['apply', '--parallelism', 'many'],
    ['plan', '--log-level', 'loud'],
  ])('refuses %s %s %s', async (command, flag, value) => {
    const outcome = await rehearsal.syncline(command, flag, value);

    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(new RegExp(`^error: option '${flag} <.+>' argument '${value}' is invalid\\.`));
  });

  it.each(['trace', 'debug', 'DEBUG'])('tells where an error came from with SYNCLINE_LOG=%s', async (SYNCLINE_LOG) => {
    const unknown = ['state', 'show', 'Resource/none'] as const;
    const stack = /^ +at .+\.ts:\d+:\d+/m;

    expect((await rehearsal.synclineIn({ environment: { SYNCLINE_LOG } }, ...unknown)).stderr).toMatch(stack);
    expect((await rehearsal.syncline(...unknown)).stderr).not.toMatch(stack);
  });

  it.each(['link.yaml', 'link.yaml/below'])('refuses to work in %s, which is no folder', async (place) => {
    for (const command of ['plan', 'fmt', 'init']) {
      const { code, stderr } = await rehearsal.syncline(command, '-C', place);

      expect(code).toBe(1);
      expect(stderr).toMatch(/link\.yaml\S* is no folder[^]*FOLDER_UNUSABLE/);
      expect(stderr).not.toContain('ENOTDIR');
    }
  });
});

describe('init', () => {
  it('makes a folder that plans at once', async () => {
    const made = await rehearsal.syncline('init', 'my-links');
    const planned = await rehearsal.syncline('plan', '-C', 'my-links', '--detailed-exitcode');

    expect(made.code, made.stderr).toBe(0);
    expect(planned.code, planned.stderr).toBe(2);
    expect(planned.stdout).toContain('Plan: 16 to add, 0 to change, 0 to destroy.');
    expect((await rehearsal.files('my-links')).size).toBeGreaterThan(3);
  });

  it.each([
    ['a file', 'link.yaml'],
    ['a place below a file', 'link.yaml/a/b'],
    ['a place where the system makes no folder', '/proc/my-links/a'],
  ])('says of %s that no folder can be made there', async (_, place) => {
    const before = await rehearsal.files();

    const outcome = await rehearsal.syncline('init', place);

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('FOLDER_UNUSABLE');
    expect(outcome.stderr).toContain('syncline init my-links');
    expect(await rehearsal.files()).toEqual(before);
  });

  it('overwrites nothing', async () => {
    const before = await rehearsal.everything();

    const outcome = await rehearsal.syncline('init');

    expect(outcome.code).toBe(1);
    expect(await rehearsal.everything()).toEqual(before);
  });
});
