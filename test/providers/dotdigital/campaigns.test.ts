import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignActivity, CampaignPage } from '../../../src/providers/campaigns.ts';
import type { Cursor } from '../../../src/providers/provider.ts';
import { Account, collect } from './connected.ts';

let account: Account;

beforeAll(async () => {
  account = await Account.start();
});
afterAll(() => account.close());

describe('C13 campaigns of Dotdigital', () => {
  it('reads what was sent to a list and what people did, once in full and then what is new', async () => {
    const connection = account.connect();
    const source = connection.campaignSource!();
    const lists = await source.findLists(['Newsletter', 'Nobody']);
    const list = lists.get('Newsletter')!;
    const sent = await collect(source.sentTo(list));
    const { campaigns, cursor } = await source.news(undefined);
    const first = await collect(source.activities('2', undefined));
    const people = await pagesOf(source.people(list, undefined));
    const summary = await source.summary('2');

    expect([...lists.keys()]).toEqual(['Newsletter']);
    expect(sent.map(({ name }) => name)).toEqual(['Newsletter 1', 'Newsletter 2']);
    expect(campaigns).toBeUndefined();
    expect(new Set(first.map(({ key }) => key)).size).toBe(first.length);
    expect(first.filter(({ kind }) => kind === 'sent')).toHaveLength(summary.sent);
    expect(new Set(first.filter(({ kind }) => kind === 'opened').map(({ person }) => person)).size).toBe(summary.opened);
    expect(people.rows.length).toBeGreaterThan(0);

    await account.control('clock', { advance: 'PT6H' });
    const news = await source.news(cursor);
    const later = await collect(source.activities('2', cursor));
    const known = new Set(first.map(({ key }) => key));

    expect([...news.campaigns!]).toEqual(['2']);
    expect(later.filter(({ key }) => !known.has(key)).length).toBeGreaterThan(0);
    expect(later.filter(isNew(known)).every(({ kind }) => kind === 'opened')).toBe(true);
    expect((await source.news(news.cursor)).campaigns).toEqual(new Set());
    expect((await pagesOf(source.people(list, people.cursor))).rows).toEqual([]);
    await connection.close();
  });

  it('reads who left a list and who left the account since a position', async () => {
    const connection = account.connect();
    const source = connection.campaignSource!();
    const list = (await source.findLists(['Newsletter'])).get('Newsletter')!;
    const [fromList, fromAccount] = [
      await pagesOf(source.optOuts(list, undefined)),
      await pagesOf(source.optOuts(undefined, undefined)),
    ];
    const staying = (await pagesOf(source.people(list, undefined))).rows.find(
      ({ email }) => ![...fromList.rows, ...fromAccount.rows].some((one) => one.email === email),
    )!;

    await account.control('clock', { advance: 'PT10M' });
    await account.call('POST', `/v2/address-books/${list}/contacts/unsubscribe`, { email: staying.email });

    const since = await pagesOf(source.optOuts(list, fromList.cursor));
    expect(since.rows.map(({ email }) => email)).toEqual([staying.email]);
    expect(since.rows[0]!.at).toBeDefined();
    expect((await pagesOf(source.optOuts(undefined, fromAccount.cursor))).rows).toEqual([]);
    await connection.close();
  });
});

function isNew(known: ReadonlySet<string>): (activity: CampaignActivity) => boolean {
  return ({ key }) => !known.has(key);
}

async function pagesOf<Row>(pages: AsyncIterable<CampaignPage<Row>>): Promise<{ readonly rows: Row[]; readonly cursor: Cursor }> {
  const rows: Row[] = [];
  let cursor: Cursor | undefined;
  for await (const page of pages) {
    rows.push(...page.rows);
    cursor = page.cursor ?? cursor;
  }
  return { rows, cursor: cursor! };
}
