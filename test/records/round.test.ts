import { EVERYONE } from '../../src/mapping/scope.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LinkEnd } from '../../src/records/link.ts';
import { Round, writesTo } from '../../src/records/round.ts';
import type { WriteWork } from '../../src/records/work.ts';
import { FakeEnd } from './fake-end.ts';

function end(name: string, maxBatchRecords: number, callRecords?: number): LinkEnd {
  const client = new FakeEnd([]).client();
  const writer = { ...client.writer, maxBatchRecords, ...(callRecords === undefined ? {} : { callRecords }) };
  return {
    name,
    integration: name,
    object: 'thing',
    scope: EVERYONE,
    onLeave: 'unlink',
    client: { ...client, writer },
    externalId: undefined,
    onDelete: 'unlink',
    archive: {},
    assertBudget: async () => undefined,
  };
}

interface Kind {
  readonly a: 'create' | 'update' | undefined;
  readonly b: 'create' | 'update' | undefined;
}

function work(kind: Kind): WriteWork {
  const writes = { a: kind.a === undefined ? {} : { x: '1' }, b: kind.b === undefined ? {} : { y: '1' } };
  const createAt = kind.a === 'create' ? 'a' : kind.b === 'create' ? 'b' : undefined;
  return { kind: 'write', decision: { writes }, createAt } as unknown as WriteWork;
}

/** Sends work through rounds as a push does. */
function roundsOf(ends: readonly [LinkEnd, LinkEnd], items: readonly WriteWork[]): (readonly WriteWork[])[] {
  const round = new Round({ ends });
  const rounds: (readonly WriteWork[])[] = [];
  for (const item of items) {
    if (!round.fits(item)) rounds.push(round.take(true));
    round.add(item);
  }
  rounds.push(round.take(false));
  return rounds;
}

function callsOf(rounds: readonly (readonly WriteWork[])[], name: string, callRecords: number): number {
  return rounds.reduce((calls, items) => {
    const creates = items.filter((item) => item.createAt === name).length;
    const updates = items.filter((item) => item.createAt !== name && writesTo(item, name)).length;
    return calls + Math.ceil(creates / callRecords) + Math.ceil(updates / callRecords);
  }, 0);
}

describe('rounds of a push', () => {
  test('a full round waits with what would fill a part of a call only', () => {
    const ends = [end('a', 10, 4), end('b', 100)] as const;
    const items = Array.from({ length: 21 }, () => work({ a: 'update', b: undefined }));

    const rounds = roundsOf(ends, items);

    expect(rounds.map((round) => round.length)).toEqual([8, 8, 5]);
    expect(callsOf(rounds, 'a', 4)).toBe(Math.ceil(21 / 4));
  });

  test('creates and updates are evened out apart, and an end without calls of a size is left alone', () => {
    const ends = [end('a', 10, 4), end('b', 100)] as const;
    const items = Array.from({ length: 40 }, (_, index) => work({ a: index % 2 === 0 ? 'create' : 'update', b: 'update' }));
    expect(callsOf(roundsOf(ends, items), 'a', 4)).toBe(10);
  });

  test('a round of less than one call goes out rather than never', () => {
    const ends = [end('a', 3, 4), end('b', 3, 4)] as const;
    const items = Array.from({ length: 7 }, () => work({ a: 'update', b: 'update' }));
    expect(roundsOf(ends, items).map((round) => round.length)).toEqual([3, 3, 1]);
  });

  test('everything is sent once, in batches that every end takes, and no call more than without waiting', () => {
    const kind = fc.constantFrom<Kind>(
      { a: 'update', b: undefined },
      { a: undefined, b: 'update' },
      { a: 'create', b: 'update' },
      { a: 'update', b: 'create' },
      { a: 'update', b: 'update' },
    );
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 300 }), (kinds) => {
        const items = kinds.map(work);
        const rounds = roundsOf([end('a', 20, 5), end('b', 60, 6)], items);

        expect(new Set(rounds.flat())).toEqual(new Set(items));
        expect(rounds.flat()).toHaveLength(items.length);
        for (const round of rounds) {
          expect(round.filter((item) => writesTo(item, 'a')).length).toBeLessThanOrEqual(20);
          expect(round.filter((item) => writesTo(item, 'b')).length).toBeLessThanOrEqual(60);
        }
      }),
    );
  });
});
