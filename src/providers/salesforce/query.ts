/** Queries to their end: every page, also where the server forgets the result on the way. */
import { ProviderError } from '../../model/errors.ts';
import { API_VERSION } from './client.ts';
import type { ApiAnswer, ApiClient, ApiRequest } from './client.ts';
import { refusalToError, unexpectedAnswer } from './failure.ts';
import { isRow, rowId } from './rows.ts';
import type { Row } from './rows.ts';
import { MAX_URL_BYTES, queryPath, quote, urlBytes } from './soql.ts';
import type { QueryResource } from './soql.ts';

/** A result that is forgotten this often without one new row in between is given up. */
const MAX_FRUITLESS_RESTARTS = 3;

export interface Query {
  readonly resource: QueryResource;
  readonly select: readonly string[];
  readonly object: string;
  /** Conditions, all of which hold. */
  readonly where: readonly string[];
  readonly orderBy: string;
  /** The condition that begins where a lost result ended, so that only rows that come later, or again, are read. */
  readonly continueAfter: (row: Row) => string;
  /** Below the API's root; the Tooling API has a query resource of its own. */
  readonly root?: '/tooling';
  readonly signal?: AbortSignal | undefined;
}

interface QueryPage {
  readonly rows: readonly Row[];
  readonly dateMs: number | undefined;
  readonly last: boolean;
}

/** A query that walks the ids of an object, and finds its place again by the last id. */
export function idQuery(
  select: readonly string[],
  object: string,
  where: readonly string[],
  signal: AbortSignal | undefined,
): Query {
  return {
    resource: 'query',
    select,
    object,
    where,
    orderBy: 'Id',
    continueAfter: (row) => `Id > ${quote(rowId(row))}`,
    signal,
  };
}

export function soqlOf(query: Query, where: readonly string[] = query.where): string {
  const conditions =
    where.length === 0
      ? ''
      : ` WHERE ${where.map((one) => (/ OR /.test(one) && where.length > 1 ? `(${one})` : one)).join(' AND ')}`;
  return `SELECT ${query.select.join(', ')} FROM ${query.object}${conditions} ORDER BY ${query.orderBy}`;
}

/**
 * All pages of a query, one call each. Pages may be shorter than others and even empty; what ends
 * the walk is the server's `done`. A result that the server forgot (INVALID_QUERY_LOCATOR) is asked
 * for again from behind the last row.
 */
export async function* queryPages(client: ApiClient, query: Query): AsyncGenerator<QueryPage> {
  let lastRow: Row | undefined;
  let restartedAfter: Row | undefined;
  let fruitless = 0;
  for (;;) {
    const where = lastRow === undefined ? query.where : [...query.where, query.continueAfter(lastRow)];
    let answer = await firstPage(client, query, soqlOf(query, where));
    try {
      for (;;) {
        const { rows, next } = parsePage(client, answer);
        yield { rows, dateMs: answer.dateMs, last: next === undefined };
        if (next === undefined) return;
        lastRow = rows.at(-1) ?? lastRow;
        const following = await client.call({ method: 'GET', path: next, effect: 'none', signal: query.signal });
        if (parsePage(client, following).next === next) {
          throw unexpectedAnswer(client.integration, 'Salesforce answered a page of a query that leads to itself.');
        }
        answer = following;
      }
    } catch (error) {
      const forgotten = error instanceof ProviderError && error.vendorCode === 'INVALID_QUERY_LOCATOR';
      fruitless = lastRow?.['Id'] === restartedAfter?.['Id'] ? fruitless + 1 : 0;
      restartedAfter = lastRow;
      if (!forgotten || fruitless > MAX_FRUITLESS_RESTARTS) throw error;
    }
  }
}

/** The number of records that a query would list. */
export async function countRows(client: ApiClient, object: string): Promise<number> {
  const { body } = await client.call({
    method: 'GET',
    path: queryPath('query', `SELECT COUNT() FROM ${object}`),
    effect: 'none',
  });
  if (!isRow(body) || typeof body['totalSize'] !== 'number') {
    throw unexpectedAnswer(client.integration, `The count of ${object} has no totalSize.`);
  }
  return body['totalSize'];
}

/** All rows of a query that is known to be short. */
export async function queryRows(client: ApiClient, soql: string, root: '' | '/tooling' = ''): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let path: string | undefined = `${root}${queryPath('query', soql)}`;
  while (path !== undefined) {
    const page = parsePage(client, await client.call({ method: 'GET', path, effect: 'none' }));
    rows.push(...page.rows);
    path = page.next;
  }
  return rows;
}

async function firstPage(client: ApiClient, query: Query, soql: string): Promise<ApiAnswer> {
  const path = `${query.root ?? ''}${queryPath(query.resource, soql)}`;
  const { signal } = query;
  if (urlBytes(soql) <= MAX_URL_BYTES) return client.call({ method: 'GET', path, effect: 'none', signal });

  // So many fields that the address line does not hold them: as one sub-request, whose address stands in the body.
  const request: ApiRequest = {
    method: 'POST',
    path: '/composite/batch',
    body: { batchRequests: [{ method: 'GET', url: `v${API_VERSION}${path}` }] },
    effect: 'none',
    signal,
  };
  const answer = await client.call(request);
  const result =
    isRow(answer.body) && Array.isArray(answer.body['results']) ? (answer.body['results'] as unknown[])[0] : undefined;
  if (!isRow(result) || typeof result['statusCode'] !== 'number') {
    throw unexpectedAnswer(client.integration, 'Salesforce answered a batch of queries without results.');
  }
  if (result['statusCode'] >= 300) {
    const error = Array.isArray(result['result']) ? (result['result'] as unknown[])[0] : undefined;
    const code = isRow(error) ? error['errorCode'] : undefined;
    throw refusalToError(
      {
        status: result['statusCode'],
        code: typeof code === 'string' ? code : undefined,
        message: isRow(error) ? String(error['message']) : '',
      },
      client.integration,
    );
  }
  return { ...answer, body: result['result'] };
}

function parsePage(client: ApiClient, { body }: ApiAnswer): { rows: readonly Row[]; next: string | undefined } {
  if (!isRow(body) || !Array.isArray(body['records']) || typeof body['done'] !== 'boolean') {
    throw unexpectedAnswer(client.integration, 'Salesforce answered a query without records.');
  }
  const rows = (body['records'] as unknown[]).filter(isRow);
  if (body['done']) return { rows, next: undefined };
  const next = body['nextRecordsUrl'];
  // Only a path of the API itself is followed: the token goes with it.
  if (typeof next !== 'string' || !/^\/services\/data\/v\d+\.\d\/[\w/-]+$/.test(next)) {
    throw unexpectedAnswer(client.integration, 'Salesforce answered a page that is not the last one but names no next page.');
  }
  return { rows, next };
}
