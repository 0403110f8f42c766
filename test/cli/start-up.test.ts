import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal } from './harness.ts';
import { QUICK_SYNCLINE, startChild, SYNCLINE, type ChildOutcome } from './processes/child-syncline.ts';

const NOTE_MODULES = fileURLToPath(new URL('./processes/note-modules.mjs', import.meta.url));

let rehearsal: Rehearsal;
let runs = 0;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
});

afterAll(() => rehearsal.close());

/** Runs a command as people run it, and tells which packages it loaded. */
async function loadedBy(
  argv: readonly string[],
  environment: Record<string, string> = {},
  program = SYNCLINE,
): Promise<ChildOutcome & { readonly packages: readonly string[] }> {
  runs += 1;
  const notes = join(rehearsal.folder, `noted-${runs}.txt`);
  const child = startChild(program, rehearsal, argv, {
    environment: { ...environment, NOTED_MODULES: notes },
    node: ['--import', NOTE_MODULES],
  });
  const outcome = await child.ended;
  const text = await readFile(notes, 'utf8');
  return { ...outcome, packages: text.trimEnd().split('\n') };
}

describe('starting', () => {
  it.each([
    [['version'], 0],
    [['validate'], 0],
    [['plan', '--offline'], 0],
    [['plan', '--stack', 'nowhere'], 1],
    [['state', 'list'], 0],
  ] as const)('%s loads neither jsforce nor pg nor the stand-ins', async (argv, code) => {
    const outcome = await loadedBy(argv);

    expect(outcome.code, outcome.stderr).toBe(code);
    expect(outcome.packages).toContain('commander');
    for (const name of ['jsforce', 'pg', 'fastify', '@jetstreamapp/soql-parser-js']) expect(outcome.packages).not.toContain(name);
  });

  it('tells how it ended also where nobody reads what it prints', async () => {
    const child = startChild(SYNCLINE, rehearsal, ['plan', '--offline', '--detailed-exitcode']);
    child.leave();

    expect(await child.ended).toMatchObject({ code: 2, stdout: '' });
  });

  it('a plan loads jsforce with its first call to Salesforce, and not before', async () => {
    const before = await loadedBy(['plan'], { SALESFORCE_CLIENT_SECRET: '' }, QUICK_SYNCLINE);
    const after = await loadedBy(['plan', '--no-data'], {}, QUICK_SYNCLINE);

    expect(before.code).toBe(1);
    expect(before.packages).not.toContain('jsforce');
    expect(after.code, after.stderr).toBe(0);
    expect(after.packages).toContain('jsforce');
    expect(after.packages).not.toContain('fastify');
  });
});
