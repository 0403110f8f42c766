/** Past runs, as the ledger has them. Writes nothing. */
import type { RunSummary } from '../storage/ledger.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { openPreviewLedger, openWorkspace } from './workspace.ts';

/** The newest first, at most `limit`. */
export async function listRuns(runtime: Runtime, stack: StackPlace, limit: number): Promise<readonly RunSummary[]> {
  const { ledger } = await openPreviewLedger(await openWorkspace(runtime, stack));
  try {
    return await ledger.runs(limit);
  } finally {
    await ledger.close();
  }
}
