import { describe, expect, test } from 'vitest';
import { differences } from '../core/recorded-shape.ts';
import { addressOf, loadRecording, recordingNames } from '../core/recordings.ts';
import { peopled, type Account, type Reply } from './account.ts';
import { LEFT_OUT, REPLAYS } from './replays.ts';

const VENDOR = 'dotdigital';
const names = recordingNames(VENDOR);
const OPEN = new Set(['dataFields', 'identifiers', '_links']);

/** Some recordings keep an answer as text although it is JSON, once with a comma too many. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string' || !body.startsWith('[\n')) return body;
  return JSON.parse(body.replace(/,\s*\]$/, ']')) as unknown;
}

/** Sends the requests of a recording in turn; an id that one answer names stands in the path of the next. */
async function replay(name: string): Promise<string[]> {
  const { exchanges, match } = loadRecording(VENDOR, name);
  const { settings, arrange, body, options, nullable, newer, loose, status } = REPLAYS[name]!;
  const account: Account = peopled(120, { listsTestBook: false, ...settings });
  const path = await arrange?.(account);
  const found: string[] = [];
  let ids = { recorded: '', own: '' };
  for (const [index, { request, response }] of exchanges.entries()) {
    const isFirst = index === 0;
    const address = isFirst && typeof path === 'string' ? path : addressOf(request).replace(ids.recorded, ids.own);
    const again = typeof path === 'string' && exchanges.length > 1 ? path : address;
    const sent = isFirst && body !== undefined ? body : (request.body ?? undefined);
    const answer: Reply = await account.call(request.method, again, sent, isFirst ? (options ?? {}) : {});
    if (answer.status !== (status ?? response.status)) found.push(`status ${answer.status} ${JSON.stringify(answer.body)}`);
    const recorded = parsed(response.body);
    if (typeof answer.body?.id !== 'undefined' && recorded !== null)
      ids = {
        recorded:
          (recorded as { id?: string | number }).id?.toString() ?? /\d{4}/.exec(exchanges.at(-1)!.request.path)?.[0] ?? '',
        own: String(answer.body.id),
      };
    if (recorded !== null && !sameText(answer.body, recorded)) {
      const keys = { open: OPEN, nullable: new Set(nullable), newer: new Set(newer), loose: new Set(loose) };
      const shape = { match, error: response.status >= 400, ...keys };
      found.push(...differences(answer.body ?? null, recorded, shape));
    }
    account.advance(60_000);
  }
  return found;
}

/** Scalars are sent as text, which the recordings read as what they are; files have a first line to compare. */
function sameText(actual: unknown, recorded: unknown): boolean {
  if (typeof recorded === 'number') return Number.isInteger(Number(actual));
  if (typeof recorded !== 'string' || typeof actual !== 'string' || !actual.includes('\n')) return false;
  return /^\uFEFF?Reason,email(,\w+)*\n/i.test(actual) && /^\uFEFF?Reason,email(,\w+)*\n/i.test(recorded);
}

describe.skipIf(names.length === 0)('recorded exchanges (skipped where ../shared/recordings is not checked out)', () => {
  test('each recording is replayed, or left out for a reason', () => {
    expect([...Object.keys(REPLAYS), ...Object.keys(LEFT_OUT)].sort()).toEqual(names);
  });

  test.each(Object.keys(REPLAYS).filter((name) => names.includes(name)))('%s', async (name) => {
    expect(await replay(name)).toEqual([]);
  });
});
