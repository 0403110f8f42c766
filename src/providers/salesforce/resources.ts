/** What Syncline provisions in an org: the resource types, and the client of each. */
import { SynclineError } from '../../model/errors.ts';
import type { Clock } from '../../model/time.ts';
import type { ResourceClient, ResourceType } from '../provider.ts';
import type { ApiClient } from './client.ts';
import { createCustomFieldClient } from './custom-field-client.ts';
import { customFieldType } from './custom-field.ts';
import type { DescribeCache } from './describe.ts';
import { createFieldAccess } from './field-access.ts';
import { createPermissionSetClient, permissionSetType } from './permission-set.ts';

export const salesforceResourceTypes: Readonly<Record<string, ResourceType>> = {
  [customFieldType.type]: customFieldType,
  [permissionSetType.type]: permissionSetType,
};

/** Makes the clients of one connection; they share its permission set and its descriptions. */
export function createResourceClients(client: ApiClient, cache: DescribeCache, clock: Clock): (type: string) => ResourceClient {
  const access = createFieldAccess(client);
  const clients: Readonly<Record<string, ResourceClient>> = {
    [customFieldType.type]: createCustomFieldClient({ client, cache, access, clock }),
    [permissionSetType.type]: createPermissionSetClient(client),
  };
  return (type) => {
    const known = clients[type];
    if (known === undefined) {
      throw new SynclineError('PROVIDER_REFUSED', `Salesforce has no resource type "${type}".`, { fault: 'ours' });
    }
    return known;
  };
}
