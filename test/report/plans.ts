/** Plans that the renderings are tried on. */
import type { LinkPlan, Plan, ResourceChange } from '../../src/model/plan.ts';

const EMPTY_SUMMARY = { add: 0, change: 0, replace: 0, destroy: 0, import: 0, forget: 0 };

export function planOf(fields: Partial<Plan>): Plan {
  return {
    synclineVersion: '0.1.0',
    timestamp: '2026-11-22T09:15:08.000Z',
    configurationHash: 'c0ffee'.repeat(10) + 'c0ff',
    stack: 'sandbox',
    state: { lineage: '6f2b1c1e-0000-4000-8000-000000000001', serial: 3 },
    resourceChanges: [],
    resourceDrift: [],
    links: [],
    diagnostics: [],
    summary: EMPTY_SUMMARY,
    ...fields,
  };
}

export function changeOf(fields: Partial<ResourceChange>): ResourceChange {
  return {
    address: 'Resource/ac-birthday',
    provider: 'activecampaign',
    type: 'activecampaign/field',
    action: 'create',
    before: null,
    after: { title: 'Birthday', type: 'date' },
    afterUnknown: [],
    sensitive: [],
    replacePaths: [],
    reason: 'not_in_state',
    dependsOn: [],
    integration: 'activecampaign',
    ...fields,
  };
}

export function linkOf(fields: Partial<LinkPlan>): LinkPlan {
  return {
    address: 'Link/contacts',
    generation: 1,
    cause: 'none',
    ends: {
      sf: { integration: 'salesforce', object: 'Contact', create: 0, update: 0, delete: 0, unchanged: 40, fields: {} },
      ac: { integration: 'activecampaign', object: 'contact', create: 0, update: 0, delete: 0, unchanged: 40, fields: {} },
    },
    ceiling: {},
    conflicts: [],
    skipped: [],
    backlog: { sf: 0, ac: 0 },
    calls: {},
    records: [],
    recordCount: 0,
    paused: false,
    ...fields,
  };
}

export const MAPPING = {
  between: { ac: 'activecampaign/contact', sf: 'salesforce/Contact' },
  fields: [
    { ac: 'firstName', flow: 'both', sf: 'FirstName' },
    { ac: 'phone', flow: 'both', sf: 'Phone' },
    { ac: 'field/Full Name', flow: 'to-ac', value: '[sf.FirstName, sf.LastName].filter(part, part != null).join(" ")' },
  ],
  match: [{ ac: 'email', normalize: 'email', sf: 'Email' }],
};

export function specification(fields: Partial<ResourceChange>): ResourceChange {
  return changeOf({ provider: 'syncline', type: 'syncline/mapping', address: 'Mapping/person', ...fields });
}

export const LINK = {
  active: true,
  conflicts: { prefer: 'sf', unit: 'record', while: 'pending' },
  ends: {
    ac: { enter: 'everyone', integration: 'activecampaign', object: 'contact' },
    sf: { enter: 'everyone', externalId: 'Syncline_Id__c', integration: 'salesforce', object: 'Contact' },
  },
  guards: { deletes: 10, optIns: 0 },
  mapping: 'person',
};

