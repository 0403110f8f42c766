// Notes which packages a process loads, by require or by import, one a line.
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const noted = new Set();

registerHooks({
  load(url, context, nextLoad) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name !== undefined && !noted.has(name)) {
      noted.add(name);
      appendFileSync(process.env.NOTED_MODULES, `${name}\n`);
    }
    return nextLoad(url, context);
  },
});
