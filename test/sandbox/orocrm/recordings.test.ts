import { describe, expect, test } from 'vitest';
import { differences } from '../core/recorded-shape.ts';
import { addressOf, loadRecording, recordingNames, type RecordedExchange } from '../core/recordings.ts';
import { Installation } from './installation.ts';
import { furnish, LEFT_OUT, REPLAYS } from './replays.ts';

const VENDOR = 'orocrm';

function isLeftOut(name: string): boolean {
  const { path } = loadRecording(VENDOR, name).exchanges[0]!.request;
  return LEFT_OUT.some((one) => (one.path?.test(path) ?? true) && (one.name?.test(name) ?? true));
}

/** Whether something is related, and whether a sum was ever made, is data of the installation. */
const DECIDED_BY_DATA = new Set(['data', 'lifetime']);

const names = recordingNames(VENDOR);
const replayed = names.filter((name) => !isLeftOut(name));

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Ids of operations count from the installation's own start. */
async function send(oro: Installation, { request }: RecordedExchange, body: unknown, operation: string | undefined) {
  const path =
    operation === undefined
      ? addressOf(request)
      : addressOf(request).replace(/asyncoperations\/7/, `asyncoperations/${operation}`);
  if (path === '/oauth2-token') return oro.authenticate(body);
  const options = {
    headers: lowerCased(request.headers),
    anonymous: 'access_token' in (request.query ?? {}),
  };
  return oro.call(request.method, path, body, options);
}

async function replay(name: string): Promise<string[]> {
  const { exchanges, match } = loadRecording(VENDOR, name);
  const { arrange, body } = REPLAYS[name] ?? {};
  const oro = new Installation();
  await furnish(oro);
  await arrange?.(oro);
  const found: string[] = [];
  let operation: string | undefined;
  for (const [index, exchange] of exchanges.entries()) {
    const sent = index === 0 && body !== undefined ? body : (exchange.request.body ?? undefined);
    const answer = await send(oro, exchange, sent, operation);
    const { response } = exchange;
    if (answer.status !== response.status) found.push(`status ${answer.status} ${JSON.stringify(answer.body)}`);
    const allow = lowerCased(response.headers)['allow'];
    if (allow !== undefined && answer.headers['Allow'] !== allow) found.push(`Allow: ${answer.headers['Allow']}`);
    if (response.body !== null)
      found.push(
        ...differences(answer.body ?? null, response.body, {
          match,
          error: response.status >= 400,
          nullable: DECIDED_BY_DATA,
        }),
      );
    if (answer.body?.data?.type === 'asyncoperations') operation = answer.body.data.id as string;
    oro.advance(60_000);
  }
  return found;
}

describe.skipIf(names.length === 0)('recorded exchanges (skipped where ../shared/recordings is not checked out)', () => {
  test('more than half are replayed, and each replay that is prepared belongs to one', () => {
    expect(replayed.length).toBeGreaterThan(names.length / 2);
    expect(replayed).toEqual(expect.arrayContaining(Object.keys(REPLAYS)));
  });

  test.each(replayed)('%s', async (name) => {
    expect(await replay(name)).toEqual([]);
  });
});
