import { expect, test } from 'vitest';
import type { VendorField, VendorObject } from '../../../src/providers/salesforce/describe.ts';
import { computedOf } from '../../../src/providers/salesforce/formula.ts';
import { accountFields, contactFields, describeField, userFields } from './describe-answers.ts';

const owner = { length: 18, referenceTo: ['User'], relationshipName: 'Owner' };
const formula = (name: string, text: string | null) =>
  describeField(name, 'string', { calculated: true, calculatedFormula: text });

const OBJECTS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  Contact: [
    ...contactFields,
    formula('Region__c', 'Account.Region__c'),
    formula('Age__c', 'YEAR(TODAY()) - YEAR(Birthdate)'),
    formula('Both__c', 'Region__c & TEXT(Age__c)'),
    formula('Loop__c', 'Loop__c'),
  ],
  Account: [...accountFields, formula('Region__c', 'UPPER(owner.Email)')],
  User: userFields,
  Lead: [describeField('Id', 'id'), describeField('OwnerId', 'reference', { ...owner, referenceTo: ['Group', 'User'] })],
};

async function describeOffline(name: string): Promise<VendorObject> {
  return Promise.resolve({ name, fields: OBJECTS[name] } as unknown as VendorObject);
}

async function sources(
  text: string | null,
  object = 'Contact',
): Promise<readonly [readonly string[], readonly string[]] | undefined> {
  const field = formula('Asked__c', text) as unknown as VendorField;
  const computed = await computedOf(field, await describeOffline(object), describeOffline);
  return computed === undefined ? undefined : [computed.parents, computed.others];
}

test.each<[string, readonly string[], readonly string[]]>([
  ['FirstName & " of Account.Name on TODAY() " & LastName', [], []],
  ['IF(ISBLANK(Email), NULL, TRUE) /* Account.Name, NOW() */', [], []],
  ["BLANKVALUE(account.name, 'it\\'s TODAY()')", ['account'], []],
  ['Account.Owner.Email', ['Account.Owner'], []],
  ['today() - Birthdate', [], ['the current date']],
  ['IF(NOW() > CreatedDate, Account.Name, "")', ['Account'], ['the current time']],
  ['$User.Email', [], ['$User.Email']],
  ['Hidden__c + Account.Hidden__c', [], ['Account.Hidden__c', 'Hidden__c']],
  ['Anything__r.Name', [], ['Anything__r.Name']],
  ['Region__c', ['Account', 'Account.owner'], []],
  ['Both__c', ['Account', 'Account.owner'], ['the current date']],
])('%s is moved by %j and %j', async (text, parents, others) => {
  expect(await sources(text)).toEqual([parents, others]);
});

test('a parent that is of one type or another has no stamp to ask for', async () => {
  expect(await sources('Owner:User.Email', 'Lead')).toEqual([[], ['Owner:User.Email']]);
});

test('a roll-up summary moves the stamp of its record', async () => {
  expect(await sources(null)).toBeUndefined();
});

test('formulas that lead to themselves end', async () => {
  expect(await sources('Loop__c')).toEqual([[], ['Loop__c']]);
});

test('the definition of a formula that is used counts as well', async () => {
  const computed = await computedOf(
    formula('Asked__c', 'Age__c') as unknown as VendorField,
    await describeOffline('Contact'),
    describeOffline,
  );

  expect(computed?.definition).toBe('Age__c\nYEAR(TODAY()) - YEAR(Birthdate)');
});
