/** Proof that both ends of each link agree, or the list of those that do not. Writes nothing. */
import type { Address } from '../model/address.ts';
import { verify, type VerifyResult } from '../records/verify.ts';
import { requireLink } from './active-links.ts';
import { appliedConnections, runningLinks } from './sync.ts';
import type { Runtime } from './runtime.ts';
import { openPreviewLedger, openWorkspace } from './workspace.ts';

export interface LinkVerification extends VerifyResult {
  readonly address: Address;
}

export async function verifyLinks(
  runtime: Runtime,
  stack: { readonly name: string; readonly isDefault: boolean },
  addresses: readonly Address[],
): Promise<readonly LinkVerification[]> {
  const workspace = await openWorkspace(runtime, stack);
  const sources = runningLinks(runtime, workspace.state, addresses);
  const storage = await openPreviewLedger(workspace);
  const connections = appliedConnections(runtime, workspace.state, storage.ledger);
  try {
    const results: LinkVerification[] = [];
    for (const source of sources) {
      const link = await requireLink(runtime, connections, storage, source, (progress) =>
        runtime.emit({ type: 'plan_progress', link: source.address, progress }),
      );
      results.push({ address: source.address, ...(await verify(link)) });
    }
    return results;
  } finally {
    await connections.close();
    await storage.ledger.close();
  }
}

/** Whether nothing differs and the next cycle would create nobody. */
export function isVerified(result: VerifyResult): boolean {
  return result.differing.length === 0 && Object.values(result.only).every((keys) => keys.length === 0);
}
