import type { Provider } from '../provider.ts';
import { CATALOG } from './catalog.ts';
import { connect } from './connection.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

/** ActiveCampaign, API version 3: contacts with their custom fields, tags and list subscriptions. */
export const activeCampaignProvider: Provider = {
  name: 'activecampaign',
  label: 'ActiveCampaign',
  catalog: CATALOG,
  resourceTypes: RESOURCE_TYPES,
  connect,
};
