/** Objects of the set-up: the org, its users, permissions, and custom fields as the Tooling API lists them. */
import { auditFields, field, idField, lookup, READ_ONLY, REQUIRED } from './field.ts';
import type { Field } from './field.ts';
import { objectSchema, SETUP } from './object.ts';
import type { ObjectSchema } from './object.ts';

const FIXED: Partial<Field> = { ...READ_ONLY, nillable: false };

export function userObject(): ObjectSchema {
  const flags = { createable: false, deletable: false, undeletable: false, feedEnabled: true };
  return objectSchema({ name: 'User', label: 'User', labelPlural: 'Users', keyPrefix: '005', ...flags }, [
    idField('User ID'),
    field('Username', 'Username', 'string', { ...REQUIRED, length: 80, idLookup: true }),
    field('LastName', 'Last Name', 'string', { ...REQUIRED, length: 80 }),
    field('FirstName', 'First Name', 'string', { length: 40, permissionable: false }),
    field('Name', 'Full Name', 'string', { ...FIXED, length: 121, nameField: true }),
    field('Email', 'Email', 'email', { ...REQUIRED, length: 128, idLookup: true }),
    field('Alias', 'Alias', 'string', { ...REQUIRED, length: 8 }),
    field('IsActive', 'Active', 'boolean', { permissionable: false, defaultValue: true }),
    field('TimeZoneSidKey', 'Time Zone', 'picklist', { ...REQUIRED, length: 40, picklist: ['GMT'] }),
    field('LocaleSidKey', 'Locale', 'picklist', { ...REQUIRED, length: 40, picklist: ['en_US'] }),
    field('LanguageLocaleKey', 'Language', 'picklist', { ...REQUIRED, length: 40, picklist: ['en_US'] }),
    field('EmailEncodingKey', 'Email Encoding', 'picklist', { ...REQUIRED, length: 40, picklist: ['UTF-8'] }),
    field('UserType', 'User Type', 'picklist', { ...FIXED, length: 40, picklist: ['Standard'] }),
    lookup('ProfileId', 'Profile ID', 'Profile', REQUIRED),
    ...auditFields(),
  ]);
}

export function profileObject(): ObjectSchema {
  const flags = { ...SETUP, createable: false, deletable: false };
  return objectSchema({ name: 'Profile', label: 'Profile', labelPlural: 'Profile', keyPrefix: '00e', ...flags }, [
    idField('Profile ID'),
    field('Name', 'Name', 'string', { ...REQUIRED, length: 255, nameField: true }),
    field('UserType', 'User Type', 'picklist', { ...FIXED, length: 40, picklist: ['Standard'] }),
    ...auditFields(),
  ]);
}

export function organizationObject(): ObjectSchema {
  const flags = { ...SETUP, createable: false, deletable: false };
  return objectSchema({ name: 'Organization', label: 'Organization', labelPlural: 'Organizations', keyPrefix: '00D', ...flags }, [
    idField('Organization ID'),
    field('Name', 'Name', 'string', { ...REQUIRED, length: 80, nameField: true }),
    field('Country', 'Country', 'string', { length: 80 }),
    field('DefaultLocaleSidKey', 'Locale', 'picklist', { ...REQUIRED, length: 40, picklist: ['en_US'] }),
    field('TimeZoneSidKey', 'Time Zone', 'picklist', { ...REQUIRED, length: 40, picklist: ['GMT'] }),
    field('OrganizationType', 'Edition', 'picklist', { ...READ_ONLY, length: 40, picklist: ['Enterprise Edition'] }),
    field('NamespacePrefix', 'Namespace Prefix', 'string', { ...READ_ONLY, length: 15 }),
    field('InstanceName', 'Instance Name', 'string', { ...READ_ONLY, length: 5 }),
    field('IsSandbox', 'Is Sandbox', 'boolean', READ_ONLY),
    field('TrialExpirationDate', 'Trial Expiration Date', 'datetime', READ_ONLY),
    field('IsReadOnly', 'Is Read Only', 'boolean', READ_ONLY),
    ...auditFields(),
  ]);
}

export function permissionSetObject(): ObjectSchema {
  return objectSchema(
    { name: 'PermissionSet', label: 'Permission Set', labelPlural: 'Permission Sets', keyPrefix: '0PS', ...SETUP },
    [
      idField('PermissionSet ID'),
      field('Name', 'Permission Set Name', 'string', { ...REQUIRED, length: 80, nameField: true }),
      field('Label', 'Permission Set Label', 'string', { ...REQUIRED, length: 80 }),
      lookup('ProfileId', 'Profile ID', 'Profile', READ_ONLY),
      field('IsOwnedByProfile', 'Is Owned By Profile', 'boolean', READ_ONLY),
      field('IsCustom', 'Is Custom', 'boolean', { ...READ_ONLY, defaultValue: true }),
      field('Description', 'Description', 'string', { length: 255, permissionable: false }),
      field('NamespacePrefix', 'Namespace Prefix', 'string', { ...READ_ONLY, length: 15 }),
      field('Type', 'Permission Set Type', 'picklist', {
        ...READ_ONLY,
        length: 40,
        picklist: ['Regular', 'Profile'],
        defaultValue: 'Regular',
      }),
      ...auditFields(),
    ],
  );
}

