/** What the interface exposes of the CRM's entities: attributes, relationships and what may be done with them. */

export type AttributeKind =
  'string' | 'text' | 'integer' | 'money' | 'percent' | 'date' | 'datetime' | 'boolean' | 'emails' | 'phones';

export interface Attribute {
  readonly kind: AttributeKind;
  /** Ignored without a word where it is written. */
  readonly readOnly?: boolean;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  /** Letters, digits, underscores and hyphens are all that it may hold. */
  readonly isCode?: boolean;
  readonly unique?: boolean;
  /** A filter on it takes a list of values. */
  readonly manyFilter?: boolean;
}

export interface Relationship {
  readonly types: readonly string[];
  readonly many?: boolean;
  readonly required?: boolean;
  /** The same relationship, as the other end calls it: a to-many one. */
  readonly inverse?: string;
  /** Cannot be emptied through this relationship. */
  readonly notNull?: boolean;
  /** Cannot be changed through this relationship. */
  readonly readOnly?: boolean;
}

export type Action = 'get' | 'list' | 'create' | 'update' | 'delete' | 'deleteList' | 'updateList';

export interface ResourceType {
  readonly type: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly relationships: Readonly<Record<string, Relationship>>;
  readonly actions: ReadonlySet<Action>;
  /** Ids of its own making (enumerations) instead of numbers that count up. */
  readonly namedIds?: boolean;
  /** Has `primaryEmail` and `primaryPhone` beside the sets. */
  readonly contactable?: boolean;
}

const ALL_ACTIONS: readonly Action[] = ['get', 'list', 'create', 'update', 'delete', 'deleteList', 'updateList'];
const READ_ACTIONS: readonly Action[] = ['get', 'list'];
/** Most types do not take many in one call: contacts, leads, accounts, opportunities and addresses do. */
const ONE_BY_ONE: readonly Action[] = ALL_ACTIONS.filter((action) => action !== 'updateList');

const TEXT: Attribute = { kind: 'string', maxLength: 255 };
const LONG: Attribute = { kind: 'text' };
const STAMPS = {
  createdAt: { kind: 'datetime', readOnly: true },
  updatedAt: { kind: 'datetime', readOnly: true },
} as const;
const REACHED = {
  lastContactedDate: { kind: 'datetime', readOnly: true },
  lastContactedDateIn: { kind: 'datetime', readOnly: true },
  lastContactedDateOut: { kind: 'datetime', readOnly: true },
  timesContacted: { kind: 'integer', readOnly: true },
  timesContactedIn: { kind: 'integer', readOnly: true },
  timesContactedOut: { kind: 'integer', readOnly: true },
} as const;
const NAMES = {
  namePrefix: TEXT,
  firstName: TEXT,
  middleName: TEXT,
  lastName: TEXT,
  nameSuffix: TEXT,
};
const ADDRESSES = {
  primaryEmail: TEXT,
  primaryPhone: TEXT,
  emails: { kind: 'emails', manyFilter: true },
  phones: { kind: 'phones', manyFilter: true },
} as const;
const POSTAL: ResourceType['attributes'] = {
  primary: { kind: 'boolean' },
  label: TEXT,
  street: TEXT,
  street2: TEXT,
  city: TEXT,
  postalCode: TEXT,
  organization: TEXT,
  firstName: TEXT,
  lastName: TEXT,
  ...STAMPS,
};
const EXTERNAL_ID: Attribute = {
  kind: 'string',
  maxLength: 36,
  unique: true,
  manyFilter: true,
};
const OWNED = {
  owner: { types: ['users'] },
  organization: { types: ['organizations'] },
} as const;

function type(
  name: string,
  attributes: ResourceType['attributes'],
  relationships: ResourceType['relationships'],
  rest: {
    readonly actions?: readonly Action[];
    readonly namedIds?: boolean;
    readonly contactable?: boolean;
  } = {},
): ResourceType {
  const { actions = ALL_ACTIONS, ...others } = rest;
  return {
    type: name,
    attributes,
    relationships,
    actions: new Set(actions),
    ...others,
  };
}

