/** What the account knows of one person, and the words that the two frameworks have for it. */

/** States of a contact in the whole account, as v2 spells them. */
export const CONTACT_STATUSES = [
  'Subscribed',
  'Unsubscribed',
  'SoftBounced',
  'HardBounced',
  'IspComplained',
  'MailBlocked',
  'PendingOptIn',
  'DirectComplaint',
  'Deleted',
  'SharedSuppression',
  'Suppressed',
  'NotAllowed',
  'DomainSuppression',
  'NoMxRecord',
] as const;
export type ContactStatus = (typeof CONTACT_STATUSES)[number];

export const OPT_IN_TYPES = ['Unknown', 'Single', 'Double', 'VerifiedDouble'] as const;
export type OptInType = (typeof OPT_IN_TYPES)[number];

export const EMAIL_TYPES = ['PlainText', 'Html'] as const;
export type EmailType = (typeof EMAIL_TYPES)[number];

export type FieldValue = string | number | boolean | null;

export interface Contact {
  readonly id: number;
  /** Lower case, as the service keeps it; `null` for who is known by another identifier only. */
  email: string | null;
  mobileNumber: string | null;
  optInType: OptInType;
  emailType: EmailType;
  status: ContactStatus;
  /** Only fields that were given a value, by the field's name in upper case. */
  readonly fields: Map<string, FieldValue>;
  /** In ms. */
  readonly created: number;
  updated: number;
}

/** Whether mail may be sent: the contact is live. Soft bounces are tried again. */
export function isLive(status: ContactStatus): boolean {
  return status === 'Subscribed' || status === 'SoftBounced' || status === 'PendingOptIn';
}

/** A suppression that nothing the account does can lift. */
export function isFinal(status: ContactStatus): boolean {
  return ['SharedSuppression', 'DomainSuppression', 'IspComplained', 'DirectComplaint', 'NotAllowed', 'NoMxRecord'].includes(
    status,
  );
}

/** An address as far as the service judges its form: the vendor's test takes `demo@apiconnector` for malformed. */
export function isEmail(text: string): boolean {
  return text.length <= 255 && /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\.]+(\.[^\s@<>,;:"()[\]\\.]+)+$/.test(text);
}

/** v3 has words of its own for the state of a contact and of its e-mail channel. */
export function statusOfV3(contact: Contact): string {
  if (contact.email === null && contact.mobileNumber === null) return 'noSubscription';
  if (isLive(contact.status)) return contact.status === 'PendingOptIn' ? 'pendingOptIn' : 'subscribed';
  if (contact.status === 'Unsubscribed') return 'unsubscribed';
  return contact.status === 'Deleted' ? 'deleted' : 'suppressed';
}

export function channelStatusOf(status: ContactStatus): string {
  return status.charAt(0).toLowerCase() + status.slice(1);
}
