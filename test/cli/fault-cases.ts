/** Every kind of fault that the sandbox knows, at reads and at writes of both vendors. */
import { expect } from 'vitest';
import { disagreements, duplicates, populationOf, unambiguousAddresses, type Population } from './agreement.ts';
import type { Fault, Outcome, Rehearsal, VendorName } from './harness.ts';

export const KINDS = ['429', '500', '503', 'reset', 'expired-token', 'lost-response', 'truncate', 'slow', 'partial'] as const;

export interface FaultCase {
  readonly vendor: VendorName;
  readonly kind: string;
  readonly calls: Calls;
}

/** Which calls of a cycle a fault strikes: what changed, what is written, and what became of it. */
type Calls = 'reads' | 'writes' | 'read-backs';

export const FAULT_CASES: readonly FaultCase[] = (['salesforce', 'activecampaign'] as const).flatMap((vendor) =>
  KINDS.flatMap((kind) => (['reads', 'writes', 'read-backs'] as const).map((calls) => ({ vendor, kind, calls }))),
);

const MATCHES: Readonly<Record<VendorName, Readonly<Record<Calls, readonly Fault['match'][]>>>> = {
  salesforce: {
    reads: [{ method: 'GET', path: '/services/data/*/query*' }],
    writes: [{ method: 'PATCH', path: '/services/data/*/composite/sobjects*' }],
    'read-backs': [{ method: 'POST', path: '/services/data/*/composite/sobjects/Contact' }],
  },
  activecampaign: {
    reads: [{ method: 'GET', path: '/api/3/contacts*' }],
    writes: [
      { method: 'POST', path: '/api/3/import/bulk_import' },
      { method: 'PUT', path: '/api/3/contacts/*' },
      { method: 'POST', path: '/api/3/contact*' },
      { method: 'POST', path: '/api/3/fieldValues' },
    ],
    'read-backs': [
      { method: 'GET', path: '/api/3/import/info' },
      { method: 'GET', path: '/api/3/fieldValues' },
    ],
  },
};

/** The fault strikes every such call from one on, until it is cleared. */
export function lasting({ vendor, kind, calls }: FaultCase, after: number): readonly Fault[] {
  // An answer that is only late is no failure, so a few of them will do.
  const times = kind === 'slow' ? 3 : 1000;
  return MATCHES[vendor][calls].map((match) => ({ match, kind, after, times, ms: 20 }));
}

/** What has to hold whatever a run met: it succeeded, or it said why not. */
export function expectHonest(outcome: Outcome): void {
  expect([0, 1, 3], outcome.stderr).toContain(outcome.code);
  // Writes without an answer are no error of the run: its end tells of them, and what to do.
  if (outcome.code !== 1 || /\d+ writes? without an answer\..*Run again:\n {2}syncline sync/s.test(outcome.stdout)) return;
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
