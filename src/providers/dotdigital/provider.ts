import type { Provider } from '../provider.ts';
import { connect } from './connection.ts';
import { CATALOG } from './fields.ts';
import { RESOURCE_TYPES } from './resource-types.ts';
import { createSignOn } from './sign-on.ts';

/** Dotdigital: contacts with their data fields and address books, by versions 2 and 3 of its API. */
export const dotdigitalProvider: Provider = {
  name: 'dotdigital',
  label: 'Dotdigital',
  catalog: CATALOG,
  resourceTypes: RESOURCE_TYPES,
  campaigns: { source: true, objects: [] },
  connect,
  signOn: createSignOn,
};
