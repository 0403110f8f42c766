/** `sobjects`, `sobjects/{object}` and `sobjects/{object}/describe`. */
import { createHash } from 'node:crypto';
import type { Organization } from '../data/organization.ts';
import type { Table } from '../data/table.ts';
import type { Field, FieldType } from '../schema/field.ts';
import type { ObjectSchema } from '../schema/object.ts';
import { fieldColumn, renderRecord } from '../soql/select.ts';
import type { Answer, Call, JsonObject, Workspace } from './call.ts';
import { checkPrecondition, isUnchanged, versionHeaders } from './conditional.ts';
import type { Version } from './conditional.ts';

const SOAP_TYPES: Partial<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  address: 'urn:address',
  complexvalue: 'tns:ComplexValue',
};

/** `GET sobjects/{object}/describe`, with `Last-Modified` and `ETag`; 304 where the schema did not change. */
export function describeObject({ org }: Workspace, call: Call, objectName: string, tooling: boolean): Answer {
  const table = org.tableOfPath(objectName, tooling);
  const version = schemaVersion(table.schema.name, table.schema.schemaChangedAt);
  const headers = versionHeaders(version);
  checkPrecondition(call, version);
  if (isUnchanged(call, version)) return { status: 304, headers };
  return { status: 200, headers, body: fullDescription(org, table, call) };
}

/** `GET sobjects` */
export function describeGlobal({ org }: Workspace, call: Call, tooling: boolean): Answer {
  const tables = [...org.tables.values()].filter((table) => table.schema.tooling === tooling);
  const changedAt = Math.max(...tables.map((table) => table.schema.schemaChangedAt));
  const version = schemaVersion('global', changedAt);
  const headers = versionHeaders(version);
  checkPrecondition(call, version);
  if (isUnchanged(call, version)) return { status: 304, headers };
  const sobjects = tables
    .toSorted((one, other) => (one.schema.name < other.schema.name ? -1 : 1))
    .map((table) => basicDescription(table.schema, call));
  return { status: 200, headers, body: { encoding: 'UTF-8', maxBatchSize: 200, sobjects } };
}

/** `GET sobjects/{object}`: the short description and what was written last. */
export function describeBasic({ org }: Workspace, call: Call, objectName: string, tooling: boolean): Answer {
  const table = org.tableOfPath(objectName, tooling);
  const body = org.reading(() => ({
    objectDescribe: basicDescription(table.schema, call),
    recentItems: recentItems(table, call),
  }));
  return { status: 200, body };
}

const RECENT_ITEMS = 5;

function recentItems(table: Table, call: Call): JsonObject[] {
  if (!table.schema.mruEnabled) return [];
  const columns = [...table.schema.fields.values()]
    .filter((field) => field.name === 'Id' || field.nameField)
    .map((field) => fieldColumn(table, field));
  const items: JsonObject[] = [];
  for (let row = table.length - 1; row >= 0 && items.length < RECENT_ITEMS; row -= 1) {
    if (table.present[row] === true && !table.isDeleted(row)) items.push(renderRecord(table, row, columns, call));
  }
  return items;
}

function schemaVersion(name: string, changedAt: number): Version {
  return { changedAt, tag: createHash('sha256').update(`${name}/${changedAt}`).digest('hex').slice(0, 8) };
}

function basicDescription(schema: ObjectSchema, call: Call): JsonObject {
  const root = `${call.base}${schema.tooling ? 'tooling/' : ''}sobjects/${schema.name}`;
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable: schema.createable,
    custom: false,
    customSetting: false,
    deepCloneable: false,
    deletable: schema.deletable,
    deprecatedAndHidden: false,
    feedEnabled: schema.feedEnabled,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: schema.keyPrefix,
    label: schema.label,
    labelPlural: schema.labelPlural,
    layoutable: schema.layoutable,
    mergeable: schema.mergeable,
    mruEnabled: schema.mruEnabled,
    name: schema.name,
    queryable: true,
    replicateable: schema.replicateable,
    retrieveable: true,
    searchable: schema.searchable,
    triggerable: schema.triggerable,
    undeletable: schema.undeletable,
    updateable: schema.updateable,
    urls: basicUrls(schema, root),
  };
}

