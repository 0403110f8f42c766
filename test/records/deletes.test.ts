import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { MappingSpecification } from '../../src/mapping/specification.ts';
import { preview } from '../../src/records/cycle.ts';
import type { PartnerRule } from '../../src/records/link.ts';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

const SPECIFICATION: MappingSpecification = {
  between: { a: 'x/thing', b: 'y/thing' },
  match: [{ a: 'Email', b: 'email', normalize: 'email' }],
  fields: [
    { a: 'Email', b: 'email', flow: 'both' },
    { a: 'First', b: 'first', flow: 'both' },
  ],
};
const RULES: readonly PartnerRule[] = ['unlink', 'archive', 'delete', 'delete-any', 'ignore'];

function ends() {
  return {
    a: new FakeEnd([field('Email', { type: 'email' }), field('First')]),
    b: new FakeEnd([field('email', { type: 'email' }), field('first'), field('active', { type: 'boolean' })]),
  };
}

let under: LinkUnderTest | undefined;
afterEach(async () => under?.dispose());

/** Ann: made at b by Syncline. Bob: known to both before. */
async function linked(overrides: Parameters<typeof linkUnderTest>[2]) {
  const { a, b } = ends();
  const ann = a.add({ Email: 'ann@x.org', First: 'Ann' });
  const bob = a.add({ Email: 'bob@x.org', First: 'Bob' });
  const bobAtB = b.add({ email: 'bob@x.org', first: 'Bob', active: true });
  under = linkUnderTest(SPECIFICATION, { a, b }, { archive: { b: { active: false } }, ...overrides });
  await under.cycle();
  return { a, b, ann, bob, bobAtB, annAtB: 'r2', link: under };
}