export const newStack = planOf({
  state: { lineage: '6f2b1c1e-0000-4000-8000-000000000001', serial: 0 },
  summary: { ...EMPTY_SUMMARY, add: 4 },
  resourceChanges: [
    changeOf({ afterUnknown: ['id', 'perstag'] }),
    changeOf({
      address: 'Resource/sf-vip',
      provider: 'salesforce',
      type: 'salesforce/custom-field',
      integration: 'salesforce',
      after: { object: 'Contact', name: 'VIP__c', type: 'Checkbox', token: 'hunter2', help: null },
      sensitive: ['token'],
    }),
    changeOf({
      address: 'Resource/ac-newsletter',
      type: 'activecampaign/list',
      action: 'read',
      reason: 'expected',
      after: { name: 'Newsletter' },
      steps: ['Open Contacts, then Lists.', 'Add a list named "Newsletter".'],
    }),
    specification({ after: MAPPING }),
    specification({ address: 'Link/contacts', type: 'syncline/link', after: LINK, dependsOn: ['Mapping/person'] }),
  ],
  links: [
    linkOf({
      cause: 'new',
      ends: {
        sf: {
          integration: 'salesforce',
          object: 'Contact',
          create: 3,
          update: 12,
          delete: 0,
          unchanged: 25,
          fields: { Phone: { write: 14, clear: 0 }, FirstName: { write: 3, clear: 1 } },
        },
        ac: {
          integration: 'activecampaign',
          object: 'contact',
          create: 5,
          update: 2,
          delete: 0,
          unchanged: 33,
          fields: { email: { write: 5, clear: 0 } },
        },
      },
      ceiling: {
        sf: {
          create: 13,
          update: 22,
          delete: 0,
          fields: { Phone: { write: 24, clear: 0 }, FirstName: { write: 13, clear: 11 } },
        },
        ac: { create: 15, update: 12, delete: 0, fields: { email: { write: 15, clear: 0 } } },
      },
      reading: [
        { end: 'sf', path: 'Account.Name', about: 'dependency', movedBy: ['Account'], read: 'changes' },
        { end: 'sf', path: 'Age__c', about: 'dependency', movedBy: ['the current date'], read: 'every-cycle', calls: 3 },
        { end: 'sf', path: 'Rate__c', about: 'dependency', movedBy: ['exchange rates'], read: 'sweep', calls: 12 },
        { end: 'sf', path: null, about: 'rule', movedBy: [], read: 'changes' },
        { end: 'ac', path: null, about: 'no-feed', movedBy: [], read: 'every-cycle', calls: 1 },
      ],
      calls: {
        salesforce: { planned: 12, minimum: 10, dailyLimit: 15_000, dailyUsed: 200 },
        activecampaign: { planned: 34, minimum: 30, dailyLimit: null, dailyUsed: null },
      },
      skipped: [{ end: 'ac', reason: 'no-match-key', count: 2, keys: ['003000000000001'] }],
      records: [
        {
          key: 'jane@example.com',
          end: 'ac',
          action: 'create',
          fields: { email: { before: null, after: 'jane@example.com' }, 'field/VIP': { before: null, after: true } },
          reason: 'found at the other end only',
        },
        {
          key: 'ola@example.no',
          end: 'sf',
          action: 'update',
          fields: { Phone: { before: '+47 100', after: '+47 200' } },
          reason: 'found at both ends with different values',
        },
      ],
      recordCount: 22,
    }),
  ],
});

export const noChangesWithBacklog = planOf({
  resourceChanges: [changeOf({ action: 'no-op', before: { title: 'Birthday', type: 'date' }, reason: null })],
  links: [linkOf({ backlog: { sf: 0, ac: 12 } })],
});

export const replace = planOf({
  summary: { add: 1, change: 2, replace: 1, destroy: 2, import: 1, forget: 1 },
  resourceChanges: [
    changeOf({
      action: 'replace',
      reason: 'cannot_update',
      before: { title: 'Birthday', type: 'text', visible: true, options: null, group: 'General' },
      after: { title: 'Birthday', type: 'date', visible: true, options: null, group: 'General' },
      replacePaths: ['type'],
      afterUnknown: ['id'],
      id: '7',
    }),
    changeOf({
      address: 'Resource/ac-lead-source',
      action: 'update',
      reason: 'configuration_changed',
      before: { title: 'Lead Source', options: ['Web', 'Other'], description: 'How we met.\nFilled in by sales.', secret: 'old' },
      after: {
        title: 'Lead source',
        options: ['Web', 'Fair', 'Other'],
        description: 'How we met.\nFilled in by marketing.',
        secret: 'new',
      },
      sensitive: ['secret'],
      id: '8',
    }),
    changeOf({
      address: 'Resource/ac-tag',
      type: 'activecampaign/tag',
      action: 'delete',
      reason: 'not_in_configuration',
      before: { tag: 'old-tag' },
      after: null,
      id: '9',
    }),
    changeOf({
      address: 'Resource/ac-city',
      action: 'forget',
      reason: 'not_in_configuration',
      before: { title: 'City', type: 'text' },
      after: null,
      id: '10',
    }),
    changeOf({
      address: 'Resource/ac-vip',
      action: 'import',
      reason: 'adopted',
      before: { title: 'vip', type: 'text' },
      after: { title: 'VIP', type: 'text' },
      id: '11',
    }),
    specification({
      action: 'update',
      reason: 'configuration_changed',
      before: MAPPING,
      after: {
        ...MAPPING,
        fields: [
          MAPPING.fields[0],
          { ac: 'field/City', flow: 'both', sf: 'MailingCity' },
          { ...MAPPING.fields[1], flow: 'to-ac' },
        ],
      },
    }),
  ],
  links: [
    linkOf({
      address: 'Link/leads',
      cause: 'scope',
      leftOut: { reason: 'Reading both ends would cost more calls than --max-calls allows.', calls: 10_200 },
    }),
    linkOf({
      generation: 2,
      cause: 'mapping',
      paused: true,
      ends: {
        sf: { integration: 'salesforce', object: 'Contact', create: 0, update: 0, delete: 0, unchanged: 40, fields: {} },
        ac: { integration: 'activecampaign', object: 'contact', create: 0, update: 30, delete: 0, unchanged: 10, fields: {} },
      },
      backlog: { sf: 1, ac: 0 },
    }),
  ],
});

