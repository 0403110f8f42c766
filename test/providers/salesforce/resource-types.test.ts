import { describe, expect, it } from 'vitest';
import type { ResourceAttributes, ResourceType } from '../../../src/providers/provider.ts';
import { salesforceProvider } from '../../../src/providers/salesforce/provider.ts';

const type = salesforceProvider.resourceTypes['salesforce/custom-field'] as ResourceType;
const loyalty: ResourceAttributes = {
  object: 'Contact',
  name: 'Loyalty_Number__c',
  label: 'Loyalty Number',
  type: 'Text',
  length: 20,
};

describe('the resource type salesforce/custom-field', () => {
  it('fills in what Salesforce would take, and nothing that the type does not have', () => {
    expect(type.normalize(loyalty)).toEqual({
      ...loyalty,
      unique: false,
      externalId: false,
      caseSensitive: false,
      required: false,
      description: '',
      inlineHelpText: '',
      visible: true,
    });
    expect(type.normalize({ object: 'Contact', name: 'VIP__c', type: 'Checkbox', length: 5 })).toEqual({
      object: 'Contact',
      name: 'VIP__c',
      label: 'VIP',
      type: 'Checkbox',
      defaultValue: false,
      description: '',
      inlineHelpText: '',
      visible: true,
    });
    expect(type.normalize(type.normalize(loyalty))).toEqual(type.normalize(loyalty));
  });

  it('has a natural key, and loses data when it is replaced', () => {
    expect(type.key(loyalty)).toBe('Contact.Loyalty_Number__c');
    expect(type).toMatchObject({
      replaceOn: ['object', 'name', 'type'],
      holdsData: true,
      create: true,
      update: true,
      delete: true,
    });
  });

  it.each([
    [
      { ...loyalty, unique: true },
      { type: 'string', maxLength: 20, unique: true, createable: true, updateable: true },
    ],
    [{ ...loyalty, type: 'Checkbox' }, { type: 'boolean' }],
    [
      { ...loyalty, type: 'LongTextArea', length: 1000, visibleLines: 3 },
      { type: 'text', maxLength: 1000 },
    ],
    [{ ...loyalty, type: 'Currency', precision: 10, scale: 2 }, { type: 'decimal' }],
    [
      { ...loyalty, type: 'Picklist', options: ['Gold', 'Silver'] },
      { type: 'picklist', options: ['Gold', 'Silver'] },
    ],
    [
      { ...loyalty, type: 'MultiselectPicklist', options: ['Gold'] },
      { type: 'set', options: ['Gold'] },
    ],
    [{ ...loyalty, type: 'DateTime' }, { type: 'datetime' }],
  ])('provides the field %#', (attributes, expected) => {
    const provided = type.field!(attributes)!;
    expect(provided.object).toBe('Contact');
    expect(provided.field).toMatchObject({ path: 'Loyalty_Number__c', label: 'Loyalty Number', ...expected });
  });

  it('gives no options to a picklist that takes any value', () => {
    expect(type.field!({ ...loyalty, type: 'Picklist', options: ['Gold'], restricted: false })!.field).not.toHaveProperty(
      'options',
    );
  });

  it.each([
    [{ ...loyalty, object: 'Visit__c' }, 'error'],
    [{ ...loyalty, type: 'Number', precision: 2, scale: 3 }, 'error'],
    [{ ...loyalty, externalId: true }, 'warning'],
    [{ ...loyalty, caseSensitive: true }, 'error'],
    [{ ...loyalty, required: true, visible: false }, 'error'],
    [{ ...loyalty, type: 'Picklist', options: ['Gold', 'gold'] }, 'error'],
    [{ ...loyalty, type: 'MultiselectPicklist', options: ['a;b'] }, 'error'],
  ])('finds the fault of %#', (attributes, severity) => {
    expect(type.validate(attributes)).toMatchObject([{ severity, code: 'PROVIDER_INVALID_ATTRIBUTE' }]);
  });

  it('finds no fault in sound attributes, and tells a person what to do', () => {
    expect(type.validate({ ...loyalty, unique: true, externalId: true })).toEqual([]);
    expect(type.steps(loyalty).join(' ')).toContain('Object Manager, Contact');
  });
});
