/** Unsubscriptions from marketing lists, recorded once the records that they are about are written. */
import { ProviderError } from '../../model/errors.ts';
import type { FieldValue } from '../../model/value.ts';
import { partlyApplied } from '../outcomes.ts';
import type { WriteOutcome } from '../provider.ts';
import { markedValue, readMarks, type Layout } from './layout.ts';
import type { MarketingLists } from './marketing-lists.ts';
import type { PlannedWrite } from './write-plan.ts';
import type { Run } from './write-run.ts';

/** Marks follow the record that they are laid over, one call each. */
export async function setMarks(layout: Layout, lists: MarketingLists, plans: readonly PlannedWrite[], run: Run): Promise<void> {
  for (const plan of plans.filter(({ marks }) => marks.length > 0)) {
    const outcome = run.outcomes.get(plan.index);
    if (outcome?.status !== 'applied') continue;
    const values: Record<string, FieldValue> = { ...outcome.record.values };
    try {
      for (const { path, name, state } of plan.marks) {
        const list = await lists.find(layout.kind, name);
        if (list !== undefined) await lists.mark(list, outcome.id, state, run.signal);
        values[path] = state;
      }
      run.outcomes.set(plan.index, { ...outcome, record: { ...outcome.record, values } });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      run.outcomes.set(plan.index, await unmarked(layout, lists, plan, outcome, error, run));
    }
  }
}

/** The record is written all the same: a creation is told with the marks as they are, an update of nothing else as refused. */
async function unmarked(
  layout: Layout,
  lists: MarketingLists,
  plan: PlannedWrite,
  outcome: Extract<WriteOutcome, { status: 'applied' }>,
  error: ProviderError,
  run: Run,
): Promise<WriteOutcome> {
  if (error.outcomeUnknown) return { status: 'unknown', message: error.message };
  if (plan.action === 'create') {
    const marks = await readMarks(layout, lists, [outcome.id], run.signal);
    const shown = plan.marks.map(({ path }) => [path, markedValue({ path, part: 'unsubscribed' }, outcome.id, marks)] as const);
    return { ...outcome, record: { ...outcome.record, values: { ...outcome.record.values, ...Object.fromEntries(shown) } } };
  }
  const refused: WriteOutcome = {
    status: 'failed',
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    fields: plan.marks.map(({ path }) => path),
  };
  return plan.written.length > 0 ? partlyApplied(refused) : refused;
}
