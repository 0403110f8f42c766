/** One installation: who it is, whether the application may do what is needed, its records and resources. */
import { SynclineError } from '../../model/errors.ts';
import type { ConnectOptions, Connection, ObjectDescription, RecordClient, ResourceClient } from '../provider.ts';
import { createApi, type Api } from './api.ts';
import { createCampaignDestination } from './campaign-destination.ts';
import { kindOf } from './catalog.ts';
import { checkInstallation } from './check.ts';
import { describeObject } from './describe.ts';
import { unexpected } from './documents.ts';
import { createGroupDirectory } from './group-directory.ts';
import { layoutOf } from './layout.ts';
import { createMarketingLists } from './marketing-lists.ts';
import { createResourceClient } from './resources.ts';
import { createReader } from './stream.ts';
import { createWriter, type WriterMemory } from './writer.ts';

/** For so long, a description serves again: a plan and the cycle that follows it need not ask twice. */
const RECENT_MS = 5 * 60_000;

export function connect(options: ConnectOptions): Connection {
  const api = createApi(options);
  const directories = { groups: createGroupDirectory(api), lists: createMarketingLists(api) };
  const memory: WriterMemory = { upserts: undefined };
  const described = new Map<string, { readonly at: number; readonly description: ObjectDescription }>();
  const forget = (): void => {
    described.clear();
    directories.groups.forget();
  };

  return {
    account: () => readAccount(api),
    check: () => checkInstallation(api, directories.lists),
    async describe(object, paths) {
      const kind = kindOf(object);
      if (kind === undefined) return { object, fields: [], missing: paths };
      const key = JSON.stringify([object, ...paths.toSorted()]);
      const recent = described.get(key);
      if (recent !== undefined && api.clock.now() - recent.at < RECENT_MS) return recent.description;
      const description = await describeObject(api, kind, paths, directories);
      // What an administrator adds while somebody waits for it is to be seen at the next look.
      if (description.missing.length === 0) described.set(key, { at: api.clock.now(), description });
      return description;
    },
    records(object, settings): RecordClient {
      const kind = kindOf(object.object);
      if (kind === undefined)
        throw new SynclineError('PROVIDER_REFUSED', `OroCRM has no records of "${object.object}" here.`, { fault: 'ours' });
      const layout = layoutOf(kind, object);
      const reader = createReader(api, layout, directories);
      const writer = createWriter(api, layout, directories, settings?.externalId, memory);
      return { object, ...reader, ...writer, price: { ...reader.price, ...writer.price } };
    },
    resources(type): ResourceClient {
      const resources = createResourceClient(api, directories.lists, type);
      return {
        ...resources,
        create: (attributes) => resources.create(attributes).finally(forget),
        update: (...parameters) => resources.update(...parameters).finally(forget),
        delete: (id) => resources.delete(id).finally(forget),
      };
    },
    campaignDestination: (object) => createCampaignDestination(api, kindOf(object)!),
    usage: () => ({ calls: api.client.meter.calls }),
    close: () => api.close(),
  };
}

/**
 * The host and the organisation that the application belongs to.
 * UNVERIFIED: which organisations an application sees. It belongs to one; where it sees several, the
 * oldest stands for them, so that another one that is added does not make it another account.
 */
async function readAccount(api: Api): Promise<{ readonly id: string; readonly label: string }> {
  const { data } = await api.call({
    method: 'GET',
    path: '/organizations',
    query: { 'fields[organizations]': 'name', sort: 'id', 'page[size]': 1 },
    headers: { 'x-include': 'noHateoas' },
  });
  const [organization] = data;
  if (organization === undefined) throw unexpected(api.integration, 'no organisation that the application may see');
  const name = organization.attributes['name'];
  return {
    id: `${api.host}/${organization.id}`,
    label: typeof name === 'string' && name !== '' ? `${name} at ${api.host}` : api.host,
  };
}
