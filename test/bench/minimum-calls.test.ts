import { describe, expect, it } from 'vitest';
import {
  activeCampaignMinimum,
  dotdigitalMinimum,
  oroMinimum,
  salesforceMinimum,
  type ActiveCampaignWork,
} from './minimum-calls.ts';

const NOTHING: ActiveCampaignWork = {
  contacts: 0,
  lists: [],
  tags: [],
  imported: { contacts: 0, bytes: 0, valuesAdded: 0, contactsReplaced: 0 },
  single: 0,
};

describe('the fewest calls to Salesforce', () => {
  it('for an empty org with nothing to write', () => {
    // Token, describe Contact, one query that finds nobody.
    expect(salesforceMinimum({ records: 0, objects: 1, creates: 0, updates: 0 }).total).toBe(3);
  });

  it('for a few people', () => {
    // Token 1; describe Contact and Account 2; 10 contacts in 1 page; 3 creates in 1 call; 2 updates in
    // 1 call; the 5 read back in 1 call.
    expect(salesforceMinimum({ records: 10, objects: 2, creates: 3, updates: 2 }).total).toBe(7);
  });

  it('on both sides of every limit', () => {
    // Token 1, describe 1; 2,000 in 1 page; 200 creates in 1 call; 200 updates in 1; 400 read back in 1.
    expect(salesforceMinimum({ records: 2_000, objects: 1, creates: 200, updates: 200 }).total).toBe(6);
    // Token 1, describe 1; 2,001 in 2 pages; 1,800 creates in 9 calls; 201 updates in 2; 2,001 read back in 2.
    expect(salesforceMinimum({ records: 2_001, objects: 1, creates: 1_800, updates: 201 }).total).toBe(17);
  });
});

describe('the fewest calls to ActiveCampaign', () => {
  it('for an empty account with nothing mapped but names', () => {
    // Who we are 1; one page of contacts that has none.
    expect(activeCampaignMinimum(NOTHING).total).toBe(2);
  });

  it('for contacts with custom fields, a tag and a list, and nothing to write', () => {
    // Who we are 1; fields, tags, lists 3; 250 contacts in 3 pages; 1,001 values in 11 pages; 100
    // opt-outs in 1 page; 101 carriers of the tag in 2 pages.
    const work = { ...NOTHING, contacts: 250, values: 1_001, lists: [{ optOuts: 100, added: 0 }], tags: [{ carriers: 101 }] };
    expect(activeCampaignMinimum(work)).toEqual({
      terms: {
        'log in': 1,
        describe: 3,
        'read contacts': 3,
        'read values': 11,
        'read opt-outs': 1,
        'read tags': 2,
        import: 0,
        poll: 0,
        'read back ids': 0,
        'read back values': 0,
        'read back opt-outs': 0,
        'one by one': 0,
      },
      total: 21,
    });
  });

  it('for new contacts with new values', () => {
    // Who we are 1; fields 1; no contacts, 1 page; no values, 1 page; 251 contacts in 2 imports with 2
    // polls; their ids in 3 pages; 401 values in 5 pages.
    const imported = { contacts: 251, bytes: 50_000, valuesAdded: 401, contactsReplaced: 0 };
    expect(activeCampaignMinimum({ ...NOTHING, values: 0, imported }).total).toBe(16);
  });

  it('for contacts so large that the bytes of an import are used up first', () => {
    // Who we are 1; no contacts, 1 page; 250 contacts of 800,001 bytes in 3 imports with 3 polls; ids in 3 pages.
    const imported = { contacts: 250, bytes: 800_001, valuesAdded: 0, contactsReplaced: 0 };
    expect(activeCampaignMinimum({ ...NOTHING, imported }).total).toBe(11);
  });

  it('for values that are replaced: the whole listing, or one call a contact', () => {
    // Who we are 1; fields 1; 20 contacts in 1 page; 2,000 values in 20 pages; 20 contacts in 1 import
    // with 1 poll; ids in 1 page. Read back: 50 new values in 1 page and 20 contacts one by one are 21
    // calls, all 2,050 values in 21 pages as well.
    const imported = { contacts: 20, bytes: 5_000, valuesAdded: 50, contactsReplaced: 20 };
    expect(activeCampaignMinimum({ ...NOTHING, contacts: 20, values: 2_000, imported }).total).toBe(47);
    // With 2 replaced contacts: 1 page and 2 calls.
    const few = { ...imported, contactsReplaced: 2 };
    expect(activeCampaignMinimum({ ...NOTHING, contacts: 20, values: 2_000, imported: few }).terms['read back values']).toBe(3);
    // With 2,000 replaced contacts: 21 pages.
    const many = { ...imported, contactsReplaced: 2_000 };
    expect(activeCampaignMinimum({ ...NOTHING, contacts: 20, values: 2_000, imported: many }).terms['read back values']).toBe(21);
  });

  it('for opt-outs, which are proved by the list, and for what goes one by one', () => {
    // Who we are 1; lists 1; 300 contacts in 3 pages; 95 opt-outs in 1 page; 12 contacts in 1 import with
    // 1 poll; ids in 1 page; 107 opt-outs in 2 pages; 4 calls one by one.
    const imported = { contacts: 12, bytes: 2_000, valuesAdded: 0, contactsReplaced: 0 };
    const lists = [{ optOuts: 95, added: 12 }];
    expect(activeCampaignMinimum({ ...NOTHING, contacts: 300, lists, imported, single: 4 }).total).toBe(15);
  });
});

