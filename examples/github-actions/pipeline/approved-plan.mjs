// Finds what was approved for the commit that was merged: prints `run=ID` of the workflow run that keeps the plan as an
// artifact, and `approved_by=LOGINS` of those whose approval stood at the end. GITHUB_SHA names the commit.
import { github, pages } from './github.mjs';

const commit = process.env.GITHUB_SHA;
const [pull] = (await github('GET', `/commits/${commit}/pulls`)).filter(({ merge_commit_sha }) => merge_commit_sha === commit);
if (pull === undefined) stop(`${commit} came without a pull request, so nobody has approved a plan of it.`);

const { workflow_runs: runs } = await github('GET', `/actions/runs?event=pull_request&status=success&head_sha=${pull.head.sha}`);
const [run] = runs.filter(({ name }) => name === 'syncline').sort((one, other) => other.run_number - one.run_number);
if (run === undefined) stop(`No successful plan was made for #${pull.number} at ${pull.head.sha}.`);

const last = new Map();
for (const { user, state } of await pages(`/pulls/${pull.number}/reviews`))
  if (state === 'APPROVED' || state === 'CHANGES_REQUESTED' || state === 'DISMISSED') last.set(user.login, state);
const approvers = [...last].flatMap(([login, state]) => (state === 'APPROVED' ? [login] : []));
process.stdout.write(
  `run=${run.id}\napproved_by=${approvers.join(',') || `merged by ${pull.merged_by?.login ?? 'nobody known'}`}\n`,
);

function stop(why) {
  process.stderr.write(`::error title=No approved plan::${why}\n`);
  process.exit(1);
}
