// Writes a file as the one comment of Syncline on a pull request: the comment of the run before is replaced.
// Needs GITHUB_TOKEN with pull-requests: write, GITHUB_REPOSITORY, and PULL_REQUEST (its number).
import { readFileSync } from 'node:fs';
import { github, pages } from './github.mjs';

const body = readFileSync(process.argv[2], 'utf8');
const [marker] = body.split('\n', 1);
const comments = await pages(`/issues/${process.env.PULL_REQUEST}/comments`);
// Anybody may write the hidden line; only what a bot wrote is replaced.
const before = comments.find((comment) => comment.user?.type === 'Bot' && comment.body?.startsWith(marker));
if (before === undefined) await github('POST', `/issues/${process.env.PULL_REQUEST}/comments`, { body });
else await github('PATCH', `/issues/comments/${before.id}`, { body });
