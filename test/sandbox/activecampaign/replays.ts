import type { Account } from './account.ts';
import type { Tolerance } from './shape.ts';

/** How to send a recorded request to the stand-in. */
export interface Replay {
  /** Makes what the request needs and answers the ids for the stars of `path`, in order. */
  readonly arrange?: (account: Account) => Promise<readonly string[] | void>;
  /** Path and query below `/api/3/`; `*` for an id. */
  readonly path: string;
  /** The body, with the stand-in's own ids; the recorded one unless given. */
  readonly body?: unknown;
  readonly tolerance?: Tolerance;
}

/** What contacts have had since 2020. */
const NEWER_CONTACT = [
  'mpp_tracking',
  'last_click_date',
  'last_open_date',
  'last_mpp_open_date',
  'best_send_hour',
  'sms_consent',
  'sms_consent_updated_at',
  'whatsapp_id',
  'whatsapp_username',
  'orgname',
  'created_timestamp',
  'updated_timestamp',
  'created_by',
  'updated_by',
  'accountContacts',
  'automationEntryCounts',
];

async function contact(account: Account): Promise<[string]> {
  return [await account.contact('ada@x.example', { firstName: 'Ada' })];
}

/** A second one, so that the first pipeline's ids are not all that there is. */
async function pipeline(account: Account): Promise<[string]> {
  return [await account.make('dealGroups', 'dealGroup', { title: 'Second', currency: 'usd' })];
}

async function deal(account: Account): Promise<[string]> {
  const [id] = await contact(account);
  return [
    await account.make('deals', 'deal', { title: 'Deal', value: 10000, currency: 'usd', contact: id, owner: '1', group: '1' }),
  ];
}

async function company(account: Account): Promise<[string]> {
  return [await account.make('accounts', 'account', { name: 'Martin', accountUrl: 'https://www.example.com/' })];
}

async function association(account: Account): Promise<[string]> {
  const [person] = await contact(account);
  const [id] = await company(account);
  return [await account.make('accountContacts', 'accountContact', { contact: person, account: id, jobTitle: 'Developer' })];
}

async function dealField(account: Account): Promise<[string]> {
  return [
    await account.make('dealCustomFieldMeta', 'dealCustomFieldMetum', {
      fieldLabel: 'title',
      fieldType: 'dropdown',
      fieldOptions: ['option1', 'option2'],
      fieldDefault: 'option2',
      isFormVisible: true,
      isRequired: true,
      displayOrder: 1,
    }),
  ];
}

async function dealDatum(account: Account): Promise<[string]> {
  const [dealId] = await deal(account);
  const [customFieldId] = await dealField(account);
  return [
    await account.make('dealCustomFieldData', 'dealCustomFieldDatum', { dealId, customFieldId, fieldValue: 'bogus value' }),
  ];
}

async function dropdown(account: Account): Promise<[string]> {
  const field = await account.make('fields', 'field', { title: 'Language', type: 'dropdown', descript: '', defval: '' });
  await account.post('fieldOption/bulk', {
    fieldOptions: [{ orderid: 0, value: 'Option 1', label: 'Option 1', isdefault: false, field }],
  });
  await account.post('fieldRels', { fieldRel: { field, relid: 0 } });
  return [field];
}

const tagBody = { contactTag: { contact: '1', tag: '1' } };

