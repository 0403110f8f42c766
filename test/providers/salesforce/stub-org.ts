/** A scripted Salesforce org on loopback: answers as the vendor's documentation words them, requests recorded. */
import type { ServerResponse } from 'node:http';
import { DEFAULT_HTTP_SETTINGS } from '../../../src/http/settings.ts';
import type { HttpSettings } from '../../../src/http/settings.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { ConnectOptions, Connection } from '../../../src/providers/provider.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';
import { createTestClock } from '../../http/test-clock.ts';
import type { TestClock } from '../../http/test-clock.ts';
import { startStub } from '../../http/stub-server.ts';
import type { StubRequest } from '../../http/stub-server.ts';

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, what makes one of a request, or what does as it likes with the socket. */
export type Step = Answer | ((request: StubRequest) => Answer) | { readonly raw: (response: ServerResponse) => void };

export interface StubOrg {
  readonly origin: string;
  /** API calls in order, token requests not among them. */
  readonly calls: StubRequest[];
  readonly tokenForms: URLSearchParams[];
  /** What the `Date` header says. */
  nowMs: number;
  /** Answers a route; of several steps the last one stays. A later `on` for the same route replaces it. */
  on(method: string, path: string | RegExp, ...steps: Step[]): void;
  /** Requests that no route expected. */
  readonly unexpected: string[];
  close(): Promise<void>;
}

export const ORGANIZATION_ID = '00D5f000000abcDEAQ';
export const USER_ID = '0055f000007wxyzAAA';
export const TOKEN_PATH = '/services/oauth2/token';
export const API = '/services/data/v62.0';

interface Route {
  readonly method: string;
  readonly path: string | RegExp;
  readonly steps: Step[];
}

export async function startStubOrg(): Promise<StubOrg> {
  const routes: Route[] = [];
  const calls: StubRequest[] = [];
  const tokenForms: URLSearchParams[] = [];
  const unexpected: string[] = [];
  let used = 100;
  const stub = await startStub((request, response) => {
    if (request.path === TOKEN_PATH) tokenForms.push(new URLSearchParams(request.body));
    else calls.push(request);
    const route = routes.findLast(
      ({ method, path }) =>
        method === request.method && (typeof path === 'string' ? path === request.path : path.test(request.path)),
    );
    if (route === undefined) unexpected.push(`${request.method} ${request.path}`);
    const step =
      route === undefined ? { status: 404, body: [] } : route.steps.length > 1 ? route.steps.shift()! : route.steps[0]!;
    if ('raw' in step) {
      step.raw(response);
      return;
    }
    const { status = 200, body, headers = {} } = typeof step === 'function' ? step(request) : step;
    used += 1;
    response.writeHead(status, {
      date: new Date(org.nowMs).toUTCString(),
      'content-type': 'application/json;charset=UTF-8',
      'sforce-limit-info': `api-usage=${String(used)}/15000`,
      ...headers,
    });
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });

  const org: StubOrg = {
    origin: stub.origin,
    calls,
    tokenForms,
    unexpected,
    nowMs: Date.parse('2026-01-31T10:00:00Z'),
    on(method, path, ...steps) {
      routes.push({
        method,
        path: typeof path === 'string' && !path.startsWith('/services') ? API + path : path,
        steps: [...steps],
      });
    },
    close: () => stub.close(),
  };
  let tokens = 0;
  org.on('POST', TOKEN_PATH, () => {
    tokens += 1;
    return { body: tokenAnswer(stub.origin, `${ORGANIZATION_ID.slice(0, 15)}!token${String(tokens)}`) };
  });
  return org;
}

export function tokenAnswer(instanceUrl: string, accessToken: string): Record<string, string> {
  return {
    access_token: accessToken,
    instance_url: instanceUrl,
    id: `https://login.salesforce.com/id/${ORGANIZATION_ID}/${USER_ID}`,
    token_type: 'Bearer',
    scope: 'api',
    issued_at: '1732233600000',
  };
}

export interface Connected {
  readonly connection: Connection;
  readonly clock: TestClock;
}

/** Half of each backoff's ceiling is waited for, by a clock that jumps. */
export function connectTo(org: StubOrg, options: Partial<ConnectOptions> & { settings?: Partial<HttpSettings> } = {}): Connected {
  const { settings, ...rest } = options;
  const clock = createTestClock();
  const connection = salesforceProvider.connect({
    integration: 'crm',
    endpoint: org.origin,
    authentication: { method: 'client-credentials', clientId: 'app', clientSecret: new Secret('app-secret-value') },
    clock,
    random: () => 0.5,
    http: { ...DEFAULT_HTTP_SETTINGS, ...settings },
    ...rest,
  });
  return { connection, clock };
}

/** An error body: always an array, even for one. */
export function refusal(errorCode: string, message: string, fields?: readonly string[]): unknown {
  return [{ message, errorCode, ...(fields === undefined ? {} : { fields }) }];
}

export function page(records: readonly Record<string, unknown>[], next?: string): Answer {
  const rows = records.map((record) => ({
    attributes: { type: 'Contact', url: `${API}/sobjects/Contact/${String(record['Id'])}` },
    ...record,
  }));
  return {
    body: {
      totalSize: rows.length,
      done: next === undefined,
      ...(next === undefined ? {} : { nextRecordsUrl: next }),
      records: rows,
    },
  };
}

/** The nth contact id, 18 characters with a valid checksum (no capitals in its last ten places). */
export function contactId(number: number): string {
  return `0035f00000${String(number).padStart(5, '0')}AAA`;
}

export function soqlOf(request: StubRequest): string {
  return request.query.get('q') ?? '';
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const items of pages) all.push(...items);
  return all;
}
