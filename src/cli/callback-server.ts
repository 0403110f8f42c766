/** Waits on loopback for a browser that a vendor sends back. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SynclineError } from '../model/errors.ts';
import type { Callback } from '../operations/login.ts';

const HOST = '127.0.0.1';
const PATH = '/callback';

/**
 * @param port 0 for any that is free
 * @throws SynclineError LOGIN_PORT_TAKEN
 */
export async function listenForCallback(port: number, timeoutMs: number, signal: AbortSignal): Promise<Callback> {
  let judge: ((parameters: URLSearchParams) => boolean) | undefined;
  let settle: (answer: URLSearchParams | undefined) => void = () => undefined;
  const answered = new Promise<URLSearchParams | undefined>((resolve) => {
    settle = resolve;
  });
  const server = createServer((request, response) => {
    const parameters = parametersOf(request, redirect);
    // A page of somebody else may send a browser here as well: it does not know the state.
    const isOurs = parameters !== undefined && judge?.(parameters) === true;
    reply(response, isOurs ? 200 : 400, isOurs ? 'You may close this window.' : 'This is not the answer that was waited for.');
    if (isOurs) settle(parameters);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', () =>
      reject(
        new SynclineError('LOGIN_PORT_TAKEN', `Port ${port} of this machine cannot be listened on.`, {
          hint: 'Choose another with --port; it has to be registered with the vendor as well.',
        }),
      ),
    );
    server.listen(port, HOST, resolve);
  });
  const redirect = `http://${HOST}:${(server.address() as AddressInfo).port}${PATH}`;
  const stop = (): void => settle(undefined);
  signal.addEventListener('abort', stop, { once: true });
  return {
    redirect,
    async answer(accepts) {
      judge = accepts;
      const timer = setTimeout(stop, timeoutMs);
      try {
        const answer = await answered;
        signal.throwIfAborted();
        return answer;
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      signal.removeEventListener('abort', stop);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Of a browser that was sent here by our own address: no other name may lead here. */
function parametersOf({ method, url, headers }: IncomingMessage, redirect: string): URLSearchParams | undefined {
  const expected = new URL(redirect);
  if (method !== 'GET' || headers.host !== expected.host) return undefined;
  const asked = new URL(url ?? '', redirect);
  return asked.pathname === PATH ? asked.searchParams : undefined;
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', Connection: 'close' });
  response.end(`${text}\n`);
}