export const REPLAYS: Readonly<Record<string, Replay>> = {
  'delete-accountcontacts-id-200-e0d7.json': { arrange: association, path: 'accountContacts/*' },
  'delete-accountcontacts-id-404-33ee.json': { path: 'accountContacts/1' },
  'delete-accounts-id-200-e9ab.json': { arrange: company, path: 'accounts/*' },
  'delete-contacttags-id-404-54ce.json': { path: 'contactTags/35' },
  'delete-dealcustomfielddata-id-200-c379.json': { arrange: dealDatum, path: 'dealCustomFieldData/*' },
  'delete-dealgroups-404-d48d.json': { path: 'dealGroups/' },
  'delete-dealgroups-id-200-9731.json': { arrange: pipeline, path: 'dealGroups/*' },
  'delete-dealgroups-id-200-981c.json': { arrange: pipeline, path: 'dealGroups/*' },
  'delete-deals-id-200-77af.json': { arrange: deal, path: 'deals/*' },
  'delete-deals-id-200-c350.json': { arrange: deal, path: 'deals/*' },
  'delete-dealstages-404-2e86.json': { path: 'dealStages/' },
  'delete-dealstages-id-200-d70f.json': { path: 'dealStages/3' },
  'delete-fieldoptions-id-200-781c.json': { arrange: dropdown, path: 'fieldOptions/1' },
  'delete-fields-id-404-7d70.json': { path: 'fields/408' },
  'delete-fieldvalues-id-404-48b0.json': { path: 'fieldValues/118' },
  'delete-lists-id-200-a8cf.json': { path: 'lists/1' },
  'delete-tags-id-200-fc28.json': { path: 'tags/1' },
  'delete-tags-id-404-63d6.json': { path: 'tags/31' },
  'get-accountcontacts-200-c91a.json': { path: 'accountContacts' },
  'get-accountcontacts-id-200-eb10.json': { arrange: association, path: 'accountContacts/*' },
  // The account's owner is newer (it stands in the answer to a creation of 2026).
  'get-accounts-id-200-a2e4.json': { arrange: company, path: 'accounts/*', tolerance: { newer: ['owner'] } },
  'get-contactautomations-id-404-ad36.json': { path: 'contactAutomations/3' },
  'get-contacts-200-3c7c.json': { arrange: contact, path: 'contacts' },
  'get-contacts-200-ed4c.json': {
    arrange: async (account) => {
      const [id] = await contact(account);
      await account.call('PUT', `contacts/${id}`, { contact: { lastName: 'B' } });
    },
    path: 'contacts?filters%5Bupdated_after%5D=1970-01-01T00%3A00%3A00.000Z&limit=100&orders%5Bid%5D=ASC',
  },
  'get-contacts-id-200-5019.json': { arrange: contact, path: 'contacts/*', tolerance: { newer: NEWER_CONTACT } },
  'get-contacts-id-200-add4.json': {
    arrange: async (account) => {
      await deal(account);
      await account.post('contactLists', { contactList: { contact: '1', list: 1, status: 1 } });
      await account.call('PUT', 'contacts/1', { contact: { firstName: 'API Test' } });
      return ['1'];
    },
    path: 'contacts/*',
  },
  'get-contacts-id-404-52de.json': { path: 'contacts/1' },
  'get-contacts-id-contactautomations-200-a5cc.json': {
    arrange: async (account) => {
      await contact(account);
      await account.post('contactAutomations', { contactAutomation: { contact: 1, automation: 1 } });
      return ['1'];
    },
    path: 'contacts/*/contactAutomations',
    // The documented contact has been through; ours is still inside.
    tolerance: { nullable: ['batchid', 'remdate', 'timespan'] },
  },
  'get-contacts-id-contactautomations-404-141e.json': { path: 'contacts/1/contactAutomations' },
  'get-contacts-id-contacttags-200-3fea.json': {
    arrange: async (account) => {
      await contact(account);
      await account.post('contactTags', tagBody);
      return ['1'];
    },
    path: 'contacts/*/contactTags',
  },
  'get-contacttags-200-94c1.json': {
    arrange: async (account) => {
      await contact(account);
      await account.post('contactTags', tagBody);
    },
    path: 'contactTags',
  },
  'get-dealcustomfieldmeta-200-69aa.json': {
    arrange: async (account) => {
      await account.make('dealCustomFieldMeta', 'dealCustomFieldMetum', { fieldLabel: 'Close date', fieldType: 'date' });
    },
    path: 'dealCustomFieldMeta',
    // The recorded field is the vendor's own one.
    tolerance: { nullable: ['knownFieldId'] },
  },
  'get-dealcustomfieldmeta-id-200-dfef.json': { arrange: dealField, path: 'dealCustomFieldMeta/*' },
  'get-dealgroups-200-e1fc.json': {
    arrange: async (account) => {
      const [id] = await pipeline(account);
      await account.post('dealStages', { dealStage: { title: 'Late', group: id } });
    },
    path: 'dealGroups?limit=100&offset=0',
    // A pipeline that nobody has touched yet has no date of change; another recording shows one.
    tolerance: { nullable: ['udate'] },
  },
  'get-deals-200-e533.json': { arrange: deal, path: 'deals?limit=20&offset=0' },
  'get-dealstages-200-f9a6.json': { path: 'dealStages?limit=100&offset=0' },
  'get-dealstages-id-200-a44d.json': { path: 'dealStages/1' },
  'get-fieldoptions-id-200-c0d0.json': { arrange: dropdown, path: 'fieldOptions/1' },
  'get-fields-200-d3c1.json': { arrange: dropdown, path: 'fields' },
  'get-fields-id-200-a0e0.json': { arrange: dropdown, path: 'fields/*' },
  'get-fieldvalues-200-b192.json': { path: 'fieldValues?filters%5Bval%5D=non-existing' },
  'get-lists-200-4c47.json': {
    arrange: async (account) => {
      for (const id of ['1', '2']) await account.call('DELETE', `lists/${id}`);
    },
    path: 'lists',
  },
  'get-lists-id-200-c83e.json': {
    path: 'lists/1',
    // Four columns of today's lists, which the notes on recordings of 2026 name.
    tolerance: { newer: ['channel', 'description', 'non_deleted_subscribers', 'active_subscribers'] },
  },
  'get-tags-200-8f45.json': { path: 'tags?limit=20&offset=0' },
  'get-tags-id-200-a922.json': { path: 'tags/1', tolerance: { newer: ['deleted', 'templateTags'] } },
  'get-users-200-e976.json': { path: 'users' },
  'patch-dealcustomfielddata-bulkupdate-200-8245.json': {
    arrange: dealDatum,
    path: 'dealCustomFieldData/bulkUpdate',
    body: [{ id: '1', fieldValue: 'Awesome Sauce' }],
  },
  'patch-deals-id-200-7388.json': { arrange: deal, path: 'deals/*' },
  'patch-tags-id-200-93ff.json': { path: 'tags/1' },
  'post-accountcontacts-201-d455.json': {
    arrange: async (account) => {
      await contact(account);
      await company(account);
    },
    path: 'accountContacts',
    body: { accountContact: { contact: '1', account: '1', jobTitle: 'Señor Developer' } },
  },
  'post-accountcontacts-422-field-missing-3676.json': { arrange: contact, path: 'accountContacts' },
  'post-accounts-201-b923.json': { path: 'accounts' },
  'post-accounts-422-duplicate-8bd5.json': {
    arrange: async (account) => {
      await account.make('accounts', 'account', { name: 'Example Account' });
    },
    path: 'accounts',
  },
  'post-contact-sync-201-0cc3.json': {
    arrange: dropdown,
    path: 'contact/sync',
    body: {
      contact: {
        email: 'john@x.example',
        phone: '1',
        firstName: 'J',
        lastName: 'D',
        fieldValues: [{ field: '1', value: 'Albany' }],
      },
    },
    // A sample of 2022; `organization` was still the empty text.
    tolerance: { newer: NEWER_CONTACT, nullable: ['organization'] },
  },
  'post-contactautomations-201-0556.json': {
    arrange: contact,
    path: 'contactAutomations',
    body: { contactAutomation: { contact: '1', automation: '1' } },
    tolerance: { newer: [...NEWER_CONTACT, 'adddate', 'remdate', 'lastdate'] },
  },
  'post-contactdeals-422-15b6.json': { arrange: deal, path: 'contactDeals', body: { contactDeal: { deal: 1, contact: 1 } } },
  'post-contactlists-200-7742.json': {
    arrange: async (account) => {
      await contact(account);
      await account.post('contactLists', { contactList: { list: 1, contact: 1, status: 1 } });
    },
    path: 'contactLists',
    body: { contactList: { list: 1, contact: 1, status: 1 } },
  },
  'post-contacttags-200-72fa.json': {
    arrange: async (account) => {
      await contact(account);
      await account.post('contactTags', tagBody);
    },
    path: 'contactTags',
    body: tagBody,
  },
  'post-contacttags-201-7109.json': { arrange: contact, path: 'contactTags', body: tagBody, tolerance: { newer: NEWER_CONTACT } },
  'post-contacttags-404-5ae8.json': { path: 'contactTags' },
  'post-contacttags-422-414d.json': { path: 'contactTags' },
  'post-dealcustomfielddata-200-4845.json': {
    arrange: async (account) => {
      await deal(account);
      await dealField(account);
    },
    path: 'dealCustomFieldData',
    body: { dealCustomFieldDatum: { dealId: '1', customFieldId: '1', fieldValue: 'bogus value' } },
  },
  'post-dealcustomfieldmeta-201-63ff.json': { path: 'dealCustomFieldMeta' },
  'post-dealgroups-201-49a2.json': { path: 'dealGroups' },
  'post-deals-201-9b27.json': {
    arrange: contact,
    path: 'deals',
    body: { deal: { title: 'Acme Test Deal', value: 10000, currency: 'usd', contact: '1', owner: '1', group: '1', stage: '1' } },
    tolerance: { nullable: ['udate'] },
  },
  'post-deals-id-notes-201-d772.json': { arrange: deal, path: 'deals/*/notes' },
  'post-deals-id-notes-id-201-913c.json': {
    arrange: async (account) => {
      const [id] = await deal(account);
      return [id, await account.make(`deals/${id}/notes`, 'note', { note: 'First' })];
    },
    path: 'deals/*/notes/*',
  },
  'post-dealstages-201-4a4b.json': { path: 'dealStages', body: { dealStage: { title: 'Test Stage Dryrun', group: '1' } } },
  'post-fieldoption-bulk-422-8914.json': { path: 'fieldOption/bulk' },
  'post-fieldrels-201-342a.json': { arrange: dropdown, path: 'fieldRels', body: { fieldRel: { field: '1', relid: '0' } } },
  // The authors' ids stand in the creation recorded in 2026, of which the notes keep the keys.
  'post-fields-201-5810.json': { path: 'fields', tolerance: { newer: ['created_by', 'updated_by'] } },
  'post-import-bulk-import-200-probe-03d6.json': { path: 'import/bulk_import' },
  'post-import-bulk-import-400-probe-d6a9.json': { path: 'import/bulk_import' },
  'post-notes-201-3c3b.json': { arrange: contact, path: 'notes' },
  'post-tags-201-b73e.json': { path: 'tags', tolerance: { newer: ['templateTags'] } },
  'post-tags-201-c10c.json': { path: 'tags' },
  'post-users-201-ab1c.json': { path: 'users' },
  'post-webhooks-201-961c.json': { path: 'webhooks' },
  'put-accountcontacts-id-200-7b25.json': { arrange: association, path: 'accountContacts/*' },
  'put-dealcustomfieldmeta-id-200-6ba5.json': { arrange: dealField, path: 'dealCustomFieldMeta/*' },
  'put-dealgroups-id-200-5c97.json': { arrange: pipeline, path: 'dealGroups/*' },
  'put-deals-id-200-c820.json': {
    arrange: deal,
    path: 'deals/*',
    body: {
      deal: {
        title: 'Awesome Deal',
        description: 'This deal is awesome',
        contact: '1',
        value: 156.24,
        currency: 'eur',
        group: '1',
        stage: null,
        owner: '1',
        percent: 50,
        status: 0,
      },
    },
    // These three stand in the update recorded in 2026.
    tolerance: { newer: [...NEWER_CONTACT, 'fields', 'customFieldSaveStatus', 'nextTask'] },
  },
  'put-dealstages-id-200-ca98.json': {
    path: 'dealStages/1',
    body: {
      dealStage: {
        cardRegion1: 'title',
        cardRegion2: 'next-action',
        cardRegion3: 'show-avatar',
        cardRegion4: 'contact-fullname-orgname',
        cardRegion5: 'value',
        color: '000000',
        dealOrder: 'next-action DESC',
        group: '1',
        order: 1,
        title: 'Awesome Deal',
        width: 360,
      },
    },
    // The stage of the recording was made by a client; ours came with its pipeline.
    tolerance: { nullable: ['cdate'] },
  },
};

/** Recordings that are not replayed, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'get-lists-403-8bc8.json': 'the one token of the stand-in may see all lists',
  'post-lists-403-e5ec.json': 'the one token of the stand-in may make lists',
  'post-import-bulk-import-200-d161.json': 'the older spelling `Success`; the probe of 2026 has `success`',
  'post-import-bulk-import-400-validation-f675.json': 'the older wording of the same refusal; the probe of 2026 is followed',
  'webhook-automation-step-7287.json': 'a delivery by a step of an automation, of which the stand-in runs none',
  'webhook-contact-tag-added-2ce9.json': 'a delivery, not a call: compared in webhooks.test.ts',
};
