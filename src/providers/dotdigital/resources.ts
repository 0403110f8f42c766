import { SynclineError } from '../../model/errors.ts';
import type { ResourceClient } from '../provider.ts';
import { createAddressBookClient } from './address-book-client.ts';
import type { Api } from './api.ts';
import { createDataFieldClient } from './data-field-client.ts';

/** Provisioned objects of one type. @throws SynclineError PROVIDER_REFUSED for types that Dotdigital does not have */
export function createResourceClient(api: Api, type: string): ResourceClient {
  switch (type) {
    case 'dotdigital/address-book':
      return createAddressBookClient(api);
    case 'dotdigital/data-field':
      return createDataFieldClient(api);
    default:
      throw new SynclineError('PROVIDER_REFUSED', `Dotdigital has no resource type "${type}".`, { fault: 'ours' });
  }
}
