/** Deletions, all of a call at once, or one by one where one of them is refused. */
import { ProviderError } from '../../model/errors.ts';
import type { WriteOutcome } from '../provider.ts';
import type { Api } from './api.ts';
import { parseBody } from './documents.ts';
import { failureOf } from './record-errors.ts';
import { errorsOf } from './refusals.ts';
import { SYNC_RECORDS } from './write-costs.ts';
import type { PlannedWrite } from './write-plan.ts';
import { markUnknown, refusedAsAWhole, REFUSAL_STATUSES, type Run } from './write-run.ts';

/** Deletes records, up to a hundred a call. What is gone already is deleted as well. */
export async function deleteAll(api: Api, collection: string, plans: readonly PlannedWrite[], run: Run): Promise<void> {
  for (let start = 0; start < plans.length && run.stopped === undefined; start += SYNC_RECORDS) {
    const chunk = plans.slice(start, start + SYNC_RECORDS);
    try {
      await deleteChunk(api, collection, chunk, run);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.outcomeUnknown) markUnknown(run, chunk, error);
      run.stopped = error;
    }
  }
}

async function deleteChunk(api: Api, collection: string, chunk: readonly PlannedWrite[], run: Run): Promise<void> {
  if (chunk.length > 1) {
    const answer = await api.send({
      method: 'DELETE',
      path: `/${collection}`,
      query: { 'filter[id]': chunk.map((plan) => plan.id).join(',') },
      idempotent: true,
      accept: REFUSAL_STATUSES,
      signal: run.signal,
    });
    if (answer.status < 400) {
      for (const plan of chunk) run.outcomes.set(plan.index, deleted(plan));
      return;
    }
  }
  // One record that may not be deleted keeps all of them: then each is asked for alone.
  for (const plan of chunk) {
    const answer = await api.send({
      method: 'DELETE',
      path: `/${collection}/${plan.id!}`,
      idempotent: true,
      accept: REFUSAL_STATUSES,
      signal: run.signal,
    });
    const errors = answer.status < 400 ? [] : errorsOf(parseBody(answer.text));
    // Only the API itself can say that there is no such record: a proxy says so of anything.
    if (answer.status >= 400 && errors.length === 0) throw refusedAsAWhole(api, answer.status, errors);
    const isGone = answer.status < 400 || answer.status === 404;
    run.outcomes.set(plan.index, isGone ? deleted(plan) : failureOf(plan, errors));
  }
}

function deleted({ id }: PlannedWrite): WriteOutcome {
  return { status: 'applied', id: id!, created: false, record: { id: id!, values: {} } };
}
