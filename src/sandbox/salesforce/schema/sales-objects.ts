/** Opportunity, its contact roles, Case, Campaign and its members: what a sync of people touches. */
import { auditFields, field, idField, isDeletedField, lookup, ownerField, READ_ONLY, REQUIRED, viewedFields } from './field.ts';
import { objectSchema } from './object.ts';
import type { ObjectSchema } from './object.ts';

const CLOSED_WON = 'Closed Won';
const CLOSED_LOST = 'Closed Lost';

export function opportunityObject(): ObjectSchema {
  const closed = { ...READ_ONLY, nillable: false };
  return objectSchema({ name: 'Opportunity', label: 'Opportunity', labelPlural: 'Opportunities', keyPrefix: '006' }, [
    idField('Opportunity ID'),
    isDeletedField(),
    lookup('AccountId', 'Account ID', 'Account', { childRelationshipName: 'Opportunities', cascadeDelete: true }),
    field('Name', 'Name', 'string', { ...REQUIRED, length: 120, nameField: true, idLookup: true }),
    field('Description', 'Description', 'textarea', { length: 32_000 }),
    field('StageName', 'Stage', 'picklist', {
      ...REQUIRED,
      picklist: [
        'Prospecting',
        'Qualification',
        'Needs Analysis',
        'Value Proposition',
        'Id. Decision Makers',
        'Perception Analysis',
        'Proposal/Price Quote',
        'Negotiation/Review',
        CLOSED_WON,
        CLOSED_LOST,
      ],
    }),
    field('Amount', 'Amount', 'currency', { scale: 2 }),
    field('Probability', 'Probability (%)', 'percent', { precision: 3 }),
    field('CloseDate', 'Close Date', 'date', REQUIRED),
    field('Type', 'Opportunity Type', 'picklist', { picklist: ['Existing Business', 'New Business'] }),
    field('NextStep', 'Next Step', 'string', { length: 255 }),
    field('LeadSource', 'Lead Source', 'picklist', {
      picklist: ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other'],
    }),
    field('IsClosed', 'Closed', 'boolean', {
      ...closed,
      derive: (read) => [CLOSED_WON, CLOSED_LOST].includes(String(read('StageName'))),
    }),
    field('IsWon', 'Won', 'boolean', { ...closed, derive: (read) => read('StageName') === CLOSED_WON }),
    lookup('CampaignId', 'Campaign ID', 'Campaign', { childRelationshipName: 'Opportunities' }),
    lookup('ContactId', 'Contact ID', 'Contact', { updateable: false }),
    ownerField(),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', READ_ONLY),
    ...viewedFields(),
  ]);
}

export function opportunityContactRoleObject(): ObjectSchema {
  const label = 'Opportunity Contact Role';
  const flags = { undeletable: false, searchable: false, mruEnabled: false, feedEnabled: false };
  return objectSchema({ name: 'OpportunityContactRole', label, labelPlural: label, keyPrefix: '00K', ...flags }, [
    idField('Contact Role ID'),
    lookup('OpportunityId', 'Opportunity ID', 'Opportunity', {
      ...REQUIRED,
      updateable: false,
      childRelationshipName: 'OpportunityContactRoles',
      cascadeDelete: true,
    }),
    lookup('ContactId', 'Contact ID', 'Contact', {
      ...REQUIRED,
      childRelationshipName: 'OpportunityContactRoles',
      cascadeDelete: true,
    }),
    field('Role', 'Role', 'picklist', {
      length: 40,
      permissionable: false,
      picklist: [
        'Business User',
        'Decision Maker',
        'Economic Buyer',
        'Economic Decision Maker',
        'Evaluator',
        'Executive Sponsor',
        'Influencer',
        'Technical Buyer',
        'Other',
      ],
    }),
    field('IsPrimary', 'Primary', 'boolean', { permissionable: false }),
    ...auditFields(),
    isDeletedField(),
  ]);
}

