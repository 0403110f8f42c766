import { CustomFieldTables } from './custom-field-tables.ts';
import type {
  AccountContactRow,
  AccountRow,
  AutomationRow,
  ContactAutomationRow,
  ContactDealRow,
  ContactRow,
  ContactTagRow,
  DealGroupRow,
  DealRow,
  DealStageRow,
  FieldOptionRow,
  FieldRelationRow,
  FieldRow,
  FieldValueRow,
  ListGroupRow,
  ListRow,
  MembershipRow,
  MembershipStatus,
  NoteRow,
  TagRow,
  UserRow,
  WebhookRow,
} from './rows.ts';
import { Table } from './table.ts';
import type { WebhookEvent } from './webhook-events.ts';

/** Where a membership comes from when the API made it. */
const API_SOURCE = 4;

const DEFAULT_STAGES = [
  { title: 'To Contact', color: '19CCA3' },
  { title: 'In Contact', color: '5487FF' },
  { title: 'Follow Up', color: 'FBD965' },
] as const;

/** How a stage looks unless a client says otherwise. */
export const STAGE_DEFAULTS = {
  width: 280,
  dealOrder: 'next-action DESC',
  cardRegions: ['title', 'next-action', 'show-avatar', 'contact-fullname-acctname', 'value'],
} as const;

/** All data of one account, and the effects that reach across its tables. */
export class Store {
  readonly contacts = new Table<ContactRow>();
  readonly #contactsByEmail = new Map<string, ContactRow>();

  readonly memberships = new Table<MembershipRow>();
  readonly membershipsByContact = this.memberships.index((row) => row.contact);
  readonly membershipsByList = this.memberships.index((row) => row.list);

  readonly contactTags = new Table<ContactTagRow>();
  readonly contactTagsByContact = this.contactTags.index((row) => row.contact);
  readonly contactTagsByTag = this.contactTags.index((row) => row.tag);

  readonly fieldValues = new Table<FieldValueRow>();
  readonly fieldValuesByContact = this.fieldValues.index((row) => row.contact);
  readonly fieldValuesByField = this.fieldValues.index((row) => row.field);

  readonly tags = new Table<TagRow>();
  readonly lists = new Table<ListRow>();
  readonly listGroups = new Table<ListGroupRow>();
  readonly fields = new Table<FieldRow>();
  readonly fieldOptions = new Table<FieldOptionRow>();
  readonly fieldOptionsByField = this.fieldOptions.index((row) => row.field);
  readonly fieldRelations = new Table<FieldRelationRow>();
  readonly fieldRelationsByField = this.fieldRelations.index((row) => row.field);

  readonly accounts = new Table<AccountRow>();
  readonly accountContacts = new Table<AccountContactRow>();
  readonly accountContactsByContact = this.accountContacts.index((row) => row.contact);
  readonly accountContactsByAccount = this.accountContacts.index((row) => row.account);
  readonly accountFields = new CustomFieldTables();

  readonly deals = new Table<DealRow>();
  readonly dealGroups = new Table<DealGroupRow>();
  readonly dealStages = new Table<DealStageRow>();
  readonly contactDeals = new Table<ContactDealRow>();
  readonly dealFields = new CustomFieldTables();
  readonly notes = new Table<NoteRow>();

  readonly automations = new Table<AutomationRow>();
  readonly contactAutomations = new Table<ContactAutomationRow>();
  readonly contactAutomationsByContact = this.contactAutomations.index((row) => row.contact);

  readonly users = new Table<UserRow>();
  readonly webhooks = new Table<WebhookRow>();

  /** Addresses (`a@b.example`) and domains (`*@b.example`), lower case, that imports skip. */
  readonly exclusions = new Set<string>();

  /** Grows with every change; an answer remembered under an older number is out of date. */
  version = 0;

  /** What webhooks are to be told about the present call; the sandbox empties it after each. */
  readonly events: WebhookEvent[] = [];

  /** UNVERIFIED: an address is one contact's whatever its case; the spelling is kept as sent. */
  contactByEmail(email: string): ContactRow | undefined {
    return email === '' ? undefined : this.#contactsByEmail.get(email.toLowerCase());
  }

  /** Adds a contact whose address is not taken. */
  addContact(
    fields: { email: string; firstName: string; lastName: string; phone: string },
    created: number,
    updated = created,
  ): ContactRow {
    const { email, firstName, lastName, phone } = fields;
    const id = this.contacts.nextId();
    const contact = this.contacts.insert({
      id,
      email,
      firstName,
      lastName,
      phone,
      created,
      updated,
      bounced: false,
      saved: false,
    });
    if (email !== '') this.#contactsByEmail.set(email.toLowerCase(), contact);
    return contact;
  }

  /** Changes an address to one that is not taken. */
  changeEmail(contact: ContactRow, email: string): void {
    this.#contactsByEmail.delete(contact.email.toLowerCase());
    contact.email = email;
    if (email !== '') this.#contactsByEmail.set(email.toLowerCase(), contact);
  }

