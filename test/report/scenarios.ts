/** One plan for each thing that a reviewer may meet, named as its golden files are. */
import type { EndPlan, Plan, PlanSummary, RecordChange } from '../../src/model/plan.ts';
import { changeOf, linkOf, LINK, MAPPING, planOf, specification } from './plans.ts';

const summary = (counts: Partial<PlanSummary>): PlanSummary => ({
  add: 0,
  change: 0,
  replace: 0,
  destroy: 0,
  import: 0,
  forget: 0,
  ...counts,
});

const sf = (counts: Partial<EndPlan> = {}): EndPlan => ({
  integration: 'salesforce',
  object: 'Contact',
  create: 0,
  update: 0,
  delete: 0,
  unchanged: 40,
  fields: {},
  ...counts,
});

const ac = (counts: Partial<EndPlan> = {}): EndPlan => ({
  ...sf(counts),
  integration: 'activecampaign',
  object: 'contact',
});

const person = (number: number, fields: Partial<RecordChange>): RecordChange => ({
  key: `person${number}@example.com`,
  end: 'ac',
  action: 'update',
  fields: {},
  reason: 'the mapping changed',
  ...fields,
});

const changedMapping = specification({
  action: 'update',
  reason: 'configuration_changed',
  before: MAPPING,
  after: { ...MAPPING, fields: [...MAPPING.fields, { ac: 'field/City', flow: 'both', sf: 'MailingCity' }] },
});

const changedLink = (after: Readonly<Record<string, unknown>>) =>
  specification({
    address: 'Link/contacts',
    type: 'syncline/link',
    action: 'update',
    reason: 'configuration_changed',
    before: LINK,
    after: { ...LINK, ...after },
  });

