// Counts a plan for GitLab's widget: `syncline show plan.json --format json | node report.mjs`.
import { readFileSync } from 'node:fs';

const actions = JSON.parse(readFileSync(0, 'utf8')).resource_changes.flatMap(({ change }) => change.actions);
const count = (action) => actions.filter((found) => found === action).length;
process.stdout.write(`${JSON.stringify({ create: count('create'), update: count('update'), delete: count('delete') })}\n`);
