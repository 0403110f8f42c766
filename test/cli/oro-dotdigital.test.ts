import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rehearsal } from './harness.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 60, example: 'oro-dotdigital' });
});

afterAll(() => rehearsal.close());

describe('C the example of OroCRM and Dotdigital', () => {
  it('plans, applies, agrees and then sends nothing', async () => {
    const applied = await rehearsal.syncline('apply', '-y');
    const writes = await rehearsal.writes();
    const listings: (string | null)[] = [];
    const stop = rehearsal.onCall(({ request, taken }) => {
      if (taken && request.method === 'GET' && request.path === '/contacts/v3' && !request.query.has('~listId'))
        listings.push(request.query.get('~modified'));
    });
    await rehearsal.syncline('sync');
    stop();
    const verified = await rehearsal.syncline('verify');
    const planned = await rehearsal.syncline('plan', '--detailed-exitcode');

    expect(applied.code, applied.stderr).toBe(0);
    // What apply has read is not read in full once more.
    expect(listings).toEqual([expect.stringContaining('gte::')]);
    expect(verified.code, verified.stdout).toBe(0);
    expect(await rehearsal.writes()).toBe(writes);
    expect(planned.code, planned.stdout).toBe(0);
  });
});
