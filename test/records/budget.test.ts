import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { QUICK_FOLDER } from '../quick-folder.ts';
import { ProviderError } from '../../src/model/errors.ts';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { createKeyRing, generateKey } from '../../src/storage/keys.ts';
import { openLocalLedger } from '../../src/storage/local/ledger.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'Email', normalize: 'email' }],
  fields: [{ a: 'Email', b: 'Email', flow: 'both' }],
};

describe('E6 the budget of calls', () => {
  let under: LinkUnderTest | undefined;
  afterEach(async () => under?.dispose());

  test('an integration that has used its share stops a cycle before it writes, and the next one goes on', async () => {
    const a = new FakeEnd([field('Email', { type: 'email' })]);
    const b = new FakeEnd([field('Email', { type: 'email' })]);
    a.add({ Email: 'ann@x.org' });
    let spent = true;
    under = linkUnderTest(SPECIFICATION, { a, b });
    const ends = under.link.ends.map((end) => ({
      ...end,
      assertBudget: async () => {
        if (spent) throw new ProviderError('PROVIDER_DAILY_LIMIT', 'spent', { integration: end.integration });
      },
    }));
    const limited = linkUnderTest(
      SPECIFICATION,
      { a, b },
      { ends: [ends[0]!, ends[1]!], ledger: under.link.ledger, keys: under.link.keys, fingerprints: under.link.fingerprints },
    );
    await expect(limited.cycle()).rejects.toMatchObject({ code: 'PROVIDER_DAILY_LIMIT' });
    expect(b.writes).toBe(0);
    spent = false;
    await limited.cycle();
    expect(b.live()).toHaveLength(1);
    await limited.dispose();
  });

  test('calls add up over the runs of a day', async () => {
    const folder = mkdtempSync(join(QUICK_FOLDER, 'syncline-budget-'));
    const ledger = openLocalLedger({ path: join(folder, 'ledger.sqlite'), keys: createKeyRing([generateKey()]), mode: 'write' });
    await ledger.addCalls('x', '2026-01-01', 3);
    await ledger.addCalls('x', '2026-01-01', 4);
    await ledger.addCalls('x', '2026-01-02', 1);
    expect(await ledger.callsOfDay('x', '2026-01-01')).toBe(7);
    expect(await ledger.callsOfDay('y', '2026-01-01')).toBe(0);
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
