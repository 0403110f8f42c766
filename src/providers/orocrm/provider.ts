import type { Provider } from '../provider.ts';
import { CATALOG, CONTACT, LEAD } from './catalog.ts';
import { connect } from './connection.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

/** OroCRM by its JSON:API: contacts and leads, with their groups and, where they are exposed, marketing lists. */
export const oroCrmProvider: Provider = {
  name: 'orocrm',
  label: 'OroCRM',
  catalog: CATALOG,
  resourceTypes: RESOURCE_TYPES,
  campaigns: { source: false, objects: [CONTACT, LEAD] },
  connect,
};
