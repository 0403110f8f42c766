/** The two accounts of a simulation and what their link says of them. */
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { field } from '../records/fake-end.ts';
import type { Chance } from './chance.ts';
import type { VendorTraits } from './vendor.ts';

export const CRM = 'crm';
export const MAIL = 'mail';
export type EndName = typeof CRM | typeof MAIL;

export const SPECIFICATION: MappingSpecification = {
  between: { [CRM]: 'x/thing', [MAIL]: 'y/thing' },
  match: [{ [CRM]: 'Email', [MAIL]: 'email', normalize: 'email' }],
  fields: [
    { [CRM]: 'Email', [MAIL]: 'email', flow: 'both' },
    { [CRM]: 'First', [MAIL]: 'first', flow: 'both' },
    { [CRM]: 'City', [MAIL]: 'city', flow: 'both' },
    { [CRM]: 'Company', [MAIL]: 'company', flow: 'to-mail' },
    {
      [MAIL]: 'full',
      flow: 'to-mail',
      value: '(crm.First == null ? "?" : crm.First) + " of " + (crm.City == null ? "?" : crm.City)',
    },
  ],
  consent: [{ purpose: 'news', channel: 'email', [CRM]: 'OptOut', [MAIL]: 'list/News', authority: MAIL }],
};

/** The mapping once more, as a person would read it: the oracle does not ask the product what it means. */
export interface MappedField {
  readonly name: string;
  readonly path: Readonly<Record<EndName, string>>;
  readonly flow: 'both' | 'to-mail';
}

export const EMAIL: MappedField = { name: 'e-mail', path: { crm: 'Email', mail: 'email' }, flow: 'both' };

export const MAPPED: readonly MappedField[] = [
  EMAIL,
  { name: 'first name', path: { crm: 'First', mail: 'first' }, flow: 'both' },
  { name: 'city', path: { crm: 'City', mail: 'city' }, flow: 'both' },
  { name: 'company', path: { crm: 'Company', mail: 'company' }, flow: 'to-mail' },
];

export const CONSENT_PATH: Readonly<Record<EndName, string>> = { crm: 'OptOut', mail: 'list/News' };
export const UNMAPPED_PATH: Readonly<Record<EndName, string>> = { crm: 'Remark', mail: 'memo' };

/** What the link of one history declares beside its mapping. */
export interface Policy {
  readonly prefer: EndName;
  readonly unit: 'field' | 'record';
  readonly retain: 'values' | 'hashes';
  readonly enter: Readonly<Record<EndName, 'everyone' | 'nobody'>>;
}

export function choosePolicy(chance: Chance): Policy {
  return {
    prefer: chance.pick([CRM, MAIL]),
    unit: chance.pick(['field', 'field', 'record']),
    retain: chance.pick(['values', 'hashes']),
    enter: chance.pick([
      { crm: 'everyone', mail: 'everyone' },
      { crm: 'everyone', mail: 'everyone' },
      { crm: 'everyone', mail: 'nobody' },
      { crm: 'nobody', mail: 'everyone' },
    ]),
  };
}

/** Like Salesforce: a feed that shows deletions, rows that commit late, addresses that may exist twice. */
export function crmTraits(chance: Chance): VendorTraits {
  return {
    name: CRM,
    fields: [
      field('Email', { type: 'email' }),
      field('First'),
      field('City'),
      field('Company'),
      field('OptOut', { type: 'boolean', optedOutWhen: true }),
      field('Remark'),
    ],
    unmapped: ['Remark'],
    emailPath: 'Email',
    consentPath: 'OptOut',
    requiredOnCreate: chance.pick([[], ['First']]),
    stream: { changes: 'feed', deletions: 'feed', listed: [], humanTime: false },
    pageRecords: chance.pick([1, 3, 50]),
    batchRecords: chance.pick([2, 5, 200]),
    callRecords: chance.pick([1, 2, 200]),
    sameAddress: chance.pick(['allowed', 'allowed', 'refused']),
    lagMs: chance.pick([0, 20_000, 50_000]),
    jobsAbove: 1_000,
    bulkRequests: 0,
    evidence: false,
    versions: chance.happens(0.5),
    normalise: (path, value) => {
      if (path === 'OptOut') return value ?? false;
      return value === '' ? null : value;
    },
  };
}

/**
 * Like ActiveCampaign: one contact an address, lowered and trimmed; memberships move no stamp; jobs; deletions leave no trace.
 * @param more draws what was added later, so that everything else of a history stays as it was
 */
export function mailTraits(chance: Chance, more: Chance): VendorTraits {
  const listed = chance.happens(0.5);
  return {
    name: MAIL,
    fields: [
      field('email', { type: 'email' }),
      field('first'),
      field('city'),
      field('company'),
      field('full'),
      field('list/News', { type: 'consent' }),
      field('memo'),
    ],
    unmapped: ['memo'],
    emailPath: 'email',
    consentPath: 'list/News',
    requiredOnCreate: ['email'],
    stream: {
      changes: chance.pick(['feed', 'feed', 'scan']),
      deletions: 'sweep',
      listed: listed ? [{ path: 'list/News', value: 'unsubscribed' }] : [],
      humanTime: false,
    },
    pageRecords: chance.pick([1, 3, 50]),
    batchRecords: chance.pick([2, 5, 200]),
    callRecords: chance.pick([1, 2]),
    sameAddress: chance.pick(['refused', 'upsert']),
    lagMs: chance.pick([0, 20_000]),
    jobsAbove: chance.pick([1, 3, 1_000]),
    bulkRequests: more.pick([0, 2, 3, 8]),
    evidence: chance.happens(0.5),
    versions: chance.happens(0.5),
    normalise: (path, value) => {
      if (path === 'list/News') return value ?? 'unknown';
      if (typeof value !== 'string') return value;
      const trimmed = path === 'email' ? value.trim().toLowerCase() : value.trim();
      return trimmed === '' ? null : trimmed;
    },
  };
}
