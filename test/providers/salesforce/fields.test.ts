import { describe, expect, it } from 'vitest';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';

const { catalog } = salesforceProvider;

describe('the catalog of standard fields', () => {
  it('knows type, length and what may be written', () => {
    expect(catalog.field('Contact', 'LastName')).toEqual({
      path: 'LastName',
      label: 'Last Name',
      type: 'string',
      maxLength: 80,
      createable: true,
      updateable: true,
      required: true,
      unique: false,
    });
    expect(catalog.field('Contact', 'Name')).toMatchObject({ createable: false, updateable: false, required: false });
    expect(catalog.field('Contact', 'Id')).toMatchObject({ type: 'id', unique: true, createable: false });
    expect(catalog.field('Lead', 'Company')).toMatchObject({ required: true, maxLength: 255 });
    expect(catalog.field('Lead', 'City')).toMatchObject({ label: 'City', maxLength: 40 });
    expect(catalog.field('Contact', 'MailingStreet')).toMatchObject({ type: 'text', maxLength: 255 });
    expect(catalog.field('Opportunity', 'CloseDate')).toMatchObject({ type: 'date', required: true });
  });

  it('marks the e-mail opt-out as consent, and no other flag', () => {
    for (const object of ['Contact', 'Lead']) {
      expect(catalog.field(object, 'HasOptedOutOfEmail')).toMatchObject({ type: 'boolean', optedOutWhen: true });
      expect(catalog.field(object, 'DoNotCall')).not.toHaveProperty('optedOutWhen');
    }
  });

  it('reads fields of parents, never writes them', () => {
    expect(catalog.field('Contact', 'Account.Name')).toEqual({
      path: 'Account.Name',
      label: 'Account Name',
      type: 'string',
      maxLength: 255,
      createable: false,
      updateable: false,
      required: false,
      unique: false,
      parent: 'Account',
    });
    expect(catalog.field('Contact', 'Account.Owner.Email')).toMatchObject({ parent: 'Account.Owner', type: 'email' });
    expect(catalog.field('Contact', 'ReportsTo.HasOptedOutOfEmail')).not.toHaveProperty('optedOutWhen');
  });

  it('leaves custom fields and custom parents to the account', () => {
    expect(catalog.field('Contact', 'VIP__c')).toBe('account');
    expect(catalog.field('Contact', 'ns__VIP__c')).toBe('account');
    expect(catalog.field('Contact', 'Account.Tier__c')).toBe('account');
    expect(catalog.field('Contact', 'Household__r.Name')).toBe('account');
    expect(catalog.field('Visit__c', 'Name')).toBe('account');
  });

  it('knows what cannot exist', () => {
    expect(catalog.field('Contact', 'email')).toBeUndefined();
    expect(catalog.field('Contact', 'Acount.Name')).toBeUndefined();
    expect(catalog.field('Contact', 'MailingAddress')).toBeUndefined();
    expect(catalog.field('Lead', 'Owner.Email')).toBeUndefined();
    expect(catalog.field('Customer', 'Name')).toBeUndefined();
    expect(catalog.paths('Customer')).toEqual([]);
  });

  it('lists paths for suggestions, parents included, users not as an object of their own', () => {
    expect(catalog.objects).toEqual(['Contact', 'Lead', 'Account', 'Opportunity']);
    expect(catalog.paths('Contact')).toEqual(expect.arrayContaining(['Email', 'Account.Name', 'Owner.Email']));
    for (const object of catalog.objects)
      for (const path of catalog.paths(object)) expect(catalog.field(object, path)).toMatchObject({ path });
  });
});
