/** Names of custom fields: as mappings write them, and as the Tooling API takes them apart. */
import type { Row } from './rows.ts';

/** The name by which describe and mappings know a row of `CustomField`. */
export function apiName(row: Row): string {
  const namespace = row['NamespacePrefix'];
  return `${typeof namespace === 'string' && namespace !== '' ? `${namespace}__` : ''}${String(row['DeveloperName'])}__c`;
}

/** `ns__Name__c` and `Name__c`; the developer name has neither prefix nor suffix. */
export function splitName(name: string): { developerName: string; namespace: string | undefined } {
  const parts = name.replace(/__c$/, '').split('__');
  return parts.length === 2
    ? { developerName: parts[1]!, namespace: parts[0] }
    : { developerName: parts[0]!, namespace: undefined };
}
