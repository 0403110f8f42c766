import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import { compileScope, type EnterRule, type Scope } from '../../src/mapping/scope.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { createFingerprints } from '../../src/records/fingerprint.ts';
import { runCycle, type CycleResult } from '../../src/records/cycle.ts';
import type { FieldValues } from '../../src/model/value.ts';
import type { ActiveLink, LinkEnd, PartnerRule } from '../../src/records/link.ts';
import { createKeyRing, generateKey, type KeyRing } from '../../src/storage/keys.ts';
import type { Ledger } from '../../src/storage/ledger.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import type { FakeEnd } from './fake-end.ts';

/** Nothing here outlives a test, so that it need not reach a disk. */

export interface LinkUnderTest {
  readonly link: ActiveLink;
  readonly ledger: Ledger;
  /** @param options.link the link as it is for this cycle alone */
  cycle(options?: { sweep?: boolean; run?: string; link?: ActiveLink }): Promise<CycleResult>;
  /** A cycle that stages what it reads and ends before it writes. */
  brokenCycle(): Promise<void>;
  advance(ms: number): void;
  /** The ledger as a plan opens it. Closed with the rest. */
  previewLedger(): Ledger;
  dispose(): Promise<void>;
}

export type EndUnderTest = Pick<FakeEnd, 'fields' | 'client'>;

export type LinkOverrides = Partial<ActiveLink> & {
  readonly enter?: Readonly<Record<string, EnterRule>>;
  readonly onLeave?: Readonly<Record<string, PartnerRule>>;
  readonly onDelete?: Readonly<Record<string, PartnerRule>>;
  readonly archive?: Readonly<Record<string, FieldValues>>;
};

/** A link between two vendors in memory, with the plainest of policies unless told otherwise. */
export function activeLink(
  specification: MappingSpecification,
  ends: Readonly<Record<string, EndUnderTest>>,
  ledger: Ledger,
  keys: KeyRing,
  overrides: LinkOverrides & Pick<ActiveLink, 'clock'>,
): ActiveLink {
  const known = Object.fromEntries(
    Object.entries(ends).map(([name, end]) => [name, new Map(end.fields.map((field) => [field.path, field]))]),
  );
  const { mapping: compiled, diagnostics } = compileMapping('test', specification, known);
  if (compiled === undefined) throw new Error(diagnostics.map((diagnostic) => diagnostic.detail).join('; '));
  const scopes = Object.fromEntries(
    Object.keys(ends).map((name): [string, Scope] => {
      const compilation = compileScope(overrides.enter?.[name] ?? 'everyone', name, known[name]!, 'Created');
      if ('faults' in compilation) throw new Error(compilation.faults.map(({ detail }) => detail).join('; '));
      return [name, compilation.scope];
    }),
  );
  const paths = compiled.ends.map((name) => [name, [...compiled.paths[name]!, ...scopes[name]!.paths]]);
  const mapping = { ...compiled, paths: Object.fromEntries(paths) as typeof compiled.paths };
  let persons = 0;
  const linkEnds = Object.entries(ends).map(([name, end]): LinkEnd => ({
    name,
    integration: name,
    object: 'thing',
    scope: scopes[name]!,
    onLeave: overrides.onLeave?.[name] ?? 'unlink',
    client: end.client(),
    externalId: undefined,
    onDelete: overrides.onDelete?.[name] ?? 'unlink',
    archive: overrides.archive?.[name] ?? {},
    assertBudget: () => Promise.resolve(),
  }));
  return {
    address: 'Link/test',
    generation: 1,
    readSpecification: 'one',
    ends: [linkEnds[0]!, linkEnds[1]!],
    mapping,
    conflicts: { policy: 'prefer', prefer: linkEnds[0]!.name, unlessBlank: false, unit: 'field' },
    deleteBeatsEdit: false,
    closed: new Set(),
    guards: {},
    allow: {},
    retain: 'values',
    ledger: ledger.link('Link/test'),
    keys,
    fingerprints: createFingerprints(mapping, keys, scopes),
    renewed: new Set(),
    newPersonId: () => `person-${String((persons += 1)).padStart(6, '0')}`,
    onProgress: () => undefined,
    ...overrides,
  };
}

/** The same on a real ledger in a temporary folder. */
export function linkUnderTest(
  specification: MappingSpecification,
  ends: Readonly<Record<string, EndUnderTest>>,
  overrides: LinkOverrides = {},
): LinkUnderTest {
  const folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-records-'));
  const keys = createKeyRing([generateKey()]);
  const ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys, mode: 'write' });
  let now = Date.UTC(2026, 0, 1);
  const link = activeLink(specification, ends, ledger, keys, {
    clock: { now: () => now, sleep: async (ms) => void (now += ms) },
    ...overrides,
  });
  const previews: Ledger[] = [];
  let runs = 0;
  const cycle: LinkUnderTest['cycle'] = (options = {}) => {
    runs += 1;
    now += 60_000;
    return runCycle(options.link ?? link, { run: options.run ?? `run-${runs}`, allow: {}, sweep: options.sweep ?? false });
  };
  return {
    link,
    ledger,
    cycle,
    async brokenCycle() {
      const [left, right] = link.ends;
      const broken = (end: LinkEnd): LinkEnd => ({ ...end, assertBudget: () => Promise.reject(new Error('no budget')) });
      await expect(cycle({ link: { ...link, ends: [broken(left), broken(right)] } })).rejects.toThrow('no budget');
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