function basicUrls(schema: ObjectSchema, root: string): JsonObject {
  return {
    compactLayouts: `${root}/describe/compactLayouts`,
    rowTemplate: `${root}/{ID}`,
    ...(schema.mergeable || schema.feedEnabled
      ? { approvalLayouts: `${root}/describe/approvalLayouts`, listviews: `${root}/listviews` }
      : {}),
    describe: `${root}/describe`,
    quickActions: `${root}/quickActions`,
    layouts: `${root}/describe/layouts`,
    sobject: root,
  };
}

function fullDescription(org: Organization, table: Table, call: Call): JsonObject {
  const { schema } = table;
  const root = `${call.base}sobjects/${schema.name}`;
  const lower = schema.labelPlural.toLowerCase();
  const description = {
    actionOverrides: [],
    ...basicDescription(schema, call),
    childRelationships: childRelationships(org, schema),
    compactLayoutable: true,
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    fields: org.visibleFields(schema).map((field) => fieldDescription(org, schema, field)),
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: schema.searchable ? [masterRecordType(root)] : [],
    searchLayoutable: schema.searchable,
    sobjectDescribeOption: 'FULL',
    supportedScopes: [
      { label: `All ${lower}`, name: 'everything' },
      ...(schema.fields.has('OwnerId') ? [{ label: `My ${lower}`, name: 'mine' }] : []),
    ],
    urls: {
      ...basicUrls(schema, root),
      uiDetailTemplate: `${call.origin}/{ID}`,
      uiEditTemplate: `${call.origin}/{ID}/e`,
      uiNewRecord: `${call.origin}/${schema.keyPrefix}/e`,
    },
  };
  return sortKeys(description);
}

function sortKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function masterRecordType(root: string): JsonObject {
  const recordTypeId = '012000000000000AAA';
  return {
    active: true,
    available: true,
    defaultRecordTypeMapping: true,
    developerName: 'Master',
    master: true,
    name: 'Master',
    recordTypeId,
    urls: { layout: `${root}/describe/layouts/${recordTypeId}` },
  };
}

function childRelationships(org: Organization, schema: ObjectSchema): JsonObject[] {
  const children: JsonObject[] = [];
  for (const { schema: child } of org.tables.values()) {
    for (const field of org.visibleFields(child)) {
      if (field.type !== 'reference' || !field.referenceTo.includes(schema.name)) continue;
      children.push({
        cascadeDelete: field.cascadeDelete,
        childSObject: child.name,
        deprecatedAndHidden: false,
        field: field.name,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: field.childRelationshipName,
        restrictedDelete: false,
      });
    }
  }
  return children;
}

function fieldDescription(org: Organization, schema: ObjectSchema, field: Field): JsonObject {
  const writable = org.access(schema, field).edit;
  return {
    aggregatable: field.aggregatable,
    aiPredictionField: false,
    autoNumber: field.autoNumber,
    byteLength: field.type === 'id' || field.type === 'reference' ? field.length : field.length * 3,
    calculated: field.formula !== undefined,
    calculatedFormula: field.formula ?? null,
    cascadeDelete: false,
    caseSensitive: field.caseSensitive,
    compoundFieldName: field.compoundFieldName,
    controllerName: null,
    createable: field.createable && writable,
    custom: field.custom,
    defaultValue: field.type === 'boolean' ? field.defaultValue === true : field.type === 'picklist' ? field.defaultValue : null,
    defaultValueFormula: null,
    defaultedOnCreate: field.defaultedOnCreate,
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: field.digits,
    displayLocationInDecimal: false,
    encrypted: false,
    externalId: field.externalId,
    extraTypeInfo: field.extraTypeInfo,
    filterable: field.filterable,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: field.groupable,
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: field.idLookup,
    inlineHelpText: field.inlineHelpText,
    label: field.label,
    length: field.length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.nameField,
    namePointing: false,
    nillable: field.nillable,
    permissionable: field.permissionable,
    picklistValues: field.picklist.map((value) => ({
      active: true,
      defaultValue: value === field.defaultValue,
      label: value,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: false,
    precision: field.precision,
    queryByDistance: field.type === 'address',
    referenceTargetField: null,
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: field.restrictedPicklist,
    scale: field.scale,
    searchPrefilterable: field.searchPrefilterable,
    soapType: SOAP_TYPES[field.type] ?? 'xsd:string',
    sortable: field.sortable,
    type: field.type,
    unique: field.unique,
    updateable: field.updateable && writable,
    writeRequiresMasterRead: false,
  };
}
