import { describe, expect, it } from 'vitest';
import { activeCampaignMinimum, salesforceMinimum, type ActiveCampaignWork } from './minimum-calls.ts';

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