describe('E6 what a deletion does to the other record', () => {
  test('delete takes along what Syncline created, and unlinks what it did not', async () => {
    const { a, b, ann, bob, annAtB, bobAtB, link } = await linked({ onDelete: { a: 'delete' } });
    a.remove(ann);
    a.remove(bob);

    const cycle = await link.cycle();
    const writes = b.writes;
    const next = await link.cycle();

    expect(b.records.get(annAtB)!.deleted).toBe(true);
    expect(b.records.get(bobAtB)!.deleted).toBe(false);
    expect(cycle).toMatchObject({ ends: { b: { deleted: 1 } }, unlinked: 1, converged: true });
    expect(next).toMatchObject({ unlinked: 0, converged: true });
    expect([b.writes, a.live().length]).toEqual([writes, 0]);
  });

  test('delete-any takes along whatever was linked', async () => {
    const { a, b, bob, bobAtB, link } = await linked({ onDelete: { a: 'delete-any' } });
    a.remove(bob);

    await link.cycle();

    expect(b.records.get(bobAtB)!.deleted).toBe(true);
  });

  test('archive writes the declared values and nothing else, and ends the connection', async () => {
    const { a, b, bob, bobAtB, link } = await linked({ onDelete: { a: 'archive' } });
    a.remove(bob);

    const cycle = await link.cycle();
    b.edit(bobAtB, { first: 'Robert' });
    await link.cycle();

    expect(b.get(bobAtB)).toEqual({ email: 'bob@x.org', first: 'Robert', active: false });
    expect(cycle).toMatchObject({ ends: { b: { updated: 1, deleted: 0 } }, unlinked: 1 });
    expect(a.live()).toHaveLength(1);
  });

  test('archive without an answer is looked up, told in the history, and not repeated', async () => {
    const { a, b, bob, bobAtB, link } = await linked({ onDelete: { a: 'archive' } });
    const { person } = (await link.link.ledger.agreedByRemoteId('b', [bobAtB])).get(bobAtB)!;
    a.remove(bob);
    b.fate = () => 'lost';
    expect(await link.cycle()).toMatchObject({ unknown: 1, unlinked: 0 });
    b.fate = () => undefined;
    const { writes } = b;

    expect(await link.cycle()).toMatchObject({ unknown: 0, unlinked: 1, converged: true });

    expect(b.writes).toBe(writes);
    const written = (await link.link.ledger.history(person)).filter(({ action, end }) => action === 'update' && end === 'b');
    expect(written).toMatchObject([{ before: { active: true }, after: { active: false }, reason: 'archived: deleted at a' }]);
  });

  test('an edit beats a deletion: the record stays with its edit, unlinked and told of', async () => {
    const { a, b, ann, annAtB, link } = await linked({ onDelete: { a: 'delete' } });
    a.remove(ann);
    b.edit(annAtB, { first: 'Anna' });

    const { assessment } = await preview(link.link, 'scope', 10);
    await link.cycle();
    await link.cycle();

    expect(assessment.skipped).toMatchObject([{ end: 'b', reason: 'edited', count: 1 }]);
    expect(b.get(annAtB)).toMatchObject({ first: 'Anna' });
    expect(b.records.get(annAtB)!.deleted).toBe(false);
    expect(a.live()).toHaveLength(1);
  });

  test('a record that stays is known by the address that it has by then, and gives its old one free', async () => {
    const { a, b, bob, bobAtB, link } = await linked({ onDelete: { b: 'unlink' } });
    a.edit(bob, { Email: 'robert@x.org' });
    b.remove(bobAtB);
    await link.cycle();
    const another = a.add({ Email: 'bob@x.org', First: 'Another Bob' });
    const itsPartner = b.add({ email: 'bob@x.org', first: 'B.' });

    expect(await link.cycle()).toMatchObject({ converged: true });

    expect(await link.link.ledger.waiting()).toEqual([]);
    expect([a.get(another)['First'], b.get(itsPartner)['first']]).toEqual(['Another Bob', 'Another Bob']);
  });

  test('an edit that no stream has shown yet is seen before the record is deleted', async () => {
    const { a, b, ann, annAtB, link } = await linked({ onDelete: { a: 'delete' } });
    a.remove(ann);
    const record = b.records.get(annAtB)!;
    b.records.set(annAtB, { ...record, values: { ...record.values, first: 'Anna' } });

    await link.cycle();

    expect(b.records.get(annAtB)!.deleted).toBe(false);
  });

  test('a deletion beats an edit where the link says so', async () => {
    const { a, b, ann, annAtB, link } = await linked({ onDelete: { a: 'delete' }, deleteBeatsEdit: true });
    a.remove(ann);
    b.edit(annAtB, { first: 'Anna' });

    await link.cycle();

    expect(b.records.get(annAtB)!.deleted).toBe(true);
  });

  test('the plan shows deletions, and the guard stops before the first of them', async () => {
    const { a, b, ann, link } = await linked({ onDelete: { a: 'delete' }, guards: { deletes: 0 } });
    a.remove(ann);
    const writes = b.writes;

    const { assessment } = await preview(link.link, 'scope', 10);
    const refusal = (await link.cycle().catch((error: unknown) => error)) as { code: string; hint: string };

    expect(assessment.ends['b']).toMatchObject({ create: 0, update: 0, delete: 1 });
    expect(assessment.records).toMatchObject([{ key: 'ann@x.org', end: 'b', action: 'delete', reason: 'deleted at a' }]);
    expect(refusal.code).toBe('RECORD_GUARD');
    expect(refusal.hint).toMatch(/--allow deletes=[0-9a-f]{12}/);
    expect(b.writes).toBe(writes);
  });

  test('a deletion without an answer is looked up, and counts as done where the record is gone', async () => {
    const { a, b, ann, annAtB, link } = await linked({ onDelete: { a: 'delete' } });
    a.remove(ann);
    b.fate = () => 'lost';
    const first = await link.cycle();
    b.fate = () => undefined;
    const writes = b.writes;

    const second = await link.cycle();

    expect(first).toMatchObject({ unknown: 1, converged: false });
    expect(second).toMatchObject({ unlinked: 1, converged: true });
    expect(b.writes).toBe(writes);
    expect(b.records.get(annAtB)!.deleted).toBe(true);
    expect(await link.link.ledger.pendingIntents()).toEqual([]);
  });

  test('a refused deletion waits in quarantine and is tried again', async () => {
    const { a, b, ann, annAtB, link } = await linked({ onDelete: { a: 'delete' } });
    a.remove(ann);
    b.fate = () => ({ status: 'failed', code: 'DELETE_FAILED', message: 'has open cases', retryable: false });
    const first = await link.cycle();
    b.fate = () => undefined;
    link.advance(20 * 60_000);

    const second = await link.cycle();

    expect(first).toMatchObject({ quarantined: 1, ends: { b: { deleted: 0 } } });
    expect(second).toMatchObject({ quarantined: 0, ends: { b: { deleted: 1 } } });
    expect(b.records.get(annAtB)!.deleted).toBe(true);
    expect(await link.link.ledger.quarantined()).toEqual([]);
  });

  test('whatever the rules: no edit is lost, nobody is brought back, and a further cycle writes nothing', async () => {
    const person = fc.record({
      madeBySyncline: fc.boolean(),
      deletedAt: fc.constantFrom('a', 'b', 'both', 'nowhere'),
      editedAt: fc.constantFrom('a', 'b', 'nowhere'),
    });
    const histories = fc.record({
      rules: fc.record({ a: fc.constantFrom(...RULES), b: fc.constantFrom(...RULES) }),
      people: fc.array(person, { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(histories, async ({ rules, people }) => {
        const { a, b } = ends();
        const link = linkUnderTest(
          SPECIFICATION,
          { a, b },
          { onDelete: rules, archive: { a: { Archived: true }, b: { active: false } } },
        );
        try {
          const atA = people.map((_, index) => a.add({ Email: `p${index}@x.org`, First: 'Old' }));
          for (const [index, { madeBySyncline }] of people.entries())
            if (!madeBySyncline) b.add({ email: `p${index}@x.org`, first: 'Old' });
          await link.cycle();
          const atB = people.map((_, index) => [...b.records].find(([, row]) => row.values['email'] === `p${index}@x.org`)![0]);
          for (const [index, { deletedAt, editedAt }] of people.entries()) {
            if (editedAt === 'a') a.edit(atA[index]!, { First: 'New' });
            if (editedAt === 'b') b.edit(atB[index]!, { first: 'New' });
            if (deletedAt === 'a' || deletedAt === 'both') a.remove(atA[index]!);
            if (deletedAt === 'b' || deletedAt === 'both') b.remove(atB[index]!);
          }
          for (let cycle = 0; cycle < 3; cycle += 1) await link.cycle();
          const writes = a.writes + b.writes;
          await link.cycle();

          expect(a.writes + b.writes).toBe(writes);
          expect([a.records.size, b.records.size]).toEqual([people.length, people.length]);
          for (const [index, { madeBySyncline, deletedAt, editedAt }] of people.entries()) {
            const [left, right] = [a.records.get(atA[index]!)!, b.records.get(atB[index]!)!];
            if (deletedAt === 'nowhere') expect([left.deleted, right.deleted]).toEqual([false, false]);
            if (deletedAt === 'a') {
              const follows = rules.a === 'delete-any' || (rules.a === 'delete' && madeBySyncline);
              expect(right.deleted).toBe(follows && editedAt !== 'b');
              if (editedAt === 'b') expect(right.values['first']).toBe('New');
              if (rules.a === 'archive') expect(right.values['active']).toBe(false);
            }
            // Syncline created nothing at a.
            if (deletedAt === 'b') {
              expect(left.deleted).toBe(rules.b === 'delete-any' && editedAt !== 'a');
              if (editedAt === 'a') expect(left.values['First']).toBe('New');
            }
          }
        } finally {
          await link.dispose();
        }
      }),
      { numRuns: 25 },
    );
  });
});
