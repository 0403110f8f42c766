/** One cycle of each link and campaign import as last applied: what runs is the state's specification, never a checkout's. */
import { isLinkKind, type Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { Attributes } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { pausedDiagnostic, pauseOf } from './activity.ts';
import type { LinkSource, LinkSpecification } from './active-links.ts';
import { appliedImports, cycleImport, limitsOf, type CampaignImportRun } from './campaign-imports.ts';
import { createConnections, type Connections } from './connections.ts';
import { cycleLink } from './cycles.ts';
import { mappingOf } from './link-mapping.ts';
import type { Ledger } from '../storage/ledger.ts';
import type { Lock } from '../storage/lock.ts';
import { owedCycle, showOwed } from './owed-plans.ts';
import { withoutOwnedElsewhere } from './owned-fields.ts';
import type { CycleSummary, Runtime } from './runtime.ts';
import { createStateWriter } from './state-writer.ts';
import { lockWorkspace, openLedger, openWorkspace } from './workspace.ts';

const MOST_CYCLES = 10;

export interface SyncOptions {
  readonly addresses: readonly Address[];
  readonly untilConverged: boolean;
  readonly sweep: boolean;
  readonly refreshValues: boolean;
  readonly allow: Readonly<Record<string, string>>;
}

/** @throws SynclineError SYNC_UNKNOWN_ADDRESS, SYNC_NOTHING_APPLIED, and what a cycle throws */
export async function sync(
  runtime: Runtime,
  stack: { readonly name: string; readonly isDefault: boolean },
  options: SyncOptions,
): Promise<readonly CycleSummary[]> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, 'sync');
  try {
    const workspace = await openWorkspace(runtime, stack);
    const { links, imports } = appliedFlows(workspace.state, options.addresses);
    const sources = atWork(runtime, workspace.state, links);
    const importRuns = atWork(runtime, workspace.state, imports);
    const storage = await openLedger(workspace, lock);
    const connections = appliedConnections(runtime, workspace.state, storage.ledger, lock);
    const writer = createStateWriter(runtime, workspace, lock);
    const run = runtime.newId();
    const summaries: CycleSummary[] = [];
    await storage.ledger.startRun(run, 'sync', toInstant(runtime.clock.now()));
    let outcome = 'failed';
    try {
      for (const source of sources) {
        for (let cycle = 0; cycle < (options.untilConverged ? MOST_CYCLES : 1); cycle += 1) {
          const renewed = (await storage.ledger.link(source.address).unfinishedApply())?.renewed ?? [];
          const plan = await owedCycle(storage.ledger, workspace.state, source.address, source.link, run);
          const cycling = cycleLink(
            runtime,
            connections,
            storage,
            { ...source, renewed },
            {
              run,
              allow: options.allow,
              sweep: options.sweep && cycle === 0,
              refresh: options.refreshValues && cycle === 0,
              ...(plan === undefined ? {} : { plan }),
            },
          );
          const done = await cycling.catch(async (error: unknown) => {
            await showOwed(storage.ledger, source.address, run, error);
            throw error;
          });
          await writer.audit('cycle', run, { link: source.address, generation: source.generation, digest: done.digest });
          summaries.push(done.summary);
          // A job that runs for hours is not waited for: it would keep everybody else from the state.
          if (done.summary.converged || done.summary.pending + done.summary.waiting > 0) break;
        }
      }
      for (const importRun of importRuns) {
        const owed = await storage.ledger.link(importRun.address).owedPlan();
        const done = await cycleImport(runtime, connections, storage.ledger, importRun, run, owed && limitsOf(owed));
        await writer.audit('cycle', run, { link: importRun.address, generation: importRun.generation, digest: done.digest });
        summaries.push(done.summary);
      }
      outcome = 'synchronised';
      return summaries;
    } finally {
      await storage.ledger.endRun(
        run,
        toInstant(runtime.clock.now()),
        runtime.signal.aborted ? 'interrupted' : outcome,
        JSON.stringify(summaries.length),
      );
      await connections.recordCalls(storage.ledger);
      await connections.close();
      await storage.ledger.close();
    }
  } finally {
    await lock.release();
  }
}

/** Applied links that may run; of those that are paused it says so. */
export function runningLinks(runtime: Runtime, state: State, addresses: readonly Address[]): readonly LinkSource[] {
  return atWork(runtime, state, knownLinks(state, addresses));
}

function atWork<Flow extends { readonly address: Address }>(
  runtime: Runtime,
  state: State,
  flows: readonly Flow[],
): readonly Flow[] {
  return flows.filter(({ address }) => {
    const pause = pauseOf(state, address);
    if (pause !== undefined) runtime.emit({ type: 'diagnostic', diagnostic: pausedDiagnostic(address, pause) });
    return pause === undefined;
  });
}

/** Everything that runs of a state, or what is named of it. @throws SynclineError SYNC_UNKNOWN_ADDRESS, SYNC_NOTHING_APPLIED */
export function appliedFlows(
  state: State,
  addresses: readonly Address[],
): { readonly links: readonly LinkSource[]; readonly imports: readonly CampaignImportRun[] } {
  const all = appliedImports(state);
  const imports = all.filter(({ address }) => addresses.length === 0 || addresses.includes(address));
  const others = addresses.filter((address) => !imports.some((known) => known.address === address));
  const hasLinks = Object.values(state.specifications).some(({ kind }) => isLinkKind(kind));
  const isOnlyImports = others.length === 0 && imports.length > 0 && (addresses.length > 0 || !hasLinks);
  return { links: isOnlyImports ? [] : knownLinks(state, others), imports };
}

/** Links of a state, also those that may not run now: what the ledger has of them is there all the same. */
export function knownLinks(state: State, addresses: readonly Address[]): readonly LinkSource[] {
  const links = Object.entries(state.specifications).filter(([, stored]) => isLinkKind(stored.kind));
  const byAddress = new Map(
    links.map(([address, stored]) => [address as Address, stored.specification as unknown as LinkSpecification]),
  );
  for (const address of addresses) {
    if (!links.some(([known]) => known === address)) {
      throw new SynclineError('SYNC_UNKNOWN_ADDRESS', `No link ${address} was applied.`, {
        hint:
          links.length === 0
            ? 'Apply the configuration first:\n  syncline apply'
            : `Applied links: ${links.map(([known]) => known).join(', ')}.`,
      });
    }
  }
  if (links.length === 0) {
    throw new SynclineError('SYNC_NOTHING_APPLIED', 'Nothing was applied yet, so there is nothing to synchronise.', {
      hint: 'Apply the configuration first:\n  syncline apply',
    });
  }
  return links
    .filter(([address]) => addresses.length === 0 || addresses.includes(address as Address))
    .map(([address, stored]): LinkSource => {
      const link = stored.specification as unknown as LinkSpecification;
      return {
        address: address as Address,
        generation: stored.generation,
        link,
        mapping: withoutOwnedElsewhere(
          address as Address,
          byAddress,
          mappingOf(link, (mapping) => state.specifications[mapping]?.specification)!,
        ),
        renewed: [],
      };
    });
}

export function appliedConnections(runtime: Runtime, state: State, ledger: Ledger, lock?: Lock): Connections {
  const integrations = Object.entries(state.specifications)
    .filter(([, stored]) => stored.kind === 'Integration')
    .map(([address, stored]): [string, Attributes] => [address.split('/')[1]!, stored.specification]);
  return createConnections(runtime, new Map(integrations), state, ledger, lock);
}
