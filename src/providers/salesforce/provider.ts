/**
 * The provider for Salesforce. `connect` opens nothing: the first call authenticates, and loads
 * jsforce. What is exported here is offline and cheap to import, for `validate` and `version`.
 */
import type { Provider } from '../provider.ts';
import { createConnection } from './connection.ts';
import { salesforceCatalog } from './fields.ts';
import { salesforceResourceTypes } from './resources.ts';

export const salesforceProvider: Provider = {
  name: 'salesforce',
  label: 'Salesforce',
  catalog: salesforceCatalog,
  resourceTypes: salesforceResourceTypes,
  connect: createConnection,
};
