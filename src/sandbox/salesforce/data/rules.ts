/** Rules of single objects: permissions, duplicate rules, names of the set-up. */
import { Refusal, refuseWith } from '../api-error.ts';
import type { StoredValue } from '../schema/field.ts';
import { fieldOf } from '../schema/object.ts';
import { shortId } from './ids.ts';
import type { Organization } from './organization.ts';
import type { Table } from './table.ts';

type Values = Map<string, StoredValue>;

/** Refuses a record by the rules of its object. `row` is null for a new one. @throws Refusal */
export function checkBeforeSave(org: Organization, table: Table, row: number | null, values: Values, allowSave: boolean): void {
  const read = (name: string): StoredValue => {
    if (values.has(name)) return values.get(name) ?? null;
    return row === null ? null : table.get(row, name);
  };
  switch (table.schema.name) {
    case 'Contact':
      return checkDuplicateRule(org, table, row, read, allowSave);
    case 'PermissionSet':
      return checkPermissionSet(table, row, values);
    case 'PermissionSetAssignment':
      return checkAssignment(table, values);
    case 'FieldPermissions':
      return checkFieldPermissions(org, table, row, read);
    case 'CampaignMember':
      return checkCampaignMember(table, row, read);
    default:
      return undefined;
  }
}

/** What follows from a saved record. */
export function afterSave(org: Organization, table: Table, row: number): void {
  const { name } = table.schema;
  if (name === 'FieldPermissions') {
    const nothing = table.get(row, 'PermissionsRead') !== true && table.get(row, 'PermissionsEdit') !== true;
    if (nothing) table.remove(row);
  }
  if (name === 'FieldPermissions' || name === 'PermissionSetAssignment') org.permissionsChanged();
}

function checkPermissionSet(table: Table, row: number | null, values: Values): void {
  const name = values.get('Name');
  if (name === undefined || name === null) return;
  if (!/^[A-Za-z](?:_?[A-Za-z0-9])*$/.test(String(name))) {
    // UNVERIFIED: code and wording.
    const message =
      'Permission Set API Name: The Permission Set API Name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.';
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', message, ['Name']);
  }
  const field = fieldOf(table.schema, 'Name');
  const taken = field === undefined ? [] : table.lookup(field, String(name)).filter((one) => one !== row);
  if (taken.length > 0) {
    // UNVERIFIED: wording.
    const id = shortId(table.ids[taken[0] ?? 0] ?? '');
    refuseWith(400, 'DUPLICATE_DEVELOPER_NAME', `duplicate value found: Name duplicates value on record with id: ${id}`, [
      'Name',
    ]);
  }
}

function checkAssignment(table: Table, values: Values): void {
  const assignee = String(values.get('AssigneeId'));
  const set = String(values.get('PermissionSetId'));
  for (let one = 0; one < table.length; one += 1) {
    if (table.present[one] !== true || table.get(one, 'AssigneeId') !== assignee || table.get(one, 'PermissionSetId') !== set)
      continue;
    const message = `Duplicate PermissionSetAssignment.  Assignee: ${shortId(assignee)}; Permission Set: ${shortId(set)}`;
    refuseWith(400, 'DUPLICATE_VALUE', message, ['AssigneeId', 'PermissionSetId']);
  }
}

/** UNVERIFIED: the wording of these four refusals. */
function checkFieldPermissions(org: Organization, table: Table, row: number | null, read: (name: string) => StoredValue): void {
  const [objectName = '', fieldName = ''] = String(read('Field')).split('.');
  const schema = org.table(String(read('SobjectType')))?.schema;
  const field = schema === undefined ? undefined : fieldOf(schema, fieldName);
  const matches = schema !== undefined && objectName.toLowerCase() === schema.name.toLowerCase();
  if (field === undefined || !matches || !field.permissionable) {
    refuseWith(
      400,
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      `Field Name: bad value for restricted picklist field: ${String(read('Field'))}`,
      ['Field'],
    );
  }
  const canRead = read('PermissionsRead') === true;
  const canEdit = read('PermissionsEdit') === true;
  if (canEdit && !canRead) {
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', 'Read Access: Edit access to a field requires read access', ['PermissionsRead']);
  }
  if (canEdit && !field.updateable && !field.createable) {
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', `Edit Access: the field ${field.name} is read only`, ['PermissionsEdit']);
  }
  if (row !== null) return;
  if (!canRead && !canEdit)
    refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', 'Field permissions must grant at least one access', ['PermissionsRead']);
  for (let one = 0; one < table.length; one += 1) {
    const same =
      table.present[one] === true && table.get(one, 'ParentId') === read('ParentId') && table.get(one, 'Field') === read('Field');
    if (!same) continue;
    const id = shortId(table.ids[one] ?? '');
    refuseWith(400, 'DUPLICATE_VALUE', `duplicate value found: <unknown> duplicates value on record with id: ${id}`, []);
  }
}

function checkCampaignMember(table: Table, row: number | null, read: (name: string) => StoredValue): void {
  if (row !== null) return;
  if (read('LeadId') === null && read('ContactId') === null) {
    refuseWith(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [LeadId, ContactId]', ['LeadId', 'ContactId']);
  }
  const campaign = fieldOf(table.schema, 'CampaignId');
  const members = campaign === undefined ? [] : table.lookup(campaign, String(read('CampaignId')));
  const twice = members.some((one) => !table.isDeleted(one) && isSameMember(table, one, read));
  if (twice) refuseWith(400, 'DUPLICATE_VALUE', 'Already a campaign member.', []);
}

function isSameMember(table: Table, row: number, read: (name: string) => StoredValue): boolean {
  const kind = read('ContactId') === null ? 'LeadId' : 'ContactId';
  return table.get(row, kind) === read(kind);
}

/** A match on address and both names; the real rule is fuzzy. */
function checkDuplicateRule(
  org: Organization,
  table: Table,
  row: number | null,
  read: (name: string) => StoredValue,
  allowSave: boolean,
): void {
  const rule = org.settings.duplicateRule;
  const email = read('Email');
  if (rule === 'off' || (rule === 'alert' && allowSave) || email === null) return;
  const field = fieldOf(table.schema, 'Email');
  const fold = (value: StoredValue): string => String(value ?? '').toLowerCase();
  const twin = (field === undefined ? [] : table.lookup(field, String(email))).find(
    (one) =>
      one !== row &&
      !table.isDeleted(one) &&
      fold(table.get(one, 'LastName')) === fold(read('LastName')) &&
      fold(table.get(one, 'FirstName')) === fold(read('FirstName')),
  );
  if (twin === undefined) return;
  const id = table.ids[twin] ?? '';
  const message = 'Use one of these records?';
  const record = { attributes: { type: 'Contact', url: `/services/data/v62.0/sobjects/Contact/${id}` }, Id: id };
  throw new Refusal({
    status: 400,
    errorCode: 'DUPLICATES_DETECTED',
    message,
    duplicateResult: {
      allowSave: rule === 'alert',
      duplicateRule: 'Standard_Contact_Duplicate_Rule',
      duplicateRuleEntityType: 'Contact',
      errorMessage: message,
      matchResults: [
        {
          entityType: 'Contact',
          errors: [],
          matchEngine: 'FuzzyMatchEngine',
          matchRecords: [{ additionalInformation: [], fieldDiffs: [], matchConfidence: 100, record }],
          rule: 'Standard_Contact_Match_Rule_v1_1',
          size: 1,
          success: true,
        },
      ],
    },
  });
}
