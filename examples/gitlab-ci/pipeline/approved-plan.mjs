// Fetches the plan that was approved for the commit that was merged, into the named file, and prints who approved it.
import { writeFileSync } from 'node:fs';
import { gitlab } from './gitlab.mjs';

const commit = process.env.CI_COMMIT_SHA;
const json = async (path) => (await gitlab('GET', path)).json();
const merged = (await json(`/repository/commits/${commit}/merge_requests`)).find(
  ({ state, merge_commit_sha, squash_commit_sha, sha }) =>
    state === 'merged' && [merge_commit_sha, squash_commit_sha, sha].includes(commit),
);
if (merged === undefined) stop(`${commit} came without a merge request, so nobody has approved a plan of it.`);

const { head_pipeline: pipeline } = await json(`/merge_requests/${merged.iid}`);
const jobs = pipeline === null ? [] : await json(`/pipelines/${pipeline.id}/jobs`);
const plan = jobs.find(({ name, status }) => name === 'plan' && status === 'success');
if (plan === undefined) stop(`No successful plan was made for !${merged.iid}.`);

const artifact = await gitlab('GET', `/jobs/${plan.id}/artifacts/plan.json`);
writeFileSync(process.argv[2], Buffer.from(await artifact.arrayBuffer()), { mode: 0o600 });
const { approved_by: approvers } = await json(`/merge_requests/${merged.iid}/approvals`);
const names = approvers.map(({ user }) => user.username);
process.stdout.write(names.length > 0 ? names.join(',') : `merged by ${merged.merge_user?.username ?? 'nobody known'}`);

function stop(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
