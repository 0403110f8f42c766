import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Rehearsal, type Loose, type Outcome } from '../cli/harness.ts';
import { openShell, serve, type LocalServer, type Shell } from './shell.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/gitlab-ci/', import.meta.url));
const COMMIT = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';

interface Note {
  readonly id: number;
  readonly author: { readonly id: number };
  body: string;
}

let rehearsal: Rehearsal;
let shell: Shell;
let gitlab: LocalServer;
let pipeline: Loose;
let notes: Note[];
/** What the plan's job kept. */
let artifact: Buffer;

/** GitLab's REST API as far as the jobs use it. @source https://docs.gitlab.com/api/rest/ */
async function answer(method: string, path: string, body: string): Promise<{ status?: number; body: unknown }> {
  const { pathname } = new URL(path, 'http://forge');
  const part = pathname.replace('/projects/5', '');
  const said = (): string => (JSON.parse(body) as { body: string }).body;
  if (part === '/user') return { body: { id: 100 } };
  if (part === '/merge_requests/7/notes' && method === 'GET') return { body: notes };
  if (part === '/merge_requests/7/notes') {
    notes.push({ id: notes.length + 1, author: { id: 100 }, body: said() });
    return { status: 201, body: notes.at(-1) };
  }
  const own = /^\/merge_requests\/7\/notes\/(\d+)$/.exec(part);
  if (own !== null && method === 'PUT') {
    const note = notes.find(({ id }) => id === Number(own[1]))!;
    note.body = said();
    return { body: note };
  }
  if (part === `/repository/commits/${COMMIT}/merge_requests`)
    return { body: [{ iid: 7, state: 'merged', merge_commit_sha: COMMIT, merge_user: { username: 'ada' } }] };
  if (part.startsWith('/repository/commits/')) return { body: [] };
  if (part === '/merge_requests/7') return { body: { head_pipeline: { id: 42 } } };
  if (part === '/pipelines/42/jobs')
    return {
      body: [
        { id: 9, name: 'validate', status: 'success' },
        { id: 10, name: 'plan', status: 'success' },
      ],
    };
  if (part === '/jobs/10/artifacts/plan.json') return { body: artifact };
  if (part === '/merge_requests/7/approvals')
    return { body: { approved_by: [{ user: { username: 'ada' } }, { user: { username: 'bob' } }] } };
  return { status: 404, body: { message: `${method} ${path}` } };
}

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 12 });
  await cp(EXAMPLE, rehearsal.folder, { recursive: true });
  pipeline = parse(await readFile(join(EXAMPLE, '.gitlab-ci.yml'), 'utf8'));
  shell = await openShell(rehearsal);
  gitlab = await serve((request, body) => answer(request.method!, request.url!, body));
  notes = [{ id: 1, author: { id: 3 }, body: '<!-- syncline:plan stack=sandbox -->\nNothing to see here.' }];
});

afterAll(async () => {
  await shell.close();
  await gitlab.close();
  await rehearsal.close();
});

/** Runs a job with what GitLab sets and, where it is protected, the project's secrets. */
function job(name: string, given: Readonly<Record<string, string>> = {}, secrets = rehearsal.environment): Promise<Outcome> {
  return shell.run(pipeline[name].script.join('\n'), {
    ...pipeline.variables,
    ...secrets,
    SYNCLINE_STACK: 'sandbox',
    CI_API_V4_URL: gitlab.address,
    CI_PROJECT_ID: '5',
    CI_MERGE_REQUEST_PROJECT_ID: '5',
    CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '5',
    CI_MERGE_REQUEST_IID: '7',
    CI_COMMIT_SHA: COMMIT,
    GITLAB_TOKEN: 'token',
    ...given,
  });
}

describe('E14 the pipeline for GitLab', () => {
  it('plans into one note, which is replaced, and counts for the widget', async () => {
    const first = await job('plan');
    const again = await job('plan');

    expect([first.code, again.code], first.stderr + again.stderr).toEqual([0, 0]);
    expect(notes).toHaveLength(2);
    expect(notes[0]!.body).toContain('Nothing to see here.');
    expect(notes[1]!.body).toMatch(/^<!-- syncline:plan stack=sandbox -->\n### Syncline plan .* 16 to add/);
    expect(JSON.parse(await readFile(join(rehearsal.folder, 'report.json'), 'utf8'))).toEqual({
      create: 16,
      update: 0,
      delete: 0,
    });
    artifact = await readFile(join(rehearsal.folder, 'plan.json'));
  });

  // Its own pipelines run in the fork; a member of the project can run one in the project.
  it.each(['6', '5'])('plans for a fork in project %s without credentials, and writes no note', async (project) => {
    const before = structuredClone(notes);

    const given = { CI_PROJECT_ID: project, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '6', GITLAB_TOKEN: '' };
    const outcome = await job('plan', given, {});

    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stdout).toContain('16 to add');
    expect(notes).toEqual(before);
  });

  it('reports a mistake at its line', async () => {
    const path = join(rehearsal.folder, 'link.yaml');
    const before = await readFile(path, 'utf8');
    await writeFile(path, before.replace('flow: both', 'flow: sideways'));

    const outcome = await job('validate', {}, {});

    await writeFile(path, before);
    expect(outcome.code).toBe(1);
    const report = JSON.parse(await readFile(join(rehearsal.folder, 'code-quality.json'), 'utf8')) as Loose[];
    expect(report[0]).toMatchObject({
      check_name: 'CONFIG_INVALID_VALUE',
      severity: 'critical',
      location: { path: 'link.yaml' },
    });
    expect(report[0].location.lines.begin).toBeGreaterThan(1);
    expect(new Set(report.map(({ fingerprint }) => fingerprint)).size).toBe(report.length);
  });

  it('applies exactly the approved plan on merge, once', async () => {
    await rm(join(rehearsal.folder, 'plan.json'));

    const applied = await job('apply');
    const again = await job('apply');

    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Apply complete! Resources: 16 added');
    expect(again.code).toBe(4);
    expect((await rehearsal.syncline('audit', 'log', '--json')).stdout).toContain('"approved_by_claim":"ada,bob"');
  });

  it('applies nothing that came without a merge request', async () => {
    const outcome = await job('apply', { CI_COMMIT_SHA: 'dead00' });

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('nobody has approved a plan');
  });

  it('is quiet where nothing has drifted', async () => {
    expect((await job('drift')).code).toBe(0);
  });
});
