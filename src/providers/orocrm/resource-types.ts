/**
 * Resource types of an installation. Contact groups are made through the API. Marketing lists are not:
 * they are drawn up by a person, with a segment, and are expected to be there.
 */
import type { ResourceAttributes, ResourceType } from '../provider.ts';
import { attribute, CONTACT, LEAD, readOnly } from './catalog.ts';

const contactGroup: ResourceType = {
  type: 'orocrm/contact-group',
  replaceOn: [],
  computed: [],
  sensitive: [],
  create: true,
  update: true,
  delete: true,
  holdsData: true,
  key: (attributes) => attributeText(attributes, 'label'),
  normalize: (attributes) => attributes,
  validate: () => [],
  // The field is the set of all groups, whichever of them there are.
  field: (attributes) => ({
    object: CONTACT,
    field: { ...attribute('groups', 'Contact groups', 'set'), options: [attributeText(attributes, 'label')] },
  }),
  steps: (attributes) => [
    `In OroCRM, open System > Contact Groups and create the group "${attributeText(attributes, 'label')}", spelled exactly so.`,
  ],
};

const marketingList: ResourceType = {
  type: 'orocrm/marketing-list',
  replaceOn: ['name', 'object'],
  computed: [],
  sensitive: [],
  create: false,
  update: false,
  delete: false,
  holdsData: true,
  key: (attributes) => attributeText(attributes, 'name'),
  normalize: (attributes) => ({ object: CONTACT, ...attributes }),
  validate: () => [],
  field(attributes) {
    const name = attributeText(attributes, 'name');
    return { object: objectOf(attributes), field: readOnly(`list/${name}`, name, 'boolean') };
  },
  steps: (attributes) => [
    'In config/oro/api.yml of any bundle, expose these entities under api.entities, then run oro:api:cache:clear: Oro\\Bundle\\MarketingListBundle\\Entity\\MarketingList, Oro\\Bundle\\MarketingListBundle\\Entity\\MarketingListItem, Oro\\Bundle\\MarketingListBundle\\Entity\\MarketingListRemovedItem, Oro\\Bundle\\MarketingListBundle\\Entity\\MarketingListUnsubscribedItem.',
    `In OroCRM, open Marketing > Marketing Lists and create a list named "${attributeText(attributes, 'name')}", spelled exactly so, of the entity ${objectOf(attributes) === LEAD ? 'Lead' : 'Contact'}, with an e-mail among its columns.`,
  ],
};

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  [contactGroup.type]: contactGroup,
  [marketingList.type]: marketingList,
};

export function attributeText(attributes: ResourceAttributes, name: string): string {
  const value = attributes[name];
  return typeof value === 'string' ? value : '';
}

function objectOf(attributes: ResourceAttributes): string {
  return attributes['object'] === LEAD ? LEAD : CONTACT;
}
