/** Destroying: the plan that removes all that the state holds. It needs no file of a checkout. */
import { EMPTY_CONFIGURATION } from '../config/configuration.ts';
import { addressOf } from '../model/address.ts';
import { appliedStack } from './applied-stack.ts';
import { apply, type ApplyOptions, type ApplyResult } from './apply.ts';
import type { Runtime } from './runtime.ts';

export interface DestroyOptions extends Pick<ApplyOptions, 'targets' | 'parallelism' | 'approvedBy' | 'approve' | 'approved'> {
  /** Whether objects that hold people's data are deleted as well; otherwise they are forgotten. */
  readonly withData: boolean;
}

/** Links, mappings and integrations end first; no record is changed by that. */
export async function destroy(runtime: Runtime, { withData, ...options }: DestroyOptions): Promise<ApplyResult> {
  const place = await appliedStack(runtime);
  const stack = { ...place, address: addressOf('Stack', place.name), rehearsal: false, integrations: new Map() };
  return apply(runtime, EMPTY_CONFIGURATION, stack, {
    ...options,
    destroy: { withData },
    data: false,
    offline: false,
    samples: 0,
    maxCalls: 0,
    refreshOnly: false,
    sync: false,
    allow: {},
    saved: undefined,
  });
}
