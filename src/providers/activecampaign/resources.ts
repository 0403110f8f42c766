import { SynclineError } from '../../model/errors.ts';
import type { ResourceClient } from '../provider.ts';
import type { Api } from './api.ts';
import { createFieldClient } from './field-resource.ts';
import { createListClient } from './list-resource.ts';
import { createTagClient } from './tag-resource.ts';

/** Provisioned objects of one type. @throws SynclineError PROVIDER_REFUSED for types that ActiveCampaign does not have */
export function createResourceClient(api: Api, type: string): ResourceClient {
  switch (type) {
    case 'activecampaign/field':
      return createFieldClient(api);
    case 'activecampaign/tag':
      return createTagClient(api);
    case 'activecampaign/list':
      return createListClient(api);
    default:
      throw new SynclineError('PROVIDER_REFUSED', `ActiveCampaign has no resource type "${type}".`, { fault: 'ours' });
  }
}