export const SCENARIOS: Readonly<Record<string, Plan>> = {
  'no-changes': planOf({ links: [linkOf({})] }),

  'field-added': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [changedMapping],
    links: [
      linkOf({
        generation: 2,
        cause: 'mapping',
        ends: {
          sf: sf({ update: 3, unchanged: 37, fields: { MailingCity: { write: 3, clear: 0 } } }),
          ac: ac({ update: 31, unchanged: 9, fields: { 'field/City': { write: 31, clear: 0 } } }),
        },
        calls: { salesforce: { planned: 4, minimum: 4, dailyLimit: 100_000, dailyUsed: 1_200 } },
        records: [person(1, { fields: { 'field/City': { before: null, after: 'Oslo' } } })],
        recordCount: 34,
      }),
    ],
  }),

  'phone-numbers-cleared': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [changedMapping],
    links: [
      linkOf({
        generation: 2,
        cause: 'mapping',
        ends: { sf: sf(), ac: ac({ update: 240, fields: { phone: { write: 240, clear: 240 } } }) },
        guards: [{ guard: 'clears', found: 240, limit: 100 }],
        records: [person(1, { fields: { phone: { before: '+47 100', after: null } } })],
        recordCount: 240,
      }),
    ],
  }),

  'filter-narrowed': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [changedLink({ ends: { ...LINK.ends, sf: { ...LINK.ends.sf, enter: "sf.MailingCountry == 'NO'" } } })],
    links: [
      linkOf({
        generation: 3,
        cause: 'scope',
        ends: { sf: sf(), ac: ac({ delete: 25, unchanged: 15 }) },
        guards: [{ guard: 'deletes', found: 25, limit: 10 }],
        skipped: [{ end: 'sf', reason: 'left', count: 7, keys: ['person3@example.com'] }],
        records: [person(2, { action: 'delete', reason: 'left the link' })],
        recordCount: 25,
      }),
    ],
  }),

  'link-removed': planOf({
    summary: summary({ destroy: 1 }),
    resourceChanges: [
      specification({
        address: 'Link/contacts',
        type: 'syncline/link',
        action: 'delete',
        reason: 'not_in_configuration',
        before: LINK,
        after: null,
      }),
    ],
  }),

  'two-links': planOf({
    summary: summary({ add: 2 }),
    resourceChanges: [
      specification({ address: 'Link/contacts', type: 'syncline/link', after: LINK }),
      specification({ address: 'Link/leads', type: 'syncline/link', after: LINK, dependsOn: ['Link/contacts'] }),
    ],
    links: (['Link/contacts', 'Link/leads'] as const).map((address) =>
      linkOf({ address, cause: 'new', ends: { sf: sf({ create: 2 }), ac: ac({ create: 5 }) } }),
    ),
  }),

  moved: planOf({
    resourceChanges: [
      changeOf({
        action: 'no-op',
        before: { title: 'Birthday', type: 'date' },
        reason: null,
        previousAddress: 'Resource/ac-date-of-birth',
        id: '7',
      }),
    ],
  }),

  imported: planOf({
    summary: summary({ import: 2 }),
    resourceChanges: [
      changeOf({ action: 'import', reason: 'adopted', before: { title: 'Birthday', type: 'date' }, id: '7' }),
      changeOf({
        address: 'Resource/ac-vip',
        action: 'import',
        reason: 'adopted',
        before: { title: 'vip', type: 'text' },
        after: { title: 'VIP', type: 'text' },
        id: '8',
      }),
    ],
  }),

  forgotten: planOf({
    summary: summary({ forget: 1 }),
    resourceChanges: [
      changeOf({ action: 'forget', reason: 'removed', before: { title: 'Birthday', type: 'date' }, after: null, id: '7' }),
    ],
  }),

  destroyed: planOf({
    summary: summary({ destroy: 3 }),
    resourceChanges: [1, 2, 3].map((number) =>
      changeOf({
        address: `Resource/ac-tag-${number}`,
        type: 'activecampaign/tag',
        action: 'delete',
        reason: 'removed',
        before: { tag: `tag ${number}` },
        after: null,
        id: String(number),
      }),
    ),
  }),

  'expected-only': planOf({
    resourceChanges: [
      changeOf({
        address: 'Resource/ac-newsletter',
        type: 'activecampaign/list',
        action: 'read',
        reason: 'expected',
        after: { name: 'Newsletter' },
        steps: ['Open Contacts, then Lists.', 'Add a list named "Newsletter".'],
      }),
    ],
  }),

  paused: planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [changedLink({ active: false })],
    links: [linkOf({ generation: 2, paused: true, backlog: { sf: 4, ac: 9 } })],
  }),

  'creates-beyond-guard': planOf({
    summary: summary({ add: 1 }),
    resourceChanges: [specification({ address: 'Link/contacts', type: 'syncline/link', after: LINK })],
    links: [
      linkOf({
        cause: 'new',
        ends: { sf: sf({ create: 9_000, unchanged: 0 }), ac: ac({ create: 12, unchanged: 0 }) },
        guards: [{ guard: 'creates', found: 9_012, limit: 1_000 }],
        recordCount: 9_012,
      }),
    ],
  }),

  'daily-limit-exceeded': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [changedMapping],
    links: [
      linkOf({
        cause: 'mapping',
        ends: { sf: sf({ update: 2_000_000, unchanged: 0 }), ac: ac() },
        calls: {
          salesforce: { planned: 11_000, minimum: 11_000, dailyLimit: 15_000, dailyUsed: 9_500 },
          activecampaign: { planned: 20, minimum: 20, dailyLimit: null, dailyUsed: null },
        },
        recordCount: 2_000_000,
      }),
    ],
  }),

  'records-left-out': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [changedMapping],
    links: [
      linkOf({ cause: 'mapping', leftOut: { reason: 'Reading both ends takes more than --max-calls 100.', calls: 10_200 } }),
    ],
  }),

  targeted: planOf({
    targets: ['Resource/ac-birthday'],
    summary: summary({ add: 1 }),
    resourceChanges: [changeOf({ afterUnknown: ['id'] })],
  }),

  'secret-changed': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [
      changeOf({
        action: 'update',
        reason: 'configuration_changed',
        before: { title: 'Web hook', token: 'hunter2', url: 'https://example.com/a' },
        after: { title: 'Web hook', token: 'hunter3', url: 'https://example.com/b' },
        sensitive: ['token'],
      }),
    ],
  }),

  'long-text-changed': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [
      changeOf({
        action: 'update',
        reason: 'configuration_changed',
        before: { title: 'Terms', description: 'We mail you.\nOnce a week.\nNever on Sundays.' },
        after: { title: 'Terms', description: 'We mail you.\nOnce a month.\nNever on Sundays.' },
      }),
    ],
  }),

  'data-lost-by-replacing': planOf({
    summary: summary({ replace: 1 }),
    diagnostics: [
      {
        severity: 'error',
        code: 'RESOURCE_REPLACE_LOSES_DATA',
        address: 'Resource/dd-points',
        detail: 'Data field POINTS cannot be changed, only made anew, which loses what 1,204 contacts hold in it.',
        hint: 'Write `allowReplace: true` in its lifecycle once that is meant.',
      },
    ],
    resourceChanges: [
      changeOf({
        address: 'Resource/dd-points',
        provider: 'dotdigital',
        type: 'dotdigital/data-field',
        integration: 'dotdigital',
        action: 'replace',
        reason: 'cannot_update',
        before: { name: 'POINTS', type: 'String' },
        after: { name: 'POINTS', type: 'Numeric' },
        replacePaths: ['type'],
      }),
    ],
  }),

  'fifty-resources': planOf({
    summary: summary({ add: 50 }),
    resourceChanges: Array.from({ length: 50 }, (_, index) =>
      changeOf({ address: `Resource/ac-field-${index}`, after: { title: `Field ${index}`, type: 'text' } }),
    ),
  }),

  'unchanged-attributes': planOf({
    summary: summary({ change: 1 }),
    resourceChanges: [
      changeOf({
        action: 'update',
        reason: 'configuration_changed',
        before: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`setting${index}`, index])),
        after: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`setting${index}`, index === 7 ? 70 : index])),
      }),
    ],
  }),

  'field-gone-from-remote': planOf({
    summary: summary({ add: 1 }),
    resourceDrift: [
      changeOf({
        action: 'delete',
        reason: 'gone_from_remote',
        before: { title: 'Birthday', type: 'date' },
        after: null,
        id: '7',
      }),
    ],
    resourceChanges: [changeOf({ reason: 'gone_from_remote', afterUnknown: ['id'] })],
    links: [
      linkOf({
        cause: 'mapping',
        ends: { sf: sf(), ac: ac({ update: 38, unchanged: 2, fields: { 'field/Birthday': { write: 38, clear: 0 } } }) },
        recordCount: 38,
      }),
    ],
  }),

  'drift-accepted': planOf({
    refreshOnly: true,
    resourceDrift: [
      changeOf({
        action: 'update',
        reason: 'changed_outside',
        before: { title: 'Birthday', type: 'date' },
        after: { title: 'Date of birth', type: 'date' },
        id: '7',
      }),
    ],
  }),

  'people-left-alone': planOf({
    summary: summary({ add: 1 }),
    resourceChanges: [specification({ address: 'Link/contacts', type: 'syncline/link', after: LINK })],
    links: [
      linkOf({
        cause: 'new',
        skipped: (
          [
            'no-match-key',
            'known-elsewhere',
            'ambiguous',
            'not-entered',
            'required-field-blank',
            'invalid-value',
            'quarantined',
            'conflict',
            'unlinked',
            'flow-off',
            'opted-out',
            'own-opt-out',
            'edited',
            'not-created-by-syncline',
            'unknown-person',
            'no-place',
          ] as const
        ).map((reason, index) => ({ end: index % 2 === 0 ? 'sf' : 'ac', reason, count: index + 1, keys: [] })),
      }),
    ],
  }),

  'dear-to-read': planOf({
    summary: summary({ add: 1 }),
    resourceChanges: [specification({ address: 'Link/contacts', type: 'syncline/link', after: LINK })],
    links: [
      linkOf({
        cause: 'new',
        ends: { sf: sf({ create: 1 }), ac: ac() },
        reading: [
          { end: 'ac', path: null, about: 'no-feed', movedBy: [], read: 'every-cycle', calls: 400 },
          { end: 'sf', path: 'Account.Name', about: 'dependency', movedBy: ['Account'], read: 'changes' },
          { end: 'sf', path: 'Age__c', about: 'dependency', movedBy: ['the current date'], read: 'sweep', calls: 50 },
        ],
        recordCount: 1,
      }),
    ],
  }),

  'person-has-to-decide': planOf({
    links: [
      linkOf({
        backlog: { sf: 0, ac: 1 },
        conflictCount: 1,
        conflicts: [
          {
            key: 'ola@example.no',
            field: 'City',
            values: { sf: 'Oslo', ac: null },
            winner: null,
            reason: 'the policy is manual',
          },
        ],
      }),
    ],
  }),
};
