/** Describe answers cut to what tests need; every key that a real field has and Syncline reads is there. */
type Field = Record<string, unknown>;

function field(name: string, type: string, traits: Field = {}): Field {
  return {
    name,
    label: name.replace(/__c$/, '').replace(/([a-z])([A-Z])/g, '$1 $2'),
    type,
    length: 0,
    precision: 0,
    scale: 0,
    createable: true,
    updateable: true,
    nillable: true,
    defaultedOnCreate: false,
    unique: false,
    externalId: false,
    caseSensitive: false,
    custom: name.endsWith('__c'),
    calculated: false,
    calculatedFormula: null,
    autoNumber: false,
    restrictedPicklist: false,
    picklistValues: [],
    referenceTo: [],
    relationshipName: null,
    defaultValue: null,
    inlineHelpText: null,
    ...traits,
  };
}

const system = { createable: false, updateable: false, nillable: false, defaultedOnCreate: true };
const values = (...names: string[]): Field[] =>
  names.map((value) => ({ active: value !== 'Retired', defaultValue: false, label: value, validFor: null, value }));

export const describeField = field;

export const contactFields: Field[] = [
  field('Id', 'id', { ...system, length: 18 }),
  field('IsDeleted', 'boolean', system),
  field('AccountId', 'reference', { length: 18, referenceTo: ['Account'], relationshipName: 'Account' }),
  field('LastName', 'string', { length: 80, nillable: false }),
  field('FirstName', 'string', { length: 40 }),
  field('Salutation', 'picklist', { length: 40, picklistValues: values('Mr.', 'Ms.') }),
  field('Name', 'string', { length: 121, createable: false, updateable: false, nillable: false }),
  field('MailingStreet', 'textarea', { length: 255 }),
  field('MailingAddress', 'address', { createable: false, updateable: false }),
  field('MailingLatitude', 'double', { precision: 18, scale: 15 }),
  field('Email', 'email', { length: 80 }),
  field('Birthdate', 'date'),
  field('HasOptedOutOfEmail', 'boolean', { nillable: false, defaultedOnCreate: true }),
  field('OwnerId', 'reference', {
    length: 18,
    nillable: false,
    defaultedOnCreate: true,
    referenceTo: ['User'],
    relationshipName: 'Owner',
  }),
  field('CreatedDate', 'datetime', system),
  field('SystemModstamp', 'datetime', system),
  field('Level__c', 'picklist', { length: 255, restrictedPicklist: true, picklistValues: values('Gold', 'Silver', 'Retired') }),
  field('Interests__c', 'multipicklist', { length: 4099, restrictedPicklist: true, picklistValues: values('Golf', 'Art') }),
  field('Score__c', 'double', { precision: 18, scale: 2 }),
  field('Turnover__c', 'currency', { precision: 18, scale: 2 }),
  field('Visits__c', 'int'),
  field('Photo__c', 'base64'),
  field('Syncline_Id__c', 'string', { length: 36, unique: true, externalId: true }),
  field('Anything__c', 'reference', { referenceTo: ['Account', 'Opportunity'], relationshipName: 'Anything__r' }),
];

export const accountFields: Field[] = [
  field('Id', 'id', { ...system, length: 18 }),
  field('Name', 'string', { length: 255, nillable: false, label: 'Account Name' }),
  field('Industry', 'picklist', { length: 255 }),
  field('OwnerId', 'reference', {
    length: 18,
    nillable: false,
    defaultedOnCreate: true,
    referenceTo: ['User'],
    relationshipName: 'Owner',
  }),
  field('SystemModstamp', 'datetime', system),
];

export const userFields: Field[] = [field('Id', 'id', system), field('Email', 'email', { length: 128, nillable: false })];

export function described(name: string, fields: readonly Field[]): { body: unknown } {
  return { body: { name, label: name, createable: true, updateable: true, queryable: true, fields } };
}
