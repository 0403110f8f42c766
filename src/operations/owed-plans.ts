/**
 * Plans that somebody approved, until a cycle of each link has carried them out. Where an apply ends before, or
 * leaves the first cycle to `sync`, whoever runs it keeps to the same ceiling and policies: nobody has approved more.
 */
import { isLinkType, type Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { EndCeiling, FieldCount, Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { isConsequence } from '../records/assess.ts';
import type { PlannedCycle } from '../records/cycle.ts';
import { remainingCeiling } from '../records/guard.ts';
import type { HistoryEntry } from '../storage/journal.ts';
import type { Ledger, LinkLedger, OwedPlan } from '../storage/ledger.ts';
import type { LinkSpecification } from './active-links.ts';
import { isCampaignImport } from './campaign-imports.ts';
import { concernedChanges } from './concerned.ts';
import { appliedPolicies, refuseBrokenRecords } from './policies.ts';

/**
 * Notes what a plan owes to the links and imports that it concerns, before any of it is carried out.
 * @param isReviewed whether somebody was shown the plan: what nobody was shown has no ceiling
 */
export async function noteOwed(ledger: Ledger, plan: Plan, run: string, isReviewed: boolean): Promise<void> {
  const planned = new Map(plan.links.filter(({ cause }) => cause !== 'none').map((link) => [link.address, link]));
  const concerned = concernedChanges(plan, (change) => isLinkType(change.type) || isCampaignImport(change));
  for (const address of new Set([...planned.keys(), ...concerned.map((change) => change.address)])) {
    const link = planned.get(address);
    const isKnown = isReviewed && link !== undefined && link.leftOut === undefined;
    await ledger.link(address).noteOwedPlan(isKnown ? { cause: link.cause, ceiling: link.ceiling, runs: [run] } : undefined);
  }
}

/**
 * What is left of an approved plan for the next cycle of a link, which is noted as one that carries it out.
 * @param state whose policies judge what the cycle finds
 */
export async function owedCycle(
  ledger: Ledger,
  state: State,
  address: Address,
  link: LinkSpecification,
  run: string,
): Promise<PlannedCycle | undefined> {
  const own = ledger.link(address);
  const owed = await own.owedPlan();
  if (owed === undefined) return undefined;
  const runs = [...new Set([...owed.runs, run])];
  await own.noteOwedPlan({ ...owed, runs });
  const policies = appliedPolicies(state);
  return {
    cause: owed.cause,
    ceiling: async () => remainingCeiling(owed.ceiling, await writtenUnder(own, owed.cause, runs)),
    refuseBroken: (found) => refuseBrokenRecords(policies, address, link.ends, found),
  };
}

/** After a refusal the next plan shows anew what is owed, so that it can be approved as it is now. */
export async function showOwed(ledger: Ledger, address: Address, run: string, error: unknown): Promise<void> {
  if (!(error instanceof SynclineError) || !['RECORD_CEILING', 'POLICY_REFUSED'].includes(error.code)) return;
  const link = ledger.link(address);
  if ((await link.unfinishedApply()) === undefined) await link.noteUnfinishedApply({ run, renewed: [] });
}

const PAGE_RECORDS = 500;

/** What runs wrote of what a plan brings, by end. */
async function writtenUnder(
  link: LinkLedger,
  cause: OwedPlan['cause'],
  runs: readonly string[],
): Promise<Readonly<Record<string, EndCeiling>>> {
  const written: Record<string, { create: number; update: number; delete: number; fields: Record<string, FieldCount> }> = {};
  for (const run of runs) {
    let after: { readonly end: string; readonly remoteId: string } | undefined;
    for (;;) {
      const entries = await link.writtenBy(run, after, PAGE_RECORDS);
      if (entries.length === 0) break;
      for (const entry of entries) {
        const end = (written[entry.end] ??= { create: 0, update: 0, delete: 0, fields: {} });
        const brought = broughtBy(cause, entry);
        if (entry.action !== 'unlink' && (entry.action === 'delete' || brought.length > 0)) end[entry.action] += 1;
        for (const path of brought) {
          const { write, clear } = end.fields[path] ?? { write: 0, clear: 0 };
          end.fields[path] = {
            write: write + 1,
            clear: clear + (entry.after !== undefined && entry.after[path] == null ? 1 : 0),
          };
        }
      }
      after = entries.at(-1)!;
    }
  }
  return written;
}

/** Paths that were written since the plan brought them, and not as an edit that was under way. */
function broughtBy(cause: OwedPlan['cause'], { action, fields }: HistoryEntry): readonly string[] {
  if (action !== 'create' && action !== 'update') return [];
  return Object.entries(fields).flatMap(([path, { reason }]) =>
    isConsequence(cause, action, reason, () => false) ? [path] : [],
  );
}
