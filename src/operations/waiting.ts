/** What waits for a person, for another record or for a retry, as the ledger has it. Writes nothing. */
import type { Address } from '../model/address.ts';
import { appliedFlows } from './sync.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { openPreviewLedger, openWorkspace } from './workspace.ts';

export interface WaitingRecord {
  readonly link: Address;
  /** The end that refused, or that holds the record. */
  readonly end: string;
  /** The match key, or `#` and the record's id. Personal data: masked when printed. */
  readonly key: string;
  readonly reason: string;
  readonly detail: string | undefined;
  readonly attempts: number | undefined;
  readonly since: string | undefined;
  readonly nextAt: string | undefined;
}

/** Records that a remote refused, or that cannot be written as they are. */
export async function listQuarantine(
  runtime: Runtime,
  stack: StackPlace,
  addresses: readonly Address[],
): Promise<readonly WaitingRecord[]> {
  return listWaiting(runtime, stack, addresses, async ({ address }, ledger) => {
    const entries = await ledger.link(address).quarantined();
    return entries.map((entry) => ({
      link: address,
      end: entry.end,
      key: entry.key,
      reason: entry.code,
      detail: entry.message,
      attempts: entry.attempts,
      since: entry.since,
      nextAt: entry.nextAt,
    }));
  });
}

type Ledgers = Awaited<ReturnType<typeof openPreviewLedger>>['ledger'];

async function listWaiting(
  runtime: Runtime,
  stack: StackPlace,
  addresses: readonly Address[],
  rowsOf: (flow: { readonly address: Address }, ledger: Ledgers) => Promise<readonly WaitingRecord[]>,
): Promise<readonly WaitingRecord[]> {
  const workspace = await openWorkspace(runtime, stack);
  const { ledger } = await openPreviewLedger(workspace);
  try {
    const { links, imports } = appliedFlows(workspace.state, addresses);
    const found = await Promise.all([...links, ...imports].map((flow) => rowsOf(flow, ledger)));
    return found.flat();
  } finally {
    await ledger.close();
  }
}
