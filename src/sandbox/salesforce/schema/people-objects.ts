/** Account, Contact and Lead with their usual standard fields. */
import {
  addressFields,
  auditFields,
  field,
  idField,
  isDeletedField,
  lookup,
  ownerField,
  personName,
  READ_ONLY,
  REQUIRED,
  viewedFields,
} from './field.ts';
import type { Field } from './field.ts';
import { objectSchema } from './object.ts';
import type { ObjectSchema } from './object.ts';

const LEAD_SOURCES = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other'];
const SALUTATIONS = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.'];
const CLEAN_STATUSES = ['Matched', 'Different', 'Acknowledged', 'NotFound', 'Inactive', 'Pending', 'SelectMatch', 'Skipped'];
const RATINGS = ['Hot', 'Warm', 'Cold'];
const INDUSTRIES = [
  'Agriculture', 'Apparel', 'Banking', 'Biotechnology', 'Chemicals', 'Communications', 'Construction', 'Consulting', 'Education',
  'Electronics', 'Energy', 'Engineering', 'Entertainment', 'Environmental', 'Finance', 'Food & Beverage', 'Government', 'Healthcare',
  'Hospitality', 'Insurance', 'Machinery', 'Manufacturing', 'Media', 'Not For Profit', 'Recreation', 'Retail', 'Shipping', 'Technology',
  'Telecommunications', 'Transportation', 'Utilities', 'Other',
]; // prettier-ignore

const PERSON_PART: Partial<Field> = { compoundFieldName: 'Name', extraTypeInfo: 'personname', permissionable: false };

function personFields(nameLabel: string): Field[] {
  return [
    field('LastName', 'Last Name', 'string', { ...PERSON_PART, length: 80, nillable: false }),
    field('FirstName', 'First Name', 'string', { ...PERSON_PART, length: 40 }),
    field('Salutation', 'Salutation', 'picklist', { ...PERSON_PART, length: 40, picklist: SALUTATIONS }),
    field('Name', nameLabel, 'string', {
      ...READ_ONLY,
      length: 121,
      nillable: false,
      nameField: true,
      extraTypeInfo: 'personname',
      derive: personName,
    }),
  ];
}

function photoField(): Field {
  return field('PhotoUrl', 'Photo URL', 'url', {
    ...READ_ONLY,
    extraTypeInfo: 'imageurl',
    derive: (read) => `/services/images/photo/${String(read('Id'))}`,
  });
}

function cleanStatusField(): Field {
  return field('CleanStatus', 'Clean Status', 'picklist', {
    length: 40,
    picklist: CLEAN_STATUSES,
    restrictedPicklist: true,
    initialValue: 'Pending',
  });
}

function bounceFields(): Field[] {
  return [
    field('EmailBouncedReason', 'Email Bounced Reason', 'string', { ...READ_ONLY, length: 255 }),
    field('EmailBouncedDate', 'Email Bounced Date', 'datetime', READ_ONLY),
  ];
}

function optOutFields(): Field[] {
  return [
    field('HasOptedOutOfEmail', 'Email Opt Out', 'boolean'),
    field('HasOptedOutOfFax', 'Fax Opt Out', 'boolean'),
    field('DoNotCall', 'Do Not Call', 'boolean'),
  ];
}

export function accountObject(): ObjectSchema {
  return objectSchema({ name: 'Account', label: 'Account', labelPlural: 'Accounts', keyPrefix: '001', mergeable: true }, [
    idField('Account ID'),
    isDeletedField(),
    lookup('MasterRecordId', 'Master Record ID', 'Account', READ_ONLY),
    field('Name', 'Account Name', 'string', {
      ...REQUIRED,
      length: 255,
      nameField: true,
      compoundFieldName: 'Name',
      extraTypeInfo: 'switchablepersonname',
    }),
    field('Type', 'Account Type', 'picklist', {
      picklist: [
        'Prospect',
        'Customer - Direct',
        'Customer - Channel',
        'Channel Partner / Reseller',
        'Installation Partner',
        'Technology Partner',
        'Other',
      ],
    }),
    lookup('ParentId', 'Parent Account ID', 'Account', { childRelationshipName: 'ChildAccounts', searchPrefilterable: true }),
    ...addressFields('Billing'),
    ...addressFields('Shipping'),
    field('Phone', 'Account Phone', 'phone'),
    field('Fax', 'Account Fax', 'phone'),
    field('AccountNumber', 'Account Number', 'string', { length: 40 }),
    field('Website', 'Website', 'url'),
    photoField(),
    field('Sic', 'SIC Code', 'string', { length: 20 }),
    field('Industry', 'Industry', 'picklist', { picklist: INDUSTRIES }),
    field('AnnualRevenue', 'Annual Revenue', 'currency'),
    field('NumberOfEmployees', 'Employees', 'int'),
    field('Ownership', 'Ownership', 'picklist', { picklist: ['Public', 'Private', 'Subsidiary', 'Other'] }),
    field('TickerSymbol', 'Ticker Symbol', 'string', { length: 20 }),
    field('Description', 'Account Description', 'textarea', { length: 32_000 }),
    field('Rating', 'Account Rating', 'picklist', { picklist: RATINGS }),
    field('Site', 'Account Site', 'string', { length: 80 }),
    ownerField(),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', READ_ONLY),
    ...viewedFields(),
    field('Jigsaw', 'Data.com Key', 'string', { length: 20 }),
    field('JigsawCompanyId', 'Jigsaw Company ID', 'string', { ...READ_ONLY, length: 20 }),
    cleanStatusField(),
    field('AccountSource', 'Account Source', 'picklist', { picklist: LEAD_SOURCES }),
    field('SicDesc', 'SIC Description', 'string', { length: 80 }),
  ]);
}

