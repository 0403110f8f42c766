import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineOf, Rehearsal } from './harness.ts';

const UNTIDY = `# The tag that everybody gets.

kind: Resource   # of ActiveCampaign
apiVersion: syncline/v1
metadata: {name: untidy}
spec:
    integration:   activecampaign
    type: "activecampaign/tag"
    # What it is called there.
    attributes: {tag: "it's here",   description: 'quoted' }
`;
const TIDY = `# The tag that everybody gets.

apiVersion: syncline/v1
kind: Resource # of ActiveCampaign
metadata: { name: untidy }
spec:
  integration: activecampaign
  type: 'activecampaign/tag'
  # What it is called there.
  attributes: { tag: "it's here", description: 'quoted' }
`;

let rehearsal: Rehearsal;

beforeEach(async () => {
  rehearsal = await Rehearsal.start({ people: 0 });
});

afterEach(() => rehearsal.close());

const path = (name: string): string => join(rehearsal.folder, name);
const read = (name: string): Promise<string> => readFile(path(name), 'utf8');

describe('E1 fmt', () => {
  it('puts files into their canonical form with their comments; --check only tells which it would', async () => {
    await writeFile(path('untidy.yaml'), UNTIDY, { mode: 0o640 });
    await mkdir(path('tests'));
    await writeFile(path('tests/some.test.yaml'), (await read('person.test.yaml')).replaceAll('\n', '\r\n'));

    const checked = await rehearsal.syncline('fmt', '--check');
    expect(checked).toMatchObject({ code: 2, stdout: 'tests/some.test.yaml\nuntidy.yaml\n', stderr: '' });
    expect(await read('untidy.yaml')).toBe(UNTIDY);

    const formatted = await rehearsal.syncline('fmt', '--json');
    expect(formatted.code, formatted.stderr).toBe(0);
    expect(lineOf(formatted, 'formatting')).toMatchObject({ check: false, changed: ['tests/some.test.yaml', 'untidy.yaml'] });
    expect(await read('untidy.yaml')).toBe(TIDY);
    expect((await stat(path('untidy.yaml'))).mode & 0o777).toBe(0o640);
    expect(await read('tests/some.test.yaml')).toBe(await read('person.test.yaml'));
    expect(await rehearsal.syncline('fmt', '--check')).toMatchObject({ code: 0, stdout: '' });
    expect((await rehearsal.syncline('validate')).code).toBe(0);
  });

  it('leaves alone what is not ours, and what cannot be read, which it reports', async () => {
    const foreign = 'services: {web:   {image: x}}\n';
    const broken = 'apiVersion: syncline/v1\nkind: Resource\nmetadata: { name: x\n';
    await writeFile(path('compose.yaml'), foreign);
    await writeFile(path('mixed.yaml'), `${UNTIDY}---\n${foreign}`);
    await writeFile(path('broken.yaml'), broken);

    const outcome = await rehearsal.syncline('fmt');

    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('broken.yaml:') as string });
    expect([await read('compose.yaml'), await read('broken.yaml')]).toEqual([foreign, broken]);
    expect(await read('mixed.yaml')).toBe(`${UNTIDY}---\n${foreign}`);
  });
});
