import { expect, test } from 'vitest';
import { createActiveCampaignSandbox } from '../../../src/sandbox/activecampaign/sandbox.ts';
import { makeSeed } from '../../../src/sandbox/people.ts';
import { START_MS } from './account.ts';

const PEOPLE = 125_000;
/** Far above what it takes on one core that other tests share; a quadratic listing takes minutes. */
const PATIENCE_MS = 60_000;

test(
  'an account of a hundred thousand contacts loads, and its longest listings page to their ends',
  () => {
    let calls = 0;
    const sandbox = createActiveCampaignSandbox({
      now: () => START_MS,
      rateNow: () => START_MS + (calls += 1) * 1000,
      realNow: () => START_MS,
    });
    const seed = makeSeed(1, PEOPLE);
    sandbox.reset(seed);
    const get = (path: string): Record<string, unknown[]> => {
      const url = new URL(`http://127.0.0.1:4702/api/3/${path}`);
      const response = sandbox.handle({
        method: 'GET',
        path: url.pathname,
        query: url.searchParams,
        rawQuery: url.search.slice(1),
        headers: { 'api-token': 'sandbox' },
        body: Buffer.alloc(0),
        origin: url.origin,
        partial: false,
      });
      if (response instanceof Promise) throw new Error('answers come at once');
      return response.body as Record<string, unknown[]>;
    };

    let last = 0;
    let read = 0;
    for (;;) {
      const contacts = get(`contacts?limit=100&orders[id]=ASC&id_greater=${last}&listid=1&status=1`)['contacts'] as {
        id: string;
      }[];
      read += contacts.length;
      if (contacts.length < 100) break;
      last = Number(contacts.at(-1)?.id);
    }
    const memberships = [...(sandbox.dump('contactList') ?? [])].filter((row) => row['list'] === '1' && row['status'] === '1');
    expect(read).toBe(memberships.length);
    expect(read).toBeGreaterThan(PEOPLE / 2);

    let offset = 0;
    while (get(`contactTags?limit=100&orders[id]=ASC&offset=${offset}`)['contactTags']?.length === 100) offset += 100;
    expect(offset).toBeGreaterThan(30_000);
  },
  PATIENCE_MS,
);
