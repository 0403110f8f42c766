import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileMapping } from '../../src/mapping/compile.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { createFingerprints } from '../../src/records/fingerprint.ts';
import { runCycle, type CycleResult } from '../../src/records/cycle.ts';
import type { ActiveLink, LinkEnd } from '../../src/records/link.ts';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import type { Ledger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import type { FakeEnd } from './fake-end.ts';

export interface LinkUnderTest {
  readonly link: ActiveLink;
  readonly ledger: Ledger;
  /** @param options.link the link as it is for this cycle alone */
  cycle(options?: { sweep?: boolean; run?: string; link?: ActiveLink }): Promise<CycleResult>;
  advance(ms: number): void;
  /** The ledger as a plan opens it. Closed with the rest. */
  previewLedger(): Ledger;
  dispose(): Promise<void>;
}

/** A link between two vendors in memory, on a real ledger in a temporary folder. */
export function linkUnderTest(
  specification: MappingSpecification,
  ends: Readonly<Record<string, FakeEnd>>,
  overrides: Partial<ActiveLink> & { enter?: Readonly<Record<string, 'everyone' | 'nobody'>> } = {},
): LinkUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-records-'));
  const keys = createKeyRing([generateKey()]);
  const ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys, mode: 'write' });
  const known = Object.fromEntries(
    Object.entries(ends).map(([name, end]) => [name, new Map(end.fields.map((field) => [field.path, field]))]),
  );
  const { mapping, diagnostics } = compileMapping('test', specification, known);
  if (mapping === undefined) throw new Error(diagnostics.map((diagnostic) => diagnostic.detail).join('; '));
  let now = Date.UTC(2026, 0, 1);
  let persons = 0;
  const linkEnds = Object.entries(ends).map(([name, end]): LinkEnd => ({
    name,
    integration: name,
    object: 'thing',
    enter: overrides.enter?.[name] ?? 'everyone',
    client: end.client(),
    externalId: undefined,
    onDelete: 'unlink',
    assertBudget: () => Promise.resolve(),
  }));
  const link: ActiveLink = {
    address: 'Link/test',
    generation: 1,
    readSpecification: 'one',
    ends: [linkEnds[0]!, linkEnds[1]!],
    mapping,
    conflicts: { prefer: linkEnds[0]!.name, unit: 'field' },
    guards: {},
    retain: 'values',
    ledger: ledger.link('Link/test'),
    keys,
    fingerprints: createFingerprints(mapping, keys),
    renewed: new Set(),
    clock: { now: () => now, sleep: async (ms) => void (now += ms) },
    newPersonId: () => `person-${String((persons += 1)).padStart(6, '0')}`,
    onProgress: () => undefined,
    ...overrides,
  };
  const previews: Ledger[] = [];
  let runs = 0;
  return {
    link,
    ledger,
    async cycle(options = {}) {
      runs += 1;
      now += 60_000;
      return runCycle(options.link ?? link, { run: options.run ?? `run-${runs}`, allow: {}, sweep: options.sweep ?? false });
    },
    advance: (ms) => void (now += ms),
    previewLedger() {
      const preview = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys, mode: 'preview' });
      previews.push(preview);
      return preview;
    },
    async dispose() {
      for (const preview of previews) await preview.close();
      await ledger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
