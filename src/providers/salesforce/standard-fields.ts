/**
 * Standard objects and their usual fields, with the lengths of an org without changes.
 *
 * @source describe answers of Contact and Account, API versions 42 to 62; Lead and Opportunity from
 * the field reference. UNVERIFIED: lengths that no describe answer at hand shows. They serve
 * `validate` alone; a plan goes by what the account itself says.
 */
import type { FieldDescription, FieldType } from '../../model/value.ts';

export interface StandardObject {
  readonly label: string;
  /** Whether a link may name it; users are only read as parents. */
  readonly linkable: boolean;
  readonly fields: readonly FieldDescription[];
  /** Relationship name to object, for paths such as `Account.Name`. */
  readonly parents: ReadonlyMap<string, string>;
}

type Row = readonly [path: string, label: string, type: FieldType, maxLength?: number];

function writable([path, label, type, maxLength]: Row, traits: Partial<FieldDescription> = {}): FieldDescription {
  return {
    path,
    label,
    type,
    createable: true,
    updateable: true,
    required: false,
    unique: false,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...traits,
  };
}

function readOnly(row: Row): FieldDescription {
  return writable(row, { createable: false, updateable: false });
}

function address(prefix: string): FieldDescription[] {
  const rows: Row[] = [
    [`${prefix}Street`, `${prefix} Street`, 'text', 255],
    [`${prefix}City`, `${prefix} City`, 'string', 40],
    [`${prefix}State`, `${prefix} State/Province`, 'string', 80],
    [`${prefix}PostalCode`, `${prefix} Zip/Postal Code`, 'string', 20],
    [`${prefix}Country`, `${prefix} Country`, 'string', 80],
    [`${prefix}Latitude`, `${prefix} Latitude`, 'decimal'],
    [`${prefix}Longitude`, `${prefix} Longitude`, 'decimal'],
  ];
  return rows.map((row) => writable(row));
}

function system(label: string): FieldDescription[] {
  return [
    { ...readOnly(['Id', `${label} ID`, 'id', 18]), unique: true },
    readOnly(['IsDeleted', 'Deleted', 'boolean']),
    writable(['OwnerId', 'Owner ID', 'id', 18]),
    readOnly(['CreatedDate', 'Created Date', 'datetime']),
    readOnly(['CreatedById', 'Created By ID', 'id', 18]),
    readOnly(['LastModifiedDate', 'Last Modified Date', 'datetime']),
    readOnly(['LastModifiedById', 'Last Modified By ID', 'id', 18]),
    readOnly(['SystemModstamp', 'System Modstamp', 'datetime']),
    readOnly(['LastActivityDate', 'Last Activity', 'date']),
  ];
}

const personRows: Row[] = [
  ['FirstName', 'First Name', 'string', 40],
  ['Salutation', 'Salutation', 'picklist', 40],
  ['Email', 'Email', 'email', 80],
  ['MobilePhone', 'Mobile Phone', 'phone', 40],
  ['Title', 'Title', 'string', 128],
  ['Description', 'Description', 'text', 32_000],
];

const consent: FieldDescription[] = [
  writable(['HasOptedOutOfEmail', 'Email Opt Out', 'boolean'], { optedOutWhen: true }),
  writable(['HasOptedOutOfFax', 'Fax Opt Out', 'boolean']),
  writable(['DoNotCall', 'Do Not Call', 'boolean']),
  readOnly(['EmailBouncedReason', 'Email Bounced Reason', 'string', 255]),
  readOnly(['EmailBouncedDate', 'Email Bounced Date', 'datetime']),
  writable(['IndividualId', 'Individual ID', 'id', 18]),
];

const contact: FieldDescription[] = [
  ...system('Contact'),
  readOnly(['MasterRecordId', 'Master Record ID', 'id', 18]),
  writable(['AccountId', 'Account ID', 'id', 18]),
  writable(['LastName', 'Last Name', 'string', 80], { required: true }),
  readOnly(['Name', 'Full Name', 'string', 121]),
  ...personRows.map((row) => writable(row)),
  writable(['LeadSource', 'Lead Source', 'picklist', 255]),
  writable(['Phone', 'Business Phone', 'phone', 40]),
  writable(['HomePhone', 'Home Phone', 'phone', 40]),
  writable(['OtherPhone', 'Other Phone', 'phone', 40]),
  writable(['Fax', 'Business Fax', 'phone', 40]),
  writable(['Department', 'Department', 'string', 80]),
  writable(['Birthdate', 'Birthdate', 'date']),
  writable(['AssistantName', "Assistant's Name", 'string', 40]),
  writable(['AssistantPhone', 'Asst. Phone', 'phone', 40]),
  writable(['ReportsToId', 'Reports To ID', 'id', 18]),
  ...address('Mailing'),
  ...address('Other'),
  ...consent,
  readOnly(['IsEmailBounced', 'Is Email Bounced', 'boolean']),
];