function enumeration(name: string): ResourceType {
  const attributes = {
    name: { kind: 'string', readOnly: true },
    priority: { kind: 'integer', readOnly: true },
    default: { kind: 'boolean', readOnly: true },
  } as const;
  return type(name, attributes, {}, { actions: READ_ACTIONS, namedIds: true });
}

export const STOCK_TYPES: readonly ResourceType[] = [
  type(
    'contacts',
    {
      ...REACHED,
      ...NAMES,
      gender: TEXT,
      birthday: { kind: 'date' },
      description: LONG,
      jobTitle: TEXT,
      fax: TEXT,
      skype: TEXT,
      twitter: TEXT,
      facebook: TEXT,
      googlePlus: TEXT,
      linkedIn: TEXT,
      ...STAMPS,
      ...ADDRESSES,
      externalId: EXTERNAL_ID,
    },
    {
      source: { types: ['contactsources'] },
      method: { types: ['contactmethods'] },
      owner: { types: ['users'] },
      assignedTo: { types: ['users'] },
      reportsTo: { types: ['contacts'] },
      addresses: { types: ['contactaddresses'], many: true, readOnly: true },
      groups: { types: ['contactgroups'], many: true },
      accounts: { types: ['accounts'], many: true, inverse: 'contacts' },
      createdBy: { types: ['users'], readOnly: true },
      updatedBy: { types: ['users'], readOnly: true },
      organization: { types: ['organizations'] },
      defaultInAccounts: { types: ['accounts'], many: true, readOnly: true },
      picture: { types: ['files'] },
    },
    { contactable: true },
  ),
  type(
    'leads',
    {
      ...REACHED,
      name: { ...TEXT, required: true },
      ...NAMES,
      jobTitle: TEXT,
      companyName: TEXT,
      website: TEXT,
      numberOfEmployees: { kind: 'integer' },
      industry: TEXT,
      ...STAMPS,
      notes: LONG,
      twitter: TEXT,
      linkedIn: TEXT,
      ...ADDRESSES,
      externalId: EXTERNAL_ID,
    },
    {
      contact: { types: ['contacts'] },
      addresses: { types: ['leadaddresses'], many: true, readOnly: true },
      owner: { types: ['users'] },
      opportunities: { types: ['opportunities'], many: true, readOnly: true },
      organization: { types: ['organizations'] },
      source: { types: ['leadsources'] },
      status: { types: ['leadstatuses'] },
      account: { types: ['accounts'], notNull: true },
      customer: { types: ['b2bcustomers'] },
    },
    { contactable: true },
  ),
  type(
    'accounts',
    {
      extend_description: LONG,
      ...REACHED,
      name: { ...TEXT, required: true },
      ...STAMPS,
      externalId: EXTERNAL_ID,
    },
    {
      ...OWNED,
      contacts: { types: ['contacts'], many: true, inverse: 'accounts' },
      defaultContact: { types: ['contacts'], inverse: 'defaultInAccounts' },
      referredBy: { types: ['accounts'] },
    },
  ),
  type(
    'opportunities',
    {
      ...REACHED,
      name: { ...TEXT, required: true },
      closeDate: { kind: 'date' },
      probability: { kind: 'percent' },
      budgetAmountCurrency: TEXT,
      budgetAmountValue: { kind: 'money' },
      closeRevenueCurrency: TEXT,
      closeRevenueValue: { kind: 'money' },
      customerNeed: LONG,
      proposedSolution: LONG,
      ...STAMPS,
      notes: LONG,
    },
    {
      closeReason: { types: ['opportunityclosereasons'] },
      contact: { types: ['contacts'] },
      lead: { types: ['leads'] },
      ...OWNED,
      status: { types: ['opportunitystatuses'], required: true },
      account: { types: ['accounts'] },
      customer: { types: ['b2bcustomers'] },
    },
  ),
  type(
    'b2bcustomers',
    {
      name: { ...TEXT, required: true },
      lifetime: { kind: 'money', readOnly: true },
      ...STAMPS,
      ...ADDRESSES,
    },
    {
      shippingAddress: { types: ['addresses'] },
      billingAddress: { types: ['addresses'] },
      account: { types: ['accounts'] },
      contact: { types: ['contacts'] },
      ...OWNED,
    },
    { contactable: true, actions: ONE_BY_ONE },
  ),
  type('contactaddresses', POSTAL, { owner: { types: ['contacts'], required: true } }),
  type('leadaddresses', POSTAL, { owner: { types: ['leads'], required: true } }),
  enumeration('opportunitystatuses'),
  type('opportunityclosereasons', { label: { kind: 'string', readOnly: true } }, {}, { actions: READ_ACTIONS, namedIds: true }),
  type('contactgroups', { label: { ...TEXT, minLength: 3, required: true } }, OWNED, { actions: ONE_BY_ONE }),
  // @source oroinc/OroCRMMarketingBundle, CampaignBundle/Resources/config/validation.yml
  type(
    'campaigns',
    {
      name: { ...TEXT, required: true, maxLength: 100 },
      code: { ...TEXT, required: true, unique: true, maxLength: 20, isCode: true },
      startDate: { kind: 'date' },
      endDate: { kind: 'date' },
      description: LONG,
      budget: { kind: 'money' },
      reportPeriod: TEXT,
      ...STAMPS,
    },
    OWNED,
    { actions: ONE_BY_ONE },
  ),
  // @source oroinc/OroCRMMarketingBundle, MarketingActivityBundle/Resources: config/oro/api.yml, doc/api/marketing_activity.md
  type(
    'marketingactivities',
    { details: LONG, actionDate: { kind: 'datetime', required: true } },
    {
      owner: { types: ['organizations'] },
      campaign: { types: ['campaigns'] },
      marketingActivityType: { types: ['marketingactivitytypes'], required: true },
      entity: { types: ['contacts', 'leads', 'accounts'], required: true },
      relatedCampaign: { types: ['campaigns'] },
    },
    { actions: ONE_BY_ONE },
  ),
  enumeration('marketingactivitytypes'),
  enumeration('leadstatuses'),
  enumeration('leadsources'),
  type('contactsources', { label: { kind: 'string', readOnly: true } }, {}, { actions: READ_ACTIONS, namedIds: true }),
  type('contactmethods', { label: { kind: 'string', readOnly: true } }, {}, { actions: READ_ACTIONS, namedIds: true }),
  type(
    'users',
    { username: TEXT, email: TEXT, firstName: TEXT, lastName: TEXT, ...STAMPS },
    { organization: { types: ['organizations'] } },
    { actions: READ_ACTIONS },
  ),
  type('organizations', { name: TEXT, enabled: { kind: 'boolean' }, ...STAMPS }, {}, { actions: READ_ACTIONS }),
];

