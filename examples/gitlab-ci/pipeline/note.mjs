// Writes a file as the one note of Syncline on a merge request: the note of the run before is replaced.
// Needs GITLAB_TOKEN (scope api) and what GitLab sets in a job.
import { readFileSync } from 'node:fs';
import { gitlab, pages } from './gitlab.mjs';

const body = readFileSync(process.argv[2], 'utf8');
const [marker] = body.split('\n', 1);
const notes = `/merge_requests/${process.env.CI_MERGE_REQUEST_IID}/notes`;
const self = await (
  await fetch(`${process.env.CI_API_V4_URL}/user`, { headers: { 'private-token': process.env.GITLAB_TOKEN } })
).json();
// Anybody may write the hidden line; only our own note is replaced.
const before = (await pages(notes)).find((note) => note.author?.id === self.id && note.body.startsWith(marker));
if (before === undefined) await gitlab('POST', notes, { body });
else await gitlab('PUT', `${notes}/${before.id}`, { body });
