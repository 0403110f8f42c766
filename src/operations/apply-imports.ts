/** The runs of campaign imports that an apply brings about. */
import type { Plan, ResourceChange } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { Ledger } from '../storage/ledger.ts';
import { pausedDiagnostic, pauseOf } from './activity.ts';
import { cycleImport, isCampaignImport, limitsOf, plannedImport } from './campaign-imports.ts';
import { concernedChanges } from './concerned.ts';
import type { Planning } from './plan.ts';
import type { CycleSummary, Runtime } from './runtime.ts';
import type { StateWriter } from './state-writer.ts';

/** @param options of the apply: a saved plan limits what is written, an approved one has gathered it in the ledger */
export async function runImports(
  runtime: Runtime,
  ledger: Ledger,
  planning: Planning,
  plan: Plan,
  run: string,
  options: { readonly saved: Plan | undefined; readonly approved: boolean },
  writer: StateWriter,
): Promise<readonly CycleSummary[]> {
  const summaries: CycleSummary[] = [];
  for (const change of await importsToRun(runtime, plan, writer.state(), ledger)) {
    const { generation } = writer.state().specifications[change.address]!;
    const planned = plan.links.find(({ address }) => address === change.address);
    const prepared = planning.imports.get(change.address);
    const { summary, digest } = await cycleImport(
      runtime,
      planning.connections,
      ledger,
      { ...plannedImport(writer.state(), change), generation },
      run,
      options.saved === undefined || planned === undefined ? undefined : limitsOf(planned),
      prepared === undefined || options.approved ? prepared : { ...prepared, active: undefined },
    );
    await writer.audit('cycle', run, { link: change.address, generation, digest });
    summaries.push(summary);
  }
  return summaries;
}

/** Imports that are new or changed, and those whose run an earlier apply did not finish; as far as they may run. */
async function importsToRun(runtime: Runtime, plan: Plan, state: State, ledger: Ledger): Promise<readonly ResourceChange[]> {
  const concerned = new Set(concernedChanges(plan, isCampaignImport).map(({ address }) => address));
  const runnable: ResourceChange[] = [];
  for (const change of plan.resourceChanges) {
    if (!isCampaignImport(change) || change.after === null) continue;
    if (!concerned.has(change.address) && (await ledger.link(change.address).unfinishedApply()) === undefined) continue;
    const pause = pauseOf(state, change.address);
    if (pause === undefined) runnable.push(change);
    else runtime.emit({ type: 'diagnostic', diagnostic: pausedDiagnostic(change.address, pause) });
  }
  return runnable;
}