/**
 * What an administrator may add to an installation, since the stock one exposes no marketing list.
 * UNVERIFIED: the names, which follow the platform's rule for aliases.
 */
export const MARKETING_LIST_TYPES: readonly ResourceType[] = [
  type(
    'marketinglists',
    {
      name: { ...TEXT, required: true, unique: true },
      description: LONG,
      entity: TEXT,
      lastRun: { kind: 'datetime' },
      ...STAMPS,
    },
    OWNED,
    { actions: ONE_BY_ONE },
  ),
  type(
    'marketinglistitems',
    {
      entityId: { kind: 'integer', required: true },
      contactedTimes: { kind: 'integer' },
      lastContactedAt: { kind: 'datetime' },
      createdAt: STAMPS.createdAt,
    },
    { marketingList: { types: ['marketinglists'], required: true } },
    { actions: ONE_BY_ONE },
  ),
  type(
    'marketinglistunsubscribeditems',
    {
      entityId: { kind: 'integer', required: true },
      createdAt: STAMPS.createdAt,
    },
    { marketingList: { types: ['marketinglists'], required: true } },
    { actions: ONE_BY_ONE },
  ),
  type(
    'marketinglistremoveditems',
    {
      entityId: { kind: 'integer', required: true },
      createdAt: STAMPS.createdAt,
    },
    { marketingList: { types: ['marketinglists'], required: true } },
    { actions: ONE_BY_ONE },
  ),
];
