import { accountContactForm, accountForm } from './account-form.ts';
import { automationForm, contactAutomationForm } from './automation-form.ts';
import { contactColumns } from './contact-form.ts';
import { accountDatumForm, accountMetumForm, dealDatumForm, dealMetumForm } from './custom-field-form.ts';
import { contactDealForm, dealForm, dealGroupForm, dealStageForm } from './deal-form.ts';
import { fieldForm, fieldOptionForm, fieldRelationForm } from './field-form.ts';
import { fieldValueForm } from './field-value-form.ts';
import type { JsonObject } from './json.ts';
import { listForm } from './lists.ts';
import { contactTagForm, membershipForm } from './membership-form.ts';
import { noteForm } from './note-form.ts';
import type { Store } from './store.ts';
import type { Row } from './table.ts';
import { tagForm } from './tags.ts';
import { userForm } from './users.ts';
import { webhookForm } from './webhook-form.ts';

/** Links lead nowhere in a dump, so they are made for no host and left out. */
const NO_API = '';

type Dump = (store: Store) => Iterable<JsonObject>;

function dumping<T extends Row>(rows: (store: Store) => readonly T[], form: (row: T, store: Store) => JsonObject): Dump {
  return function* dump(store) {
    for (const row of rows(store)) {
      const { links: _links, ...flat } = form(row, store);
      yield flat;
    }
  };
}

const DUMPS: Readonly<Record<string, Dump>> = {
  contact: dumping(
    (store) => store.contacts.rows,
    (row) => ({ ...contactColumns(row), id: String(row.id), organization: null }),
  ),
  contactList: dumping(
    (store) => store.memberships.rows,
    (row, store) => membershipForm(row, store, NO_API),
  ),
  contactTag: dumping(
    (store) => store.contactTags.rows,
    (row) => contactTagForm(row, NO_API),
  ),
  fieldValue: dumping(
    (store) => store.fieldValues.rows,
    (row) => fieldValueForm(row, NO_API),
  ),
  list: dumping(
    (store) => store.lists.rows,
    (row, store) => listForm(row, store, NO_API),
  ),
  tag: dumping(
    (store) => store.tags.rows,
    (row, store) => tagForm(row, store, NO_API),
  ),
  field: dumping(
    (store) => store.fields.rows,
    (row, store) => fieldForm(row, store, NO_API),
  ),
  fieldOption: dumping(
    (store) => store.fieldOptions.rows,
    (row) => fieldOptionForm(row, NO_API),
  ),
  fieldRel: dumping((store) => store.fieldRelations.rows, fieldRelationForm),
  account: dumping(
    (store) => store.accounts.rows,
    (row) => accountForm(row, NO_API),
  ),
  accountContact: dumping(
    (store) => store.accountContacts.rows,
    (row) => accountContactForm(row, NO_API),
  ),
  accountCustomFieldMetum: dumping(
    (store) => store.accountFields.meta.rows,
    (row) => accountMetumForm(row, NO_API),
  ),
  accountCustomFieldDatum: dumping(
    (store) => store.accountFields.data.rows,
    (row) => accountDatumForm(row, NO_API),
  ),
  deal: dumping(
    (store) => store.deals.rows,
    (row) => dealForm(row, NO_API),
  ),
  dealGroup: dumping(
    (store) => store.dealGroups.rows,
    (row) => dealGroupForm(row, NO_API),
  ),
  dealStage: dumping(
    (store) => store.dealStages.rows,
    (row) => dealStageForm(row, NO_API),
  ),
  dealCustomFieldMetum: dumping(
    (store) => store.dealFields.meta.rows,
    (row) => dealMetumForm(row, NO_API),
  ),
  dealCustomFieldDatum: dumping(
    (store) => store.dealFields.data.rows,
    (row) => dealDatumForm(row, NO_API),
  ),
  contactDeal: dumping(
    (store) => store.contactDeals.rows,
    (row) => contactDealForm(row, NO_API),
  ),
  note: dumping(
    (store) => store.notes.rows,
    (row) => noteForm(row, NO_API),
  ),
  automation: dumping(
    (store) => store.automations.rows,
    (row) => automationForm(row, NO_API),
  ),
  contactAutomation: dumping(
    (store) => store.contactAutomations.rows,
    (row) => contactAutomationForm(row, NO_API),
  ),
  user: dumping(
    (store) => store.users.rows,
    (row) => userForm(row, NO_API),
  ),
  webhook: dumping(
    (store) => store.webhooks.rows,
    (row) => webhookForm(row),
  ),
};

/** The rows of one object in read form without links, ascending by id; `undefined` for an object that there is none of. */
export function dumpOf(store: Store, object: string): Iterable<JsonObject> | undefined {
  return Object.hasOwn(DUMPS, object) ? DUMPS[object]!(store) : undefined;
}
