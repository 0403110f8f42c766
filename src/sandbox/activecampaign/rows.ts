/**
 * What the stand-in keeps of each record: ids as numbers, times in whole seconds since the epoch. The vendor's read
 * form is made when a record is read, so that a hundred thousand contacts stay small.
 */
import type { Row } from './table.ts';

export interface ContactRow extends Row {
  /** As sent; `''` for a contact without address. */
  email: string;
  firstName: string;
  lastName: string;
  phone: string;
  readonly created: number;
  updated: number;
  bounced: boolean;
  /** Whether a client has updated it: columns that were null are `"0"` or `""` from then on. */
  saved: boolean;
}

/** 0 unconfirmed, 1 active, 2 unsubscribed, 3 bounced. */
export type MembershipStatus = 0 | 1 | 2 | 3;

/** A `contactList`. */
export interface MembershipRow extends Row {
  readonly contact: number;
  readonly list: number;
  status: MembershipStatus;
  /** When last subscribed. */
  subscribed: number;
  /** When last unsubscribed. */
  unsubscribed: number | null;
  readonly created: number;
  updated: number;
  /** Where the membership comes from; 4 is the API. */
  source: number;
}

export interface ContactTagRow extends Row {
  readonly contact: number;
  readonly tag: number;
  readonly created: number;
}

export interface TagRow extends Row {
  tag: string;
  description: string;
  tagType: string;
  readonly created: number;
  updated: number;
  saved: boolean;
}

export interface ListRow extends Row {
  name: string;
  stringid: string;
  description: string;
  channel: string;
  senderUrl: string;
  senderReminder: string;
  sendLastBroadcast: '0' | '1';
  user: number;
  readonly created: number;
  updated: number;
}

export interface ListGroupRow extends Row {
  readonly list: number;
  readonly group: number;
}

export interface FieldRow extends Row {
  title: string;
  type: string;
  description: string | null;
  required: '0' | '1';
  personalization: string;
  defaultValue: string | null;
  showInList: '0' | '1';
  rows: number;
  columns: number;
  visible: '0' | '1';
  order: number;
  readonly created: number;
  updated: number;
}

export interface FieldOptionRow extends Row {
  readonly field: number;
  order: number;
  value: string;
  label: string;
  isDefault: '0' | '1';
  readonly created: number;
  updated: number;
}

export interface FieldRelationRow extends Row {
  readonly field: number;
  /** A list's id; 0 stands for all lists. */
  readonly list: number;
  readonly order: number;
  readonly created: number;
}

export interface FieldValueRow extends Row {
  readonly contact: number;
  readonly field: number;
  value: string;
  readonly created: number;
  updated: number;
}

export interface AccountRow extends Row {
  name: string;
  accountUrl: string;
  owner: number;
  readonly created: number;
  updated: number;
}

export interface AccountContactRow extends Row {
  readonly account: number;
  readonly contact: number;
  jobTitle: string;
  readonly created: number;
  updated: number;
}

/** A custom field of deals or accounts, which live apart from those of contacts. */
export interface CustomFieldRow extends Row {
  label: string;
  type: string;
  options: readonly string[] | null;
  defaultValue: unknown;
  defaultCurrency: string | null;
  formVisible: 0 | 1;
  required: 0 | 1;
  displayOrder: number;
  readonly personalization: string;
  readonly created: number;
  updated: number;
}

export interface CustomFieldDatumRow extends Row {
  /** The deal or account. */
  readonly owner: number;
  readonly field: number;
  value: unknown;
  currency: string | null;
  original: unknown;
  readonly created: number;
  updated: number;
}

export interface DealRow extends Row {
  title: string;
  description: string;
  /** Cents, whole. */
  value: number;
  currency: string;
  contact: number;
  account: number;
  group: number;
  stage: number;
  owner: number;
  percent: number;
  status: number;
  activities: number;
  readonly created: number;
  updated: number;
  saved: boolean;
}

export interface DealGroupRow extends Row {
  title: string;
  currency: string;
  autoassign: '0' | '1';
  allusers: '0' | '1';
  allgroups: '0' | '1';
  users: readonly number[];
  groups: readonly number[];
  readonly created: number;
  updated: number | null;
}

export interface DealStageRow extends Row {
  group: number;
  title: string;
  color: string;
  order: number;
  width: number;
  dealOrder: string;
  cardRegions: readonly string[];
  /** Null for the stages that come with a pipeline. */
  readonly created: number | null;
  updated: number | null;
}

/** A second person of a deal. */
export interface ContactDealRow extends Row {
  readonly deal: number;
  readonly contact: number;
  role: number;
  readonly created: number;
  updated: number;
}

export interface NoteRow extends Row {
  note: string;
  readonly related: number;
  readonly relatedType: string;
  readonly created: number;
  updated: number;
}

export interface AutomationRow extends Row {
  readonly name: string;
  readonly multientry: '0' | '1';
  readonly created: number;
  entered: number;
  exited: number;
}

export interface ContactAutomationRow extends Row {
  readonly contact: number;
  readonly automation: number;
  readonly created: number;
}

export interface UserRow extends Row {
  username: string;
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
  readonly created: number | null;
  updated: number | null;
}

export interface WebhookRow extends Row {
  name: string;
  url: string;
  events: readonly string[];
  sources: readonly string[];
  list: number;
  /** Set when the receiver answers 410: the hook stays listed but sends no more. */
  disabled: boolean;
  readonly created: number;
}
