import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeEnd, field } from './fake-end.ts';
import { linkUnderTest, type LinkUnderTest } from './link-under-test.ts';

let a: FakeEnd;
let b: FakeEnd;
let under: LinkUnderTest;

function start(flow: 'both' | 'to-b'): void {
  a = new FakeEnd([field('Email'), field('Name'), field('City')]);
  b = new FakeEnd([field('email'), field('name'), field('city')]);
  const mapping = {
    between: { a: 'x/thing', b: 'y/thing' },
    match: [{ a: 'Email', b: 'email', normalize: 'email' as const }],
    fields: [
      { a: 'Email', b: 'email', flow: 'both' as const },
      { a: 'Name', b: 'name', flow },
      { a: 'City', b: 'city', flow: 'both' as const },
    ],
    consent: [],
  };
  under = linkUnderTest(mapping as never, { a, b });
}

afterEach(() => under.dispose());

/** Cycles during which something at b sets the name again; tells in which of them it was asked about, and its writes. */
async function fight(cycles: number): Promise<{ readonly asked: readonly number[]; readonly writes: number }> {
  const asked: number[] = [];
  const before = b.writes;
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    if (b.get('r1')['name'] !== 'formula') b.edit('r1', { name: 'formula' });
    const result = await under.cycle();
    if (result.conflicts > 0) asked.push(cycle);
  }
  return { asked, writes: b.writes - before };
}

async function parked(): Promise<readonly string[]> {
  return (await under.link.ledger.parked()).map(({ name }) => name);
}

describe('E16 a formula that fights a field which flows to its end', () => {
  beforeEach(async () => {
    start('to-b');
    a.add({ Email: 'p@example.com', Name: 'ours', City: 'Rome' });
    await under.cycle();
    expect(b.live()).toHaveLength(1);
  });

  it('is frozen after three writes, told once, and leaves everything else alone', async () => {
    const fought = await fight(12);

    expect(fought).toEqual({ asked: [4], writes: 3 });
    expect(await parked()).toHaveLength(1);
    const writes = b.writes;
    expect((await under.cycle()).converged).toBe(true);
    expect(b.writes).toBe(writes);

    a.edit('r1', { City: 'Oslo' });
    await under.cycle();
    expect(b.get('r1')).toMatchObject({ city: 'Oslo', name: 'formula' });
  });

  it('stays frozen for longer than a day, and goes on when somebody writes something new', async () => {
    await fight(6);
    under.advance(3 * 86_400_000);
    b.edit('r1', { city: 'Bern' });
    expect((await under.cycle()).conflicts).toBe(0);
    expect(b.get('r1')['name']).toBe('formula');

    a.edit('r1', { Name: 'new name' });
    await under.cycle();
    expect(b.get('r1')['name']).toBe('new name');
    expect(await parked()).toEqual([]);
  });

  it('is thawed by an edit that brings agreement', async () => {
    await fight(6);
    a.edit('r1', { Name: 'formula' });

    await under.cycle();

    expect(await parked()).toEqual([]);
    expect((await under.cycle()).converged).toBe(true);
  });

  it('is thawed by a decision, and frozen again only after another three', async () => {
    await fight(6);
    const [conflict] = await under.link.ledger.parked();
    await under.link.ledger.resolve([
      { ...conflict!, resolution: { take: 'a', at: '2026-01-01T00:00:00.000Z', by: 'ada@laptop' } },
    ]);

    await under.cycle();

    expect(b.get('r1')['name']).toBe('ours');
    expect(await parked()).toEqual([]);
    expect((await fight(2)).asked).toEqual([]);
  });
});

describe('E16 two systems that fight over a field which flows both ways', () => {
  beforeEach(async () => {
    start('both');
    a.add({ Email: 'p@example.com', Name: 'one', City: 'Rome' });
    await under.cycle();
  });

  it('are stopped, and both ends are left as they are', async () => {
    const asked: number[] = [];
    for (let cycle = 1; cycle <= 16; cycle += 1) {
      // Each end sets its own value again, a cycle after it was written over.
      if (cycle % 2 === 1 && b.get('r1')['name'] !== 'two') b.edit('r1', { name: 'two' });
      if (cycle % 2 === 0 && a.get('r1')['Name'] !== 'one') a.edit('r1', { Name: 'one' });
      if ((await under.cycle()).conflicts > 0) asked.push(cycle);
    }

    expect(asked).toHaveLength(1);
    const writes = a.writes + b.writes;
    for (let cycle = 0; cycle < 3; cycle += 1) await under.cycle();
    expect(a.writes + b.writes).toBe(writes);
    expect(await parked()).toHaveLength(1);
  });

  it('are told apart from people who change their mind', async () => {
    for (let edit = 1; edit <= 8; edit += 1) {
      a.edit('r1', { Name: `edit ${edit}` });
      expect((await under.cycle()).conflicts).toBe(0);
      expect(b.get('r1')['name']).toBe(`edit ${edit}`);
    }
  });
});
