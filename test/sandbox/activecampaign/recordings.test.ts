import { describe, expect, test } from 'vitest';
import { Account } from './account.ts';
import { loadRecording, recordingNames } from './recordings.ts';
import { LEFT_OUT, REPLAYS } from './replays.ts';
import { differences } from './shape.ts';

const names = recordingNames();

/** Sends the request of a recording to a fresh account; the answer's status and its differences from the recorded one. */
async function replay(name: string): Promise<{ status: number; found: string[] }> {
  const recording = loadRecording(name);
  const { arrange, path, body, tolerance } = REPLAYS[name]!;
  const account = new Account();
  const ids = [...((await arrange?.(account)) ?? [])];
  const filled = path.replace(/\*/g, () => ids.shift() ?? '1');
  const { method } = recording.request;
  const answer = await account.call(
    method,
    filled,
    method === 'GET' || method === 'DELETE' ? undefined : (body ?? recording.request.body),
  );
  return {
    status: answer.status,
    found: differences(answer.body ?? null, recording.response.body, tolerance, answer.status >= 400),
  };
}

describe.skipIf(names.length === 0)('recorded exchanges (skipped where ../shared/recordings is not checked out)', () => {
  test('each recording is replayed, or left out for a reason', () => {
    expect([...Object.keys(REPLAYS), ...Object.keys(LEFT_OUT)].sort()).toEqual(names);
  });

  test.each(Object.keys(REPLAYS).filter((name) => names.includes(name)))('%s', async (name) => {
    const { status, found } = await replay(name);

    expect(found).toEqual([]);
    expect(status).toBe(loadRecording(name).response.status);
  });
});

describe('the comparison', () => {
  test('notices what is missing, invented, of another type or of another format', () => {
    const recorded = { id: '1', cdate: '2026-05-28T03:05:54-05:00', links: {}, rows: [{ a: '1' }], total: 2 };

    expect(differences({ ...recorded }, recorded)).toEqual([]);
    expect(differences({ ...recorded, id: 1 }, recorded)).toHaveLength(1);
    expect(differences({ ...recorded, cdate: '2026-05-28 03:05:54' }, recorded)).toHaveLength(1);
    expect(differences({ ...recorded, links: [] }, recorded)).toHaveLength(1);
    expect(differences({ ...recorded, rows: [{ a: '1' }, { b: '1' }] }, recorded)).toHaveLength(2);
    expect(differences({ ...recorded, total: '2' }, recorded)).toHaveLength(1);
    expect(differences({ ...recorded, extra: 1 }, recorded)).toHaveLength(1);
    expect(
      differences({ message: 'No Result found for Tag with id 4' }, { message: 'No Result found for Tag with id 1' }, {}, true),
    ).toEqual([]);
    expect(
      differences({ message: 'No result found for Tag with id 4' }, { message: 'No Result found for Tag with id 1' }, {}, true),
    ).toHaveLength(1);
  });
});
