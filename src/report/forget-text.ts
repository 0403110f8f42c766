import type { ForgetPlan, ForgetResult } from '../operations/forget.ts';
import { counted } from './layout.ts';
import { maskKey } from '../operations/mask.ts';
import { safe } from './safe.ts';

export const FORGET_CANCELLED = 'Forget cancelled.';

/** What would be erased, and what would not. */
export function renderForgetPlan(plan: ForgetPlan, showValues: boolean): string {
  const lines = [
    `Forget ${safe(showValues ? plan.key : maskKey(plan.key))}`,
    '',
    `Erased from ledger, journal and quarantine, for good: ${counted(plan.journalEntries, 'journal entry', 'journal entries')}, and all that is known of`,
    ...plan.records.map(({ link, end, remoteId }) => `  - ${safe(link)}  ${safe(end)} #${safe(remoteId)}`),
    ...(plan.imported === 0 ? [] : [`  - ${counted(plan.imported, 'entry', 'entries')} of campaign imports`]),
    '',
    `Kept: keyed hashes of ${counted(plan.addresses, 'address', 'addresses')} and of these records, on the suppression list. By them no cycle links,`,
    'creates or subscribes this person again, also not after a registration anew.',
    ...(plan.addresses === 0
      ? ['No address is known, since hashes alone are kept: forget the person by the address to suppress it too.']
      : []),
    'Not done: the records themselves stay where they are. Delete them at the vendors where that is due.',
  ];
  return `${lines.join('\n')}\n`;
}

export const FORGOTTEN =
  'Forgotten. What was erased cannot be brought back, nor can runs that wrote to this person be undone for them.';

export function forgetJson({ plan, outcome }: ForgetResult, showValues: boolean): object {
  return {
    outcome,
    key: showValues ? plan.key : maskKey(plan.key),
    records: plan.records.map(({ link, end, remoteId }) => ({ link, end, id: remoteId })),
    journal_entries: plan.journalEntries,
    imported: plan.imported,
    addresses: plan.addresses,
  };
}
