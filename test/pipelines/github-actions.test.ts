import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Rehearsal, type Loose, type Outcome } from '../cli/harness.ts';
import { ActiveCampaignAccount } from '../cli/vendor-accounts.ts';
import { openShell, serve, type LocalServer, type Shell } from './shell.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/github-actions/', import.meta.url));
const COMMIT = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00';
const HEAD = 'beefbeefbeefbeefbeefbeefbeefbeefbeefbeef';

interface Comment {
  readonly id: number;
  readonly user: { readonly type: string };
  body: string;
}

let rehearsal: Rehearsal;
let shell: Shell;
let github: LocalServer;
let workflow: Loose;
/** What the forge holds of pull request 7. */
let comments: Comment[];
let pulls: readonly Loose[];

/** GitHub's REST API as far as the steps use it. @source https://docs.github.com/rest */
async function answer(method: string, path: string, body: string): Promise<{ status?: number; body: unknown }> {
  const { pathname } = new URL(path, 'http://forge');
  const part = pathname.replace('/repos/acme/links', '');
  if (part === '/issues/7/comments' && method === 'GET') return { body: comments };
  if (part === '/issues/7/comments') {
    comments.push({ id: comments.length + 1, user: { type: 'Bot' }, ...(JSON.parse(body) as { body: string }) });
    return { status: 201, body: comments.at(-1) };
  }
  const own = /^\/issues\/comments\/(\d+)$/.exec(part);
  if (own !== null && method === 'PATCH') {
    const comment = comments.find(({ id }) => id === Number(own[1]))!;
    comment.body = (JSON.parse(body) as { body: string }).body;
    return { body: comment };
  }
  if (part === `/commits/${COMMIT}/pulls`) return { body: pulls };
  if (part === '/actions/runs')
    return {
      body: {
        workflow_runs: [
          { id: 41, name: 'other', run_number: 9 },
          { id: 42, name: 'syncline', run_number: 8 },
        ],
      },
    };
  if (part === '/pulls/7/reviews')
    return {
      body: [
        { user: { login: 'ada' }, state: 'APPROVED' },
        { user: { login: 'eve' }, state: 'APPROVED' },
        { user: { login: 'eve' }, state: 'CHANGES_REQUESTED' },
      ],
    };
  return { status: 404, body: { message: `${method} ${path}` } };
}

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 12 });
  await cp(EXAMPLE, rehearsal.folder, { recursive: true });
  workflow = parse(await readFile(join(EXAMPLE, '.github/workflows/syncline.yaml'), 'utf8'));
  shell = await openShell(rehearsal);
  github = await serve((request, body) => answer(request.method!, request.url!, body));
  comments = [{ id: 1, user: { type: 'User' }, body: '<!-- syncline:plan stack=sandbox -->\nNothing to see here.' }];
  pulls = [{ number: 7, merge_commit_sha: COMMIT, head: { sha: HEAD }, merged_by: { login: 'ada' } }];
});

afterAll(async () => {
  await shell.close();
  await github.close();
  await rehearsal.close();
});

/** Runs a step with the variables that it declares and those that a runner sets. */
function step(job: string, name: string, given: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const { run, env = {} } = workflow.jobs[job].steps.find((found: Loose) => found.name === name);
  const secrets = Object.fromEntries(
    Object.keys(env).flatMap((variable) =>
      rehearsal.environment[variable] === undefined ? [] : [[variable, rehearsal.environment[variable]]],
    ),
  );
  // The stand-ins' addresses; a stack of real accounts has its own in the configuration.
  const stack = Object.keys(env).length === 0 ? {} : addresses();
  return shell.run(run, {
    ...workflow.env,
    ...secrets,
    ...stack,
    SYNCLINE_STACK: 'sandbox',
    GITHUB_API_URL: github.address,
    GITHUB_REPOSITORY: 'acme/links',
    GITHUB_SHA: COMMIT,
    GITHUB_STEP_SUMMARY: join(rehearsal.folder, 'summary.md'),
    GITHUB_OUTPUT: join(rehearsal.folder, 'output'),
    GITHUB_TOKEN: 'token',
    PULL_REQUEST: '7',
    ...given,
  });
}

function addresses(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(rehearsal.environment).filter(([name]) => name.endsWith('_URL')));
}

