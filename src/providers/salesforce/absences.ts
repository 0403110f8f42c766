/** Fields that `describe` does not list: those that the org does not have, and those hidden by field-level security. */
import { ProviderError } from '../../model/errors.ts';
import type { ApiClient } from './client.ts';
import { apiName, splitName } from './custom-field-name.ts';
import type { DescribeCache } from './describe.ts';
import { salesforceCatalog } from './fields.ts';
import { queryRows } from './query.ts';
import { quote } from './soql.ts';

/**
 * The Tooling API lists custom fields whoever may see them; standard ones cannot be deleted. Nothing is told of fields of
 * parents, and nothing of custom fields where the user may not read the set-up.
 */
export async function fieldAbsences(
  client: ApiClient,
  cache: DescribeCache,
  object: string,
  missing: readonly string[],
): Promise<ReadonlyMap<string, 'gone' | 'hidden'>> {
  const described = new Set((await cache.get(object)).fields.map(({ name }) => name));
  const own = missing.filter((path) => !path.includes('.') && !described.has(path));
  const custom = own.filter((path) => path.endsWith('__c'));
  const existing = custom.length === 0 ? undefined : await customFields(client, object, custom);
  return new Map(
    own.flatMap((path): (readonly [string, 'gone' | 'hidden'])[] => {
      if (path.endsWith('__c')) return existing === undefined ? [] : [[path, existing.has(path) ? 'hidden' : 'gone']];
      return typeof salesforceCatalog.field(object, path) === 'object' ? [[path, 'hidden']] : [];
    }),
  );
}

/** `undefined` where the user may not ask. */
async function customFields(
  client: ApiClient,
  object: string,
  paths: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const names = paths.map((path) => quote(splitName(path).developerName)).join(', ');
  try {
    const rows = await queryRows(
      client,
      `SELECT Id, DeveloperName, NamespacePrefix FROM CustomField WHERE TableEnumOrId = ${quote(object)} AND DeveloperName IN (${names})`,
      '/tooling',
    );
    return new Set(rows.map(apiName));
  } catch (error) {
    if (error instanceof ProviderError && error.status !== undefined && error.status < 500) return undefined;
    throw error;
  }
}