const lead: FieldDescription[] = [
  ...system('Lead'),
  readOnly(['MasterRecordId', 'Master Record ID', 'id', 18]),
  writable(['LastName', 'Last Name', 'string', 80], { required: true }),
  writable(['Company', 'Company', 'string', 255], { required: true }),
  readOnly(['Name', 'Full Name', 'string', 121]),
  ...personRows.map((row) => writable(row)),
  writable(['LeadSource', 'Lead Source', 'picklist', 255]),
  writable(['Phone', 'Phone', 'phone', 40]),
  writable(['Fax', 'Fax', 'phone', 40]),
  writable(['Website', 'Website', 'url', 255]),
  writable(['Status', 'Status', 'picklist', 255]),
  writable(['Industry', 'Industry', 'picklist', 255]),
  writable(['Rating', 'Rating', 'picklist', 255]),
  writable(['AnnualRevenue', 'Annual Revenue', 'decimal']),
  writable(['NumberOfEmployees', 'Employees', 'integer']),
  ...address('').map((field) => ({ ...field, label: field.label.trim() })),
  ...consent,
  readOnly(['IsConverted', 'Converted', 'boolean']),
  readOnly(['ConvertedDate', 'Converted Date', 'date']),
  readOnly(['ConvertedAccountId', 'Converted Account ID', 'id', 18]),
  readOnly(['ConvertedContactId', 'Converted Contact ID', 'id', 18]),
  readOnly(['ConvertedOpportunityId', 'Converted Opportunity ID', 'id', 18]),
];

const account: FieldDescription[] = [
  ...system('Account'),
  readOnly(['MasterRecordId', 'Master Record ID', 'id', 18]),
  writable(['Name', 'Account Name', 'string', 255], { required: true }),
  writable(['Type', 'Account Type', 'picklist', 255]),
  writable(['ParentId', 'Parent Account ID', 'id', 18]),
  writable(['AccountNumber', 'Account Number', 'string', 40]),
  writable(['Phone', 'Account Phone', 'phone', 40]),
  writable(['Fax', 'Account Fax', 'phone', 40]),
  writable(['Website', 'Website', 'url', 255]),
  writable(['Industry', 'Industry', 'picklist', 255]),
  writable(['AnnualRevenue', 'Annual Revenue', 'decimal']),
  writable(['NumberOfEmployees', 'Employees', 'integer']),
  writable(['Ownership', 'Ownership', 'picklist', 255]),
  writable(['Rating', 'Account Rating', 'picklist', 255]),
  writable(['Site', 'Account Site', 'string', 80]),
  writable(['TickerSymbol', 'Ticker Symbol', 'string', 20]),
  writable(['Sic', 'SIC Code', 'string', 20]),
  writable(['SicDesc', 'SIC Description', 'string', 80]),
  writable(['AccountSource', 'Account Source', 'picklist', 255]),
  writable(['Description', 'Account Description', 'text', 32_000]),
  ...address('Billing'),
  ...address('Shipping'),
];

const opportunity: FieldDescription[] = [
  ...system('Opportunity'),
  writable(['AccountId', 'Account ID', 'id', 18]),
  writable(['Name', 'Name', 'string', 120], { required: true }),
  writable(['StageName', 'Stage', 'picklist', 255], { required: true }),
  writable(['CloseDate', 'Close Date', 'date'], { required: true }),
  writable(['Amount', 'Amount', 'decimal']),
  writable(['Probability', 'Probability (%)', 'decimal']),
  writable(['Type', 'Opportunity Type', 'picklist', 255]),
  writable(['LeadSource', 'Lead Source', 'picklist', 255]),
  writable(['NextStep', 'Next Step', 'string', 255]),
  writable(['Description', 'Description', 'text', 32_000]),
  readOnly(['IsClosed', 'Closed', 'boolean']),
  readOnly(['IsWon', 'Won', 'boolean']),
];

const userRows: Row[] = [
  ['Id', 'User ID', 'id', 18],
  ['Username', 'Username', 'string', 80],
  ['Name', 'Full Name', 'string', 121],
  ['FirstName', 'First Name', 'string', 40],
  ['LastName', 'Last Name', 'string', 80],
  ['Email', 'Email', 'email', 128],
  ['Title', 'Title', 'string', 80],
  ['Department', 'Department', 'string', 80],
  ['Phone', 'Phone', 'phone', 40],
];

const authors: [string, string][] = [
  ['CreatedBy', 'User'],
  ['LastModifiedBy', 'User'],
];

/** A lead's owner may be a queue, so that its fields have no one type: `Lead` has no parent `Owner` here. */
export const STANDARD_OBJECTS: ReadonlyMap<string, StandardObject> = new Map([
  ['Contact', object('Contact', contact, [['Account', 'Account'], ['ReportsTo', 'Contact'], ['Owner', 'User'], ...authors])],
  ['Lead', object('Lead', lead, authors)],
  ['Account', object('Account', account, [['Parent', 'Account'], ['Owner', 'User'], ...authors])],
  ['Opportunity', object('Opportunity', opportunity, [['Account', 'Account'], ['Owner', 'User'], ...authors])],
  ['User', { label: 'User', linkable: false, fields: userRows.map(readOnly), parents: new Map() }],
]);

function object(
  label: string,
  fields: readonly FieldDescription[],
  parents: readonly (readonly [string, string])[],
): StandardObject {
  return { label, linkable: true, fields, parents: new Map(parents) };
}