export function permissionSetAssignmentObject(): ObjectSchema {
  const head = { name: 'PermissionSetAssignment', label: 'Permission Set Assignment', labelPlural: 'Permission Set Assignment' };
  return objectSchema({ ...head, keyPrefix: '0Pa', ...SETUP, updateable: false }, [
    idField('PermissionSetAssignment ID'),
    lookup('PermissionSetId', 'PermissionSet ID', 'PermissionSet', {
      ...REQUIRED,
      updateable: false,
      childRelationshipName: 'Assignments',
      cascadeDelete: true,
    }),
    lookup('AssigneeId', 'Assignee ID', 'User', {
      ...REQUIRED,
      updateable: false,
      childRelationshipName: 'PermissionSetAssignments',
    }),
    field('SystemModstamp', 'Date Assigned', 'datetime', { ...FIXED, defaultedOnCreate: true }),
  ]);
}

export function fieldPermissionsObject(): ObjectSchema {
  const head = { name: 'FieldPermissions', label: 'Field Permissions', labelPlural: 'Field Permissions', keyPrefix: '01k' };
  const fixed: Partial<Field> = { ...REQUIRED, updateable: false };
  return objectSchema({ ...head, ...SETUP }, [
    idField('Field Permissions ID'),
    lookup('ParentId', 'Parent ID', 'PermissionSet', { ...fixed, childRelationshipName: 'FieldPerms', cascadeDelete: true }),
    field('SobjectType', 'SObject Type Name', 'picklist', { ...fixed, length: 40 }),
    field('Field', 'Field Name', 'picklist', { ...fixed, length: 255 }),
    field('PermissionsRead', 'Read Access', 'boolean', { permissionable: false }),
    field('PermissionsEdit', 'Edit Access', 'boolean', { permissionable: false }),
    field('SystemModstamp', 'System Modstamp', 'datetime', { ...FIXED, defaultedOnCreate: true }),
  ]);
}

export function objectPermissionsObject(): ObjectSchema {
  const head = { name: 'ObjectPermissions', label: 'Object Permissions', labelPlural: 'Object Permissions', keyPrefix: '110' };
  const fixed: Partial<Field> = { ...REQUIRED, updateable: false };
  const right = { permissionable: false };
  return objectSchema({ ...head, ...SETUP }, [
    idField('ObjectPermissions ID'),
    lookup('ParentId', 'Parent ID', 'PermissionSet', { ...fixed, childRelationshipName: 'ObjectPerms', cascadeDelete: true }),
    field('SobjectType', 'SObject Type Name', 'picklist', { ...fixed, length: 40 }),
    field('PermissionsCreate', 'Create Records', 'boolean', right),
    field('PermissionsRead', 'Read Records', 'boolean', right),
    field('PermissionsEdit', 'Edit Records', 'boolean', right),
    field('PermissionsDelete', 'Delete Records', 'boolean', right),
    field('PermissionsViewAllRecords', 'Read All Records', 'boolean', right),
    field('PermissionsModifyAllRecords', 'Edit All Records', 'boolean', right),
    ...auditFields(),
  ]);
}

/** Custom fields as rows; `Metadata` and `FullName` are made by the Tooling resources. */
export function customFieldObject(): ObjectSchema {
  const head = { name: 'CustomField', label: 'Custom Field', labelPlural: 'Custom Fields', keyPrefix: '00N', tooling: true };
  return objectSchema({ ...head, ...SETUP }, [
    idField('Custom Field Definition ID'),
    field('TableEnumOrId', 'Custom Object Definition ID', 'string', { ...FIXED, length: 40 }),
    field('EntityDefinitionId', 'Entity Definition ID', 'string', {
      ...FIXED,
      length: 40,
      derive: (read) => read('TableEnumOrId'),
    }),
    field('DeveloperName', 'Developer Name', 'string', { ...FIXED, length: 40 }),
    field('NamespacePrefix', 'Namespace Prefix', 'string', { ...READ_ONLY, length: 15 }),
    field('Description', 'Description', 'string', { ...READ_ONLY, length: 1000 }),
    field('InlineHelpText', 'Inline Help Text', 'string', { ...READ_ONLY, length: 510 }),
    field('Length', 'Length', 'int', READ_ONLY),
    field('Precision', 'Precision', 'int', READ_ONLY),
    field('Scale', 'Scale', 'int', READ_ONLY),
    field('ManageableState', 'Manageable State', 'picklist', {
      ...READ_ONLY,
      length: 40,
      picklist: ['unmanaged'],
      defaultValue: 'unmanaged',
    }),
    field('FullName', 'Full Name', 'string', { length: 255, filterable: false, permissionable: false }),
    field('Metadata', 'Metadata', 'complexvalue', { createable: true, updateable: true, permissionable: false }),
    ...auditFields(),
  ]);
}
