/** Every kind of fault that the sandbox knows, at reads and at writes of both vendors. */
import { expect } from 'vitest';
import { disagreements, duplicates, populationOf, unambiguousAddresses, type Population } from './agreement.ts';
import type { Fault, Outcome, Rehearsal, VendorName } from './harness.ts';

export const KINDS = ['429', '500', '503', 'reset', 'expired-token', 'lost-response', 'truncate', 'slow', 'partial'] as const;

export interface FaultCase {
  readonly vendor: VendorName;
  readonly kind: string;
  readonly calls: 'reads' | 'writes';
}

export const FAULT_CASES: readonly FaultCase[] = (['salesforce', 'activecampaign'] as const).flatMap((vendor) =>
  KINDS.flatMap((kind) => (['reads', 'writes'] as const).map((calls) => ({ vendor, kind, calls }))),
);

const WRITING: Readonly<Record<VendorName, readonly string[]>> = { salesforce: ['PATCH', 'POST'], activecampaign: ['POST', 'PUT'] };
const PATHS: Readonly<Record<VendorName, string>> = { salesforce: '/services/data/*', activecampaign: '/api/3/*' };

/** The fault strikes every call of its kind from one on, until it is cleared. */
export function lasting({ vendor, kind, calls }: FaultCase, after: number): readonly Fault[] {
  const methods = calls === 'reads' ? ['GET'] : WRITING[vendor];
  // An answer that is only late is no failure, so a few of them will do.
  const times = kind === 'slow' ? 3 : 1000;
  return methods.map((method) => ({ match: { method, path: PATHS[vendor] }, kind, after, times, ms: 20 }));
}

/** What has to hold whatever a run met: it succeeded, or it said why not. */
export function expectHonest(outcome: Outcome): void {
  expect([0, 1, 3], outcome.stderr).toContain(outcome.code);
  if (outcome.code !== 1) return;
  expect(outcome.stderr).toMatch(/^(Error: |error ).+\n {2}\S/m);
  expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
}

/** Both ends agree on everybody, nobody is lost and nobody is there twice. */
export async function expectConverged(rehearsal: Rehearsal, before: Population): Promise<void> {
  const after = await populationOf(rehearsal);
  expect(disagreements(after).slice(0, 5)).toEqual([]);
  expect(duplicates(after.salesforce)).toEqual(duplicates(before.salesforce));
  expect(duplicates(after.activecampaign)).toEqual([]);
  expect(unambiguousAddresses(after)).toEqual(unambiguousAddresses(before));
}