  /** A contact vanishes with all that hangs on it. */
  deleteContact(contact: ContactRow): void {
    const { id } = contact;
    this.memberships.remove(this.membershipsByContact.get(id));
    this.contactTags.remove(this.contactTagsByContact.get(id));
    this.fieldValues.remove(this.fieldValuesByContact.get(id));
    this.accountContacts.remove(this.accountContactsByContact.get(id));
    this.contactAutomations.remove(this.contactAutomationsByContact.get(id));
    this.contactDeals.remove(this.contactDeals.rows.filter((row) => row.contact === id));
    if (contact.email !== '') this.#contactsByEmail.delete(contact.email.toLowerCase());
    this.contacts.remove([contact]);
  }

  membership(contact: number, list: number): MembershipRow | undefined {
    return this.membershipsByContact.get(contact).find((row) => row.list === list);
  }

  /** Sets the status of a (contact, list) pair, which does not move the contact's `udate` (UNVERIFIED). */
  subscribe(contact: number, list: number, status: MembershipStatus, at: number): MembershipRow {
    const present = this.membership(contact, list);
    if (present === undefined) {
      return this.memberships.insert({
        id: this.memberships.nextId(),
        contact,
        list,
        status,
        subscribed: at,
        unsubscribed: status === 2 ? at : null,
        created: at,
        updated: at,
        source: API_SOURCE,
      });
    }
    if (present.status !== status) {
      present.status = status;
      present.updated = at;
      if (status === 1) present.subscribed = at;
      present.unsubscribed = status === 2 ? at : null;
    }
    return present;
  }

  contactTag(contact: number, tag: number): ContactTagRow | undefined {
    return this.contactTagsByContact.get(contact).find((row) => row.tag === tag);
  }

  /** Tags a contact that does not have the tag yet; contact and tag both count as updated. */
  tagContact(contact: ContactRow, tag: TagRow, at: number): ContactTagRow {
    const row = this.contactTags.insert({ id: this.contactTags.nextId(), contact: contact.id, tag: tag.id, created: at });
    contact.updated = at;
    tag.updated = at;
    return row;
  }

  untagContact(row: ContactTagRow, at: number): void {
    this.contactTags.remove([row]);
    const contact = this.contacts.get(row.contact);
    if (contact !== undefined) contact.updated = at;
    const tag = this.tags.get(row.tag);
    if (tag !== undefined) tag.updated = at;
  }

  /** UNVERIFIED: tag names are one tag whatever their case. */
  tagNamed(name: string): TagRow | undefined {
    const wanted = name.toLowerCase();
    return this.tags.rows.find((row) => row.tag.toLowerCase() === wanted);
  }

  addTag(tag: string, description: string, tagType: string, at: number): TagRow {
    return this.tags.insert({ id: this.tags.nextId(), tag, description, tagType, created: at, updated: at, saved: false });
  }

  fieldValue(contact: number, field: number): FieldValueRow | undefined {
    return this.fieldValuesByContact.get(contact).find((row) => row.field === field);
  }

  /** Writes a field's value of a contact, whose `udate` moves. */
  setFieldValue(contact: ContactRow, field: number, value: string, at: number): FieldValueRow {
    contact.updated = at;
    const present = this.fieldValue(contact.id, field);
    if (present === undefined) {
      return this.fieldValues.insert({
        id: this.fieldValues.nextId(),
        contact: contact.id,
        field,
        value,
        created: at,
        updated: at,
      });
    }
    present.value = value;
    present.updated = at;
    return present;
  }

  accountNamed(name: string): AccountRow | undefined {
    const wanted = name.toLowerCase();
    return this.accounts.rows.find((row) => row.name.toLowerCase() === wanted);
  }

  addAccount(name: string, accountUrl: string, owner: number, at: number): AccountRow {
    return this.accounts.insert({ id: this.accounts.nextId(), name, accountUrl, owner, created: at, updated: at });
  }

  addAccountContact(account: number, contact: number, jobTitle: string, at: number): AccountContactRow {
    const id = this.accountContacts.nextId();
    return this.accountContacts.insert({ id, account, contact, jobTitle, created: at, updated: at });
  }

  /** A pipeline with the three stages that the vendor gives each new one. */
  addPipeline(title: string, currency: string, at: number): DealGroupRow {
    const group = this.dealGroups.insert({
      id: this.dealGroups.nextId(),
      title,
      currency,
      autoassign: '0',
      allusers: '0',
      allgroups: '1',
      users: [],
      groups: [],
      created: at,
      updated: null,
    });
    DEFAULT_STAGES.forEach(({ title: stageTitle, color }, index) => {
      this.dealStages.insert({
        id: this.dealStages.nextId(),
        group: group.id,
        title: stageTitle,
        color,
        order: index + 1,
        ...STAGE_DEFAULTS,
        created: null,
        updated: null,
      });
    });
    return group;
  }
}
