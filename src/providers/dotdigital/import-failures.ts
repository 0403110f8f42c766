/**
 * What the importer's refusals of single contacts mean. Its codes are compared in lower case: the
 * specification spells them both ways.
 * @source the contacts service's specification, failureCode of an import
 */
import { failed, missing, type Failed } from './outcomes.ts';

// UNVERIFIED: that the last of these means whoever unsubscribed. The writer sends no status that could be invalid.
const SUPPRESSIONS: ReadonlySet<string> = new Set(['globallysuppressed', 'suppressedbydomain', 'invalidcontactstatus']);

/** Whether the vendor refused the contact because it may not be mailed: a state to be read, and no fault of the values. */
export function isSuppression(codes: readonly string[]): boolean {
  return codes.some((code) => SUPPRESSIONS.has(code));
}

export function suppressed(): Failed {
  return failed(
    'PROVIDER_ADDRESS_SUPPRESSED',
    'Dotdigital keeps the address on its suppression list and takes no contact with it.',
    ['email'],
  );
}

/** The outcome of a contact that was refused for another reason than a suppression. */
export function failureOf(codes: readonly string[]): Failed {
  switch (codes[0]) {
    case 'duplicate':
    case 'duplicateidentifier':
      return failed('PROVIDER_DUPLICATE_RECORD', 'Another Dotdigital contact already has the address.', ['email']);
    case 'invalidemail':
    case 'invaliddomain':
      return failed('PROVIDER_INVALID_VALUE', 'Dotdigital takes the address for none that can receive mail.', ['email']);
    case 'blocker':
      return failed('PROVIDER_INVALID_VALUE', 'Dotdigital blocks addresses of this kind, such as those of a role.', ['email']);
    case 'invalidcontactid':
      return missing();
    case 'invalidaddressbookids':
      return failed('PROVIDER_REFUSED', 'An address book that was to be written does not exist any more; plan again.');
    case undefined:
      return failed('PROVIDER_REFUSED', 'Dotdigital refused the contact and gave no reason.');
    default:
      return failed('PROVIDER_INVALID_VALUE', `Dotdigital refused a value of the contact (${codes.join(', ').slice(0, 100)}).`);
  }
}

/** The outcome of every contact of an import that the vendor refused as a whole. */
export function rejected(status: string): Failed {
  const why =
    status === 'ExceedsAllowedContactLimit'
      ? "the import exceeds the account's number of contacts; raise the limit, then retry the records"
      : 'its Data Watchdog rejected the import; ask Dotdigital to release the account, then retry the records';
  return failed('PROVIDER_REFUSED', `Dotdigital wrote nothing: ${why}.`);
}