export function contactObject(): ObjectSchema {
  return objectSchema({ name: 'Contact', label: 'Contact', labelPlural: 'Contacts', keyPrefix: '003', mergeable: true }, [
    idField('Contact ID'),
    isDeletedField(),
    lookup('MasterRecordId', 'Master Record ID', 'Contact', READ_ONLY),
    lookup('AccountId', 'Account ID', 'Account', {
      childRelationshipName: 'Contacts',
      cascadeDelete: true,
      searchPrefilterable: true,
    }),
    ...personFields('Full Name'),
    ...addressFields('Other'),
    ...addressFields('Mailing'),
    field('Phone', 'Business Phone', 'phone'),
    field('Fax', 'Business Fax', 'phone'),
    field('MobilePhone', 'Mobile Phone', 'phone'),
    field('HomePhone', 'Home Phone', 'phone'),
    field('OtherPhone', 'Other Phone', 'phone'),
    field('AssistantPhone', 'Asst. Phone', 'phone'),
    lookup('ReportsToId', 'Reports To ID', 'Contact'),
    field('Email', 'Email', 'email', { idLookup: true }),
    field('Title', 'Title', 'string', { length: 128 }),
    field('Department', 'Department', 'string', { length: 80 }),
    field('AssistantName', "Assistant's Name", 'string', { length: 40 }),
    field('LeadSource', 'Lead Source', 'picklist', { picklist: LEAD_SOURCES }),
    field('Birthdate', 'Birthdate', 'date'),
    field('Description', 'Contact Description', 'textarea', { length: 32_000 }),
    ownerField(),
    ...optOutFields(),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', READ_ONLY),
    field('LastCURequestDate', 'Last Stay-in-Touch Request Date', 'datetime', READ_ONLY),
    field('LastCUUpdateDate', 'Last Stay-in-Touch Save Date', 'datetime', READ_ONLY),
    ...viewedFields(),
    ...bounceFields(),
    field('IsEmailBounced', 'Is Email Bounced', 'boolean', {
      ...READ_ONLY,
      derive: (read) => read('EmailBouncedReason') !== null,
    }),
    photoField(),
    field('Jigsaw', 'Data.com Key', 'string', { length: 20 }),
    field('JigsawContactId', 'Jigsaw Contact ID', 'string', { ...READ_ONLY, length: 20 }),
    cleanStatusField(),
    lookup('IndividualId', 'Individual ID', 'Individual'),
  ]);
}

export function leadObject(): ObjectSchema {
  const converted: Partial<Field> = READ_ONLY;
  return objectSchema({ name: 'Lead', label: 'Lead', labelPlural: 'Leads', keyPrefix: '00Q', mergeable: true }, [
    idField('Lead ID'),
    isDeletedField(),
    lookup('MasterRecordId', 'Master Record ID', 'Lead', READ_ONLY),
    ...personFields('Full Name'),
    field('Title', 'Title', 'string', { length: 128 }),
    field('Company', 'Company', 'string', { ...REQUIRED, length: 255 }),
    field('Street', 'Street', 'textarea', { length: 255 }),
    field('City', 'City', 'string', { length: 40 }),
    field('State', 'State/Province', 'string', { length: 80 }),
    field('PostalCode', 'Zip/Postal Code', 'string', { length: 20 }),
    field('Country', 'Country', 'string', { length: 80 }),
    field('Phone', 'Phone', 'phone'),
    field('MobilePhone', 'Mobile Phone', 'phone'),
    field('Fax', 'Fax', 'phone'),
    field('Email', 'Email', 'email', { idLookup: true }),
    field('Website', 'Website', 'url'),
    photoField(),
    field('Description', 'Description', 'textarea', { length: 32_000 }),
    field('LeadSource', 'Lead Source', 'picklist', { picklist: LEAD_SOURCES }),
    field('Status', 'Status', 'picklist', {
      ...REQUIRED,
      defaultedOnCreate: true,
      defaultValue: 'Open - Not Contacted',
      picklist: ['Open - Not Contacted', 'Working - Contacted', 'Closed - Converted', 'Closed - Not Converted'],
    }),
    field('Industry', 'Industry', 'picklist', { picklist: INDUSTRIES }),
    field('Rating', 'Rating', 'picklist', { picklist: RATINGS }),
    field('AnnualRevenue', 'Annual Revenue', 'currency'),
    field('NumberOfEmployees', 'Employees', 'int'),
    ownerField(),
    ...optOutFields(),
    field('IsConverted', 'Converted', 'boolean', converted),
    field('ConvertedDate', 'Converted Date', 'date', converted),
    lookup('ConvertedAccountId', 'Converted Account ID', 'Account', converted),
    lookup('ConvertedContactId', 'Converted Contact ID', 'Contact', converted),
    lookup('ConvertedOpportunityId', 'Converted Opportunity ID', 'Opportunity', converted),
    field('IsUnreadByOwner', 'Unread By Owner', 'boolean', { defaultValue: true }),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', READ_ONLY),
    ...viewedFields(),
    ...bounceFields(),
    cleanStatusField(),
    lookup('IndividualId', 'Individual ID', 'Individual'),
  ]);
}
