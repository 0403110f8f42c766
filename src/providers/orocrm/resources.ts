/** Provisioned objects of one type: contact groups, and marketing lists where they can be seen. */
import { pathSegment } from '../../http/address.ts';
import { ProviderError, SynclineError } from '../../model/errors.ts';
import { findObject } from '../find-object.ts';
import type { ResourceAttributes, ResourceClient, ResourceObject } from '../provider.ts';
import { listPages, type Api } from './api.ts';
import { CONTACT, kindOf, LEAD } from './catalog.ts';
import { textOf, unexpected, type Document, type Entity } from './documents.ts';
import type { MarketingLists } from './marketing-lists.ts';
import { attributeText } from './resource-types.ts';

const GROUPS = 'contactgroups';

/** @throws SynclineError PROVIDER_REFUSED for types that OroCRM does not have */
export function createResourceClient(api: Api, lists: MarketingLists, type: string): ResourceClient {
  switch (type) {
    case 'orocrm/contact-group':
      return createContactGroups(api);
    case 'orocrm/marketing-list':
      return createExpectedLists(lists);
    default:
      throw new SynclineError('PROVIDER_REFUSED', `OroCRM has no resource type "${type}".`, { fault: 'ours' });
  }
}

function createContactGroups(api: Api): ResourceClient {
  const only = (document: Document): ResourceObject => {
    const [row] = document.data;
    if (row === undefined) throw unexpected(api.integration, 'without the contact group');
    return toGroup(row);
  };
  const bodyOf = (attributes: ResourceAttributes, id?: string): unknown => ({
    data: { type: GROUPS, ...(id === undefined ? {} : { id }), attributes: { label: attributeText(attributes, 'label') } },
  });
  async function* list(): AsyncGenerator<readonly ResourceObject[]> {
    for await (const { rows } of listPages(api, GROUPS, {})) yield rows.map(toGroup);
  }
  return {
    list,
    read: (id) => orMissing(async () => only(await api.call({ method: 'GET', path: `/${GROUPS}/${pathSegment(id)}` }))),
    find: (attributes) => findObject(list(), (group) => group.attributes['label'] === attributeText(attributes, 'label')),
    create: async (attributes) => only(await api.call({ method: 'POST', path: `/${GROUPS}`, body: bodyOf(attributes) })),
    update: async (id, _before, after) =>
      only(await api.call({ method: 'PATCH', path: `/${GROUPS}/${pathSegment(id)}`, body: bodyOf(after, id), idempotent: true })),
    async delete(id) {
      await orMissing(() => api.call({ method: 'DELETE', path: `/${GROUPS}/${pathSegment(id)}`, idempotent: true }));
    },
  };
}

/** Lists are made by a person; an installation that does not expose them shows none. */
function createExpectedLists(lists: MarketingLists): ResourceClient {
  async function* list(): AsyncGenerator<readonly ResourceObject[]> {
    for await (const page of lists.all()) {
      yield page.flatMap(({ id, name, entityClass }) => {
        const object = [CONTACT, LEAD].find((one) => kindOf(one)!.entityClass === entityClass);
        return object === undefined ? [] : [{ id, attributes: { name, object } }];
      });
    }
  }
  const refuse = (): Promise<never> =>
    Promise.reject(
      new SynclineError('PROVIDER_REFUSED', 'Marketing lists of OroCRM are made by a person: declare them with mode: expected.'),
    );
  return {
    list,
    read: (id) => findObject(list(), (one) => one.id === id),
    find: (attributes) =>
      findObject(
        list(),
        (one) =>
          one.attributes['name'] === attributeText(attributes, 'name') &&
          one.attributes['object'] === (attributeText(attributes, 'object') === LEAD ? LEAD : CONTACT),
      ),
    create: refuse,
    update: refuse,
    delete: refuse,
  };
}

function toGroup({ id, attributes }: Entity): ResourceObject {
  return { id, attributes: { label: textOf(attributes['label']) } };
}

async function orMissing<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'PROVIDER_RECORD_MISSING') return undefined;
    throw error;
  }
}
