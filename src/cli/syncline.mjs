#!/usr/bin/env node
// Runs the working tree where there is one, and the published build elsewhere; under the project's
// own Node where the machine's is too old to do so.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const ownNode = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));

if (major > 22 || (major === 22 && minor >= 19)) {
  // Half of the time of a short command is spent on compiling what was compiled before.
  module.enableCompileCache();
  const source = new URL('./main.ts', import.meta.url);
  const { main } = await import(existsSync(source) ? source.href : new URL('../../dist/cli/main.js', import.meta.url).href);
  await main();
} else if (existsSync(ownNode)) {
  const child = spawn(ownNode, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1);
  });
} else {
  process.stderr.write(`Syncline needs Node 22.19 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 1;
}