describe('the fewest calls to Dotdigital', () => {
  const nothing = { contacts: 0, books: 0, optOuts: 0, imported: { contacts: 0, bytes: 0 }, single: 0, unsubscribed: 0 };

  it('for an empty account with nothing to write', () => {
    // Whose account 1; data fields 1; a page of books, of contacts and of opt-outs that are empty.
    expect(dotdigitalMinimum(nothing).total).toBe(5);
  });

  it('for people who are exported, some of them opted out or bounced', () => {
    // Whose account 1; data fields 1; 3 books in 1 page; 5,001 contacts in 2 pages; 1,001 opt-outs in 2 pages; 4,990
    // contacts in 1 import; 20 that bounced one by one; the 5,010 read back in 2 pages; 7 unsubscribed one by one.
    const imported = { contacts: 4_990, bytes: 1_000_000 };
    const work = { contacts: 5_001, books: 3, optOuts: 1_001, imported, single: 20, unsubscribed: 7 };
    expect(dotdigitalMinimum(work)).toEqual({
      terms: {
        'log in': 1,
        describe: 2,
        'read contacts': 2,
        'read opt-outs': 2,
        import: 1,
        'read back': 2,
        'one by one': 20,
        unsubscribe: 7,
      },
      total: 37,
    });
  });

  it('for contacts of which one import holds no more than 50 MB', () => {
    // The five calls of an empty account; 52,428,801 bytes in 2 imports; 200,000 contacts read back in 40 pages.
    const imported = { contacts: 200_000, bytes: 52_428_801 };
    expect(dotdigitalMinimum({ ...nothing, imported }).total).toBe(47);
  });
});

describe('the fewest calls to OroCRM', () => {
  const nothing = { contacts: 0, items: 0, removed: 0, unsubscribed: 0, written: 0, marks: 0 };

  it('for an empty list with nothing to write', () => {
    // A token 1; whose installation 1; the list 1; a page of contacts and three of the list that are empty.
    expect(oroMinimum(nothing).total).toBe(7);
  });

  it('for people of a list who are changed and marked', () => {
    // A token, the installation, the list 3; 2,001 contacts in 3 pages; 5,001 items in 2 pages, 1 of those taken out and 1
    // of those unsubscribed; 101 changed in 2 batches; 12 marked one by one.
    expect(oroMinimum({ contacts: 2_001, items: 5_001, removed: 0, unsubscribed: 9, written: 101, marks: 12 }).total).toBe(24);
  });

  it('for so many changes that a queued batch takes fewer calls', () => {
    // The seven calls of an empty list; 3,000 changes in 30 batches, or one handed over, looked at and read back in 3 pages.
    expect(oroMinimum({ ...nothing, written: 3_000 }).terms['write']).toBe(5);
    expect(oroMinimum({ ...nothing, written: 400 }).terms['write']).toBe(3);
    expect(oroMinimum({ ...nothing, written: 200 }).terms['write']).toBe(2);
  });
});
