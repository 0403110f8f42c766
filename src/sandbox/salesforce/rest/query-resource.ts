/** `query`, `queryAll`, their pages, and what `columns=true` tells about a query's columns. */
import { refuseWith } from '../api-error.ts';
import { runQuery, parseSoql, selectsId, tableOfQuery } from '../soql/query.ts';
import type { Column } from '../soql/select.ts';
import type { Answer, Call, Workspace } from './call.ts';

const DEFAULT_BATCH = 2_000;
const SMALLEST_BATCH = 200;

/** `GET query?q=…`, `queryAll?q=…`, `tooling/query?q=…` */
export function query({ org, cursors }: Workspace, call: Call, options: { tooling: boolean; includeDeleted: boolean }): Answer {
  const soql = call.query.get('q');
  if (soql === null) return refuseWith(400, 'MALFORMED_QUERY', 'SOQL statements cannot be empty or null');
  return org.reading(() => {
    const result = runQuery(org, soql, options);
    if (call.query.get('columns') === 'true') return { status: 200, body: columnMetadata(org, soql, options.tooling, result) };
    return { status: 200, body: cursors.firstPage(result, batchSize(call), options.includeDeleted, call) };
  });
}

/** `GET query/{locator}` */
export function nextPage({ org, cursors }: Workspace, call: Call, locator: string): Answer {
  return org.reading(() => ({ status: 200, body: cursors.page(locator, call) }));
}

function batchSize(call: Call): number {
  const asked = Number(/batchSize\s*=\s*(\d+)/i.exec(call.headers['sforce-query-options'] ?? '')?.[1] ?? DEFAULT_BATCH);
  return Math.min(Math.max(asked, SMALLEST_BATCH), DEFAULT_BATCH);
}

interface ColumnMetadata {
  readonly columnName: string;
  readonly displayName: string;
  readonly aggregate: boolean;
  readonly joinColumns: readonly ColumnMetadata[];
  readonly [fact: string]: unknown;
}

function columnMetadata(org: Workspace['org'], soql: string, tooling: boolean, result: ReturnType<typeof runQuery>): unknown {
  const parsed = parseSoql(soql);
  const table = tableOfQuery(org, soql, parsed, tooling);
  const columns = result.kind === 'rows' ? result.columns.map((column) => metadataOf(column)) : aggregateMetadata(parsed);
  return {
    columnMetadata: columns,
    entityName: table.schema.name,
    groupBy: parsed.groupBy !== undefined,
    idSelected: selectsId(parsed, table),
    keyPrefix: table.schema.keyPrefix,
  };
}

/** UNVERIFIED: the keys beyond columnName, displayName, aggregate and joinColumns. */
function metadata(
  name: string,
  display: string,
  aggregate: boolean,
  facts: object,
  joinColumns: readonly ColumnMetadata[],
): ColumnMetadata {
  return {
    columnName: name,
    displayName: display,
    aggregate,
    apexType: 'String',
    booleanType: false,
    custom: false,
    foreignKeyName: null,
    insertable: false,
    numberType: false,
    textType: true,
    updatable: false,
    ...facts,
    joinColumns,
  };
}

const APEX_TYPES: Readonly<Record<string, string>> = {
  id: 'Id',
  reference: 'Id',
  boolean: 'Boolean',
  int: 'Integer',
  double: 'Double',
  currency: 'Decimal',
  percent: 'Double',
  date: 'Date',
  datetime: 'Datetime',
};

function metadataOf(column: Column): ColumnMetadata {
  if (column.kind === 'parent')
    return metadata(
      column.key,
      column.key,
      false,
      {},
      column.columns.map((one) => metadataOf(one)),
    );
  if (column.kind === 'children')
    return metadata(
      column.key,
      column.key,
      true,
      {},
      column.columns.map((one) => metadataOf(one)),
    );
  const { field } = column;
  const apexType = APEX_TYPES[field.type] ?? 'String';
  const facts = {
    apexType,
    booleanType: apexType === 'Boolean',
    custom: field.custom,
    insertable: field.createable,
    numberType: ['Integer', 'Double', 'Decimal'].includes(apexType),
    textType: apexType === 'String' || apexType === 'Id',
    updatable: field.updateable,
  };
  return metadata(field.name, field.name, false, facts, []);
}

function aggregateMetadata(parsed: ReturnType<typeof parseSoql>): ColumnMetadata[] {
  let expressions = 0;
  return (parsed.fields ?? []).map((item) => {
    if (item.type === 'FieldFunctionExpression') {
      const name = item.alias ?? `expr${expressions}`;
      if (item.alias === undefined) expressions += 1;
      return metadata(name, item.rawValue ?? item.functionName, true, { numberType: true, textType: false }, []);
    }
    const name = 'field' in item ? item.field : '';
    return metadata(name, name, false, {}, []);
  });
}