async function taken(file: string): Promise<string> {
  const path = join(rehearsal.folder, file);
  const text = await readFile(path, 'utf8');
  await rm(path);
  return text;
}

describe('E14 the pipeline for GitHub', () => {
  it('uses no action but for the checkout, Node and artifacts, and gives a job no more rights than it needs', () => {
    const jobs = Object.values<Loose>(workflow.jobs);
    const uses = jobs.flatMap(({ steps }) => steps.flatMap((found: Loose) => found.uses ?? []));

    expect(new Set(uses.map((action: string) => action.split('@')[0]))).toEqual(
      new Set(['actions/checkout', 'actions/setup-node', 'actions/upload-artifact', 'actions/download-artifact']),
    );
    expect(workflow.permissions).toEqual({ contents: 'read' });
    // What comes with a pull request is no part of a script.
    for (const { steps } of jobs) for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  it('plans into one comment, which is replaced, and into the summary', async () => {
    expect((await step('plan', 'Validate')).code).toBe(0);

    const first = await step('plan', 'Plan');
    const again = await step('plan', 'Plan');

    expect([first.code, again.code], first.stderr + again.stderr).toEqual([0, 0]);
    expect(comments).toHaveLength(2);
    expect(comments[0]!.body).toContain('Nothing to see here.');
    expect(comments[1]!.body).toMatch(/^<!-- syncline:plan stack=sandbox -->\n### Syncline plan .* 16 to add/);
    expect(await taken('summary.md')).toContain('16 to add');
  });

  it('plans for a fork without credentials, and writes no comment', async () => {
    const outcome = await step('plan', 'Plan offline', { GITHUB_TOKEN: '' });

    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await taken('summary.md')).toContain('16 to add');
    expect(comments).toHaveLength(2);
    // The plan of a fork is never kept; the one to apply is the last one made with credentials.
    expect((await step('plan', 'Plan')).code).toBe(0);
  });

  it('points at the line of a mistake, and says in the comment why there is no plan', async () => {
    const path = join(rehearsal.folder, 'link.yaml');
    const before = await readFile(path, 'utf8');
    const plan = await readFile(join(rehearsal.folder, 'plan.json'));
    await rm(join(rehearsal.folder, 'plan.json'));
    await writeFile(path, before.replace('flow: both', 'flow: sideways%0A::set-output'));

    const validated = await step('plan', 'Validate');
    const planned = await step('plan', 'Plan');

    expect(validated.code).toBe(1);
    expect(validated.stdout).toMatch(/^::error file=link\.yaml,line=\d+,col=\d+,title=CONFIG_\w+%3A [^\n]*::[^\n]+\n$/);
    expect(planned.code).toBe(1);
    expect(comments[1]!.body).toMatch(/^<!-- syncline:plan stack=sandbox -->\n### Syncline could not plan \(exit code 1\)/);
    expect(comments[1]!.body).toContain('link.yaml');
    await writeFile(path, before);
    await writeFile(join(rehearsal.folder, 'plan.json'), plan);
    await taken('summary.md');
  });

  it('applies exactly the approved plan on merge, once', async () => {
    const found = await step('apply', 'Find the approved plan');
    expect(found.code, found.stderr).toBe(0);
    const output = await taken('output');
    expect(output).toBe('run=42\napproved_by=ada\n');

    const applied = await step('apply', 'Apply', { APPROVED_BY: 'ada' });
    const again = await step('apply', 'Apply', { APPROVED_BY: 'ada' });

    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain('Apply complete! Resources: 16 added');
    expect(again.code).toBe(4);
    expect(again.stderr).toContain('Saved plan is stale');
    const log = (await rehearsal.syncline('audit', 'log', '--json')).stdout;
    expect(log).toContain('"approved_by_claim":"ada"');
    expect(log).toContain(`"commit_claim":"${COMMIT}"`);
  });

  it('applies nothing that came without a pull request', async () => {
    pulls = [];

    const outcome = await step('apply', 'Find the approved plan');

    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^::error .*nobody has approved/);
  });

  it('reports drift in the morning', async () => {
    expect((await step('drift', 'Look for drift')).code).toBe(0);
    await taken('summary.md');
    await new ActiveCampaignAccount(rehearsal).renameField('City', 'Town');

    const outcome = await step('drift', 'Look for drift');

    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toMatch(/^::error title=Drift::/m);
    expect(await taken('summary.md')).toContain('Town');
  });
});