export function caseObject(): ObjectSchema {
  return objectSchema({ name: 'Case', label: 'Case', labelPlural: 'Cases', keyPrefix: '500', mergeable: true }, [
    idField('Case ID'),
    isDeletedField(),
    lookup('MasterRecordId', 'Master Record ID', 'Case', READ_ONLY),
    field('CaseNumber', 'Case Number', 'string', {
      ...READ_ONLY,
      length: 30,
      nillable: false,
      defaultedOnCreate: true,
      autoNumber: true,
      nameField: true,
      idLookup: true,
    }),
    lookup('ContactId', 'Contact ID', 'Contact', { childRelationshipName: 'Cases' }),
    lookup('AccountId', 'Account ID', 'Account', { childRelationshipName: 'Cases' }),
    lookup('ParentId', 'Parent Case ID', 'Case', { childRelationshipName: 'Cases' }),
    field('Type', 'Case Type', 'picklist', { picklist: ['Mechanical', 'Electrical', 'Electronic', 'Structural', 'Other'] }),
    field('Status', 'Status', 'picklist', {
      defaultedOnCreate: true,
      defaultValue: 'New',
      picklist: ['New', 'Working', 'Escalated', 'Closed'],
    }),
    field('Reason', 'Case Reason', 'picklist', {
      picklist: ['Installation', 'Equipment Complexity', 'Performance', 'Breakdown', 'Equipment Design', 'Feedback', 'Other'],
    }),
    field('Origin', 'Case Origin', 'picklist', { picklist: ['Phone', 'Email', 'Web'] }),
    field('Subject', 'Subject', 'string', { length: 255 }),
    field('Priority', 'Priority', 'picklist', {
      defaultedOnCreate: true,
      defaultValue: 'Medium',
      picklist: ['High', 'Medium', 'Low'],
    }),
    field('Description', 'Description', 'textarea', { length: 32_000 }),
    field('IsClosed', 'Closed', 'boolean', { ...READ_ONLY, derive: (read) => read('Status') === 'Closed' }),
    field('ClosedDate', 'Closed Date', 'datetime', READ_ONLY),
    ownerField(),
    ...auditFields(),
    ...viewedFields(),
  ]);
}

export function campaignObject(): ObjectSchema {
  const total = { ...READ_ONLY, nillable: false, permissionable: true, defaultValue: 0 };
  return objectSchema({ name: 'Campaign', label: 'Campaign', labelPlural: 'Campaigns', keyPrefix: '701', feedEnabled: false }, [
    idField('Campaign ID'),
    isDeletedField(),
    field('Name', 'Name', 'string', { ...REQUIRED, length: 80, nameField: true, idLookup: true }),
    lookup('ParentId', 'Parent Campaign ID', 'Campaign', { childRelationshipName: 'ChildCampaigns', searchPrefilterable: true }),
    field('Type', 'Type', 'picklist', {
      length: 40,
      defaultedOnCreate: true,
      defaultValue: 'Conference',
      picklist: ['Conference', 'Webinar', 'Trade Show', 'Public Relations', 'Partners', 'Referral Program', 'Advertisement', 'Banner Ads', 'Direct Mail', 'Email', 'Telemarketing', 'Other'],
    }), // prettier-ignore
    field('Status', 'Status', 'picklist', {
      length: 40,
      defaultedOnCreate: true,
      defaultValue: 'Planned',
      picklist: ['Planned', 'In Progress', 'Completed', 'Aborted'],
    }),
    field('StartDate', 'Start Date', 'date'),
    field('EndDate', 'End Date', 'date'),
    field('ExpectedRevenue', 'Expected Revenue in Campaign', 'currency'),
    field('BudgetedCost', 'Budgeted Cost in Campaign', 'currency'),
    field('ActualCost', 'Actual Cost in Campaign', 'currency'),
    field('ExpectedResponse', 'Expected Response (%)', 'percent', { precision: 10, scale: 2 }),
    field('NumberSent', 'Num Sent in Campaign', 'double'),
    field('IsActive', 'Active', 'boolean'),
    field('Description', 'Description', 'textarea', { length: 32_000 }),
    field('NumberOfLeads', 'Leads in Campaign', 'int', { ...total, digits: 9 }),
    field('NumberOfContacts', 'Contacts in Campaign', 'int', { ...total, digits: 9 }),
    field('AmountAllOpportunities', 'Value Opportunities in Campaign', 'currency', total),
    ownerField(),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', READ_ONLY),
    ...viewedFields(),
  ]);
}

export function campaignMemberObject(): ObjectSchema {
  const flags = { undeletable: false, feedEnabled: false, mruEnabled: false };
  return objectSchema(
    { name: 'CampaignMember', label: 'Campaign Member', labelPlural: 'Campaign Members', keyPrefix: '00v', ...flags },
    [
      idField('Campaign Member ID'),
      isDeletedField(),
      lookup('CampaignId', 'Campaign ID', 'Campaign', {
        ...REQUIRED,
        updateable: false,
        childRelationshipName: 'CampaignMembers',
        cascadeDelete: true,
      }),
      lookup('LeadId', 'Lead ID', 'Lead', { updateable: false, childRelationshipName: 'CampaignMembers', cascadeDelete: true }),
      lookup('ContactId', 'Contact ID', 'Contact', {
        updateable: false,
        childRelationshipName: 'CampaignMembers',
        cascadeDelete: true,
      }),
      field('Status', 'Status', 'picklist', {
        length: 40,
        defaultedOnCreate: true,
        defaultValue: 'Sent',
        picklist: ['Sent', 'Responded'],
      }),
      field('HasResponded', 'Responded', 'boolean', { ...READ_ONLY, derive: (read) => read('Status') === 'Responded' }),
      ...auditFields(),
    ],
  );
}
