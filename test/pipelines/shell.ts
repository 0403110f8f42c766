/**
 * Runs the shell steps of a pipeline as its runner would, in the folder of a rehearsal. `npx` is the only command that is
 * replaced: it hands its command line to this process, so that it runs in the sandbox's time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Outcome, Rehearsal } from '../cli/harness.ts';

const NPX = `#!/usr/bin/env node
const answer = await fetch(process.env.NPX_SERVER, { method: 'POST', body: JSON.stringify({ argv: process.argv.slice(2), environment: process.env }) });
const { code, stdout, stderr } = await answer.json();
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
`;

export interface Shell {
  /** Runs one step with the variables of its job; nothing else of this machine's environment is seen by Syncline. */
  run(script: string, environment: Readonly<Record<string, string>>): Promise<Outcome>;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, body: string) => Promise<{ readonly status?: number; readonly body: unknown }>;

export interface LocalServer {
  readonly address: string;
  close(): Promise<void>;
}

/** A server on loopback that answers JSON; a `Buffer` is answered as it is. */
export async function serve(answer: Answer): Promise<LocalServer> {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status = 200, body } = await answer(request, await text(request));
    response.statusCode = status;
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function openShell(rehearsal: Rehearsal): Promise<Shell> {
  const commands = await mkdtemp(join(tmpdir(), 'syncline-commands-'));
  await writeFile(join(commands, 'npx'), NPX);
  await writeFile(join(commands, 'package.json'), '{ "type": "module" }');
  await chmod(join(commands, 'npx'), 0o755);
  const server = await serve(async (_request, body) => {
    const { argv, environment } = JSON.parse(body) as { argv: readonly string[]; environment: Record<string, string> };
    const hidden = Object.fromEntries(Object.keys(rehearsal.environment).map((name) => [name, undefined]));
    return { body: await rehearsal.synclineIn({ environment: { ...hidden, ...environment } }, ...argv.slice(1)) };
  });
  return {
    async run(script, environment) {
      // As GitHub starts a step that says "shell: bash"; GitLab stops at the first failure as well.
      const step = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
        cwd: rehearsal.folder,
        env: {
          ...environment,
          PATH: [commands, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
          NPX_SERVER: server.address,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, [code]] = await Promise.all([text(step.stdout), text(step.stderr), once(step, 'close')]);
      return { code: code as number, stdout, stderr };
    },
    async close() {
      await server.close();
      await rm(commands, { recursive: true });
    },
  };
}