export const drift = planOf({
  summary: { ...EMPTY_SUMMARY, add: 1, change: 1 },
  resourceDrift: [
    changeOf({
      action: 'update',
      reason: 'changed_outside',
      before: { title: 'Birthday', type: 'date' },
      after: { title: 'Date of birth', type: 'date' },
    }),
    changeOf({
      address: 'Resource/ac-tag',
      type: 'activecampaign/tag',
      action: 'delete',
      reason: 'gone_from_remote',
      before: { tag: 'synced' },
      after: null,
    }),
  ],
  resourceChanges: [
    changeOf({ action: 'update', reason: 'configuration_changed', before: { title: 'Date of birth', type: 'date' } }),
    changeOf({ address: 'Resource/ac-tag', type: 'activecampaign/tag', reason: 'gone_from_remote', after: { tag: 'synced' } }),
  ],
});

export const conflicts = planOf({
  summary: { ...EMPTY_SUMMARY, change: 1 },
  resourceChanges: [
    specification({
      address: 'Link/contacts',
      type: 'syncline/link',
      action: 'update',
      before: LINK,
      after: { ...LINK, conflicts: { ...LINK.conflicts, prefer: 'ac' } },
    }),
  ],
  links: [
    linkOf({
      cause: 'key',
      generation: 4,
      ends: {
        sf: { integration: 'salesforce', object: 'Contact', create: 0, update: 7, delete: 12, unchanged: 21, fields: {} },
        ac: { integration: 'activecampaign', object: 'contact', create: 0, update: 0, delete: 0, unchanged: 40, fields: {} },
      },
      persons: { known: 40, joined: 2, apart: 1, ambiguous: 4 },
      guards: [{ guard: 'deletes', found: 12, limit: 10 }],
      conflictCount: 7,
      conflicts: [
        {
          key: 'jane@example.com',
          field: 'Phone',
          values: { sf: '+46701234567', ac: '0701234567' },
          winner: 'ac',
          reason: 'the policy',
        },
        {
          key: 'ola@example.no',
          field: 'Birthdate',
          values: { sf: '1990-01-31', ac: '1990-02-01' },
          winner: null,
          reason: 'undecidable',
        },
      ],
      skipped: [
        { end: 'sf', reason: 'ambiguous', count: 4, keys: ['twin@example.com'] },
        { end: 'sf', reason: 'quarantined', count: 1, keys: [] },
      ],
    }),
  ],
});

const HOSTILE =
  '\u001b[2J\u001b]0;owned\u0007</details></pre><script>alert(1)</script> @octocat ![x](http://e.example/b) | `` ``` ```` $(rm -rf /)\r\n::set-output name=x::y\u202Egpj.exe\u200B##[add-mask]"=\\';

export const hostile = planOf({
  stack: 'prod',
  summary: { ...EMPTY_SUMMARY, add: 1, change: 1 },
  diagnostics: [
    {
      severity: 'warning',
      code: 'MAPPING_UNKNOWN_FIELD',
      detail: HOSTILE,
      hint: `Look at\n  ${HOSTILE}`,
      source: { file: HOSTILE, line: 3, column: 2, endLine: 3, endColumn: 6, text: HOSTILE },
    },
  ],
  resourceChanges: [
    changeOf({ after: { title: HOSTILE, [HOSTILE]: HOSTILE, options: [HOSTILE] }, steps: [HOSTILE] }),
    changeOf({
      address: 'Resource/other',
      action: 'update',
      before: { title: `${HOSTILE}${'a b '.repeat(60)}` },
      after: { title: `${HOSTILE}${'a b '.repeat(60)}c` },
    }),
  ],
  links: [
    linkOf({
      cause: 'new',
      skipped: [{ end: 'sf', reason: 'ambiguous', count: 1, keys: [HOSTILE] }],
      conflicts: [{ key: HOSTILE, field: HOSTILE, values: { sf: HOSTILE, ac: [HOSTILE] }, winner: 'sf', reason: HOSTILE }],
      ceiling: { sf: { create: 0, update: 1, delete: 0, fields: { [HOSTILE]: { write: 1, clear: 1 } } } },
      records: [
        {
          key: HOSTILE,
          end: 'sf',
          action: 'update',
          fields: { [HOSTILE]: { before: HOSTILE, after: `::${HOSTILE}` } },
          reason: HOSTILE,
        },
      ],
      recordCount: 1,
    }),
  ],
});
