/** What became of the state by `state mv`, `rm`, `push` and `new-ledger`, and what that means for records. */
import { isLinkKind, parseAddress } from '../model/address.ts';
import type { BackendMove } from '../operations/backend-move.ts';
import type { ForgottenAddress, MovedAddress } from '../operations/state-addresses.ts';
import type { PushResult } from '../operations/state-transfer.ts';
import { counted } from './layout.ts';
import { safe } from './safe.ts';

export function movedText({ from, to, persons }: MovedAddress): string {
  const { kind } = parseAddress(from)!;
  const ofLink = ` with ${counted(persons, 'linked person', 'linked persons')}, its cursors, what waits and its guards`;
  const kept = isLinkKind(kind) ? ofLink : kind === 'Resource' ? ' with the id of its object' : undefined;
  return `${safe(from)} is ${safe(to)} now${kept ?? ''}. Rename it in the YAML as well, and the plan has nothing to do for it.`;
}

export function forgottenText({ address, persons, quarantined, dryRun }: ForgottenAddress): string {
  const { kind } = parseAddress(address)!;
  const verb = dryRun ? 'would be forgotten' : 'is forgotten';
  if (kind === 'Resource') {
    return `${safe(address)} ${verb}. Its object stays as it is; to manage it again, declare it with "adopt: true".`;
  }
  if (!isLinkKind(kind)) return `${safe(address)} ${verb}.`;
  return [
    `${safe(address)} ${verb}: ${counted(persons, 'linked person', 'linked persons')} with what was agreed on, ${counted(quarantined, 'record')} in quarantine, its cursors and guards.`,
    'No record is changed. Applied again, its records are matched anew by their keys: who is found at both ends is not created',
    'twice, but whoever was deleted at one end since then is created there once more. The journal and the opt-outs stay.',
  ].join('\n');
}

export function pushedText({ state: { serial }, changed, ledger }: PushResult): string {
  const alone = `\nThere is no ledger here: that is the state alone. Where the ledger is elsewhere, move it and the state together:
  syncline state push --from BACKEND`;
  const said = changed
    ? `The state has serial ${serial} now.${ledger ? ' See what is different:\n  syncline plan' : ''}`
    : `The state of serial ${serial} says the same already.`;
  return `${said}${ledger ? '' : alone}`;
}

export function renewedLedgerText(aside: string | undefined): string {
  const old = aside === undefined ? 'There was none.' : `The old one is kept: ${safe(aside, 1000)}`;
  return `The ledger is empty now. ${old}\nEvery link matches its records anew with its next cycle; see before what that does:\n  syncline plan`;
}

export function backendMovedText({ from, to, serial, events }: BackendMove): string {
  return `State (serial ${serial}), ledger and audit log (${counted(events, 'event')}) are at ${safe(to, 1000)} now, and no longer at
${safe(from, 1000)}, where every command refuses. See that nothing is different:
  syncline plan`;
}
