/**
 * Guards: thresholds that stop a cycle before its first write. Pure.
 *
 * A limit is a number of records, a share of the persons that are linked, or none at all. A share
 * measures a link that runs: what a reviewed plan brings, and what the first cycle of a link does, is
 * not measured by how many were linked before, and a handful always passes. Numbers always hold.
 */
import { createHash, type Hash } from 'node:crypto';
import type { EndName } from '../mapping/mapping.ts';
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { EndCeiling } from '../model/plan.ts';
import type { Assessment } from './assess.ts';
import type { ActiveLink } from './link.ts';

/** `12`: records; `5%`: of the persons linked; `none`. */
export type GuardLimit = number | string;

/** What one cycle may do at most. A guard that is absent sets no limit. */
export interface GuardLimits {
  readonly deletes?: GuardLimit;
  readonly clears?: GuardLimit;
  readonly creates?: GuardLimit;
  readonly updates?: GuardLimit;
  readonly optIns?: GuardLimit;
  readonly missing?: GuardLimit;
}

export type Guard = keyof GuardLimits;

/** The limits of a link that declares none. */
export const DEFAULT_GUARDS: Readonly<Required<GuardLimits>> = {
  deletes: '10%',
  clears: '10%',
  creates: '100%',
  updates: '50%',
  optIns: '1%',
  missing: '50%',
};

/** Below this, a share stops nothing: a few records are no avalanche. */
const ALWAYS_PASS: Readonly<Record<Guard, number>> = {
  deletes: 10,
  clears: 100,
  creates: 1000,
  updates: 1000,
  optIns: 10,
  missing: 10,
};

/** Guards whose share says nothing of what a plan brings or a first cycle does. */
const OF_A_RUNNING_LINK: ReadonlySet<Guard> = new Set<Guard>(['clears', 'creates', 'updates']);

/** What guards measure shares by. */
export interface GuardBase {
  readonly linked: number;
  /** Whether the link has run before and nothing that a plan brings is in it. */
  readonly running: boolean;
}

export interface GuardFinding {
  readonly guard: Guard;
  readonly found: number;
  readonly limit: number;
  /** Names exactly what was found, so that allowing it allows nothing else. */
  readonly digest: string;
  /** A few of the records concerned. */
  readonly sample: readonly string[];
}

/** What is counted for one guard, and which records it is. */
export interface GuardCount {
  readonly count: number;
  readonly digest: string;
  readonly sample: readonly string[];
}

export type GuardCounts = Readonly<Record<Guard, GuardCount>>;

/** Counts while the records go by; their order is part of the digest. */
export interface GuardTally {
  add(guard: Guard, record: string): void;
  counts(): GuardCounts;
}

const SAMPLE = 5;

/**
 * @param salt changes whenever a set was allowed, so that an allowance lets one set pass once
 */
export function createGuardTally(address: string, salt: number): GuardTally {
  const begin = (guard: Guard): { count: number; hash: Hash; sample: string[] } => ({
    count: 0,
    hash: createHash('sha256').update(JSON.stringify([address, salt, guard])),
    sample: [],
  });
  const tallies = byGuard(begin);
  return {
    add(guard, record) {
      const tally = tallies[guard];
      tally.count += 1;
      tally.hash.update(JSON.stringify(record));
      if (tally.sample.length < SAMPLE) tally.sample.push(record);
    },
    counts: () =>
      byGuard((guard) => {
        const { count, hash, sample } = tallies[guard];
        return { count, digest: hash.copy().digest('hex').slice(0, 12), sample: [...sample] };
      }),
  };
}

function byGuard<Value>(make: (guard: Guard) => Value): Record<Guard, Value> {
  return {
    deletes: make('deletes'),
    clears: make('clears'),
    creates: make('creates'),
    updates: make('updates'),
    optIns: make('optIns'),
    missing: make('missing'),
  };
}

/** Compares what was counted with the limits of its link. Unlinking deletes nothing and is not counted. */
export function judge(counts: GuardCounts, limits: GuardLimits, base: GuardBase): readonly GuardFinding[] {
  return (Object.keys(DEFAULT_GUARDS) as Guard[]).flatMap((guard) => {
    const limit = limitOf(guard, limits[guard], base);
    const { count, digest, sample } = counts[guard];
    return limit === undefined || count <= limit ? [] : [{ guard, found: count, limit, digest, sample }];
  });
}

/** How many records a limit comes to; `undefined` where nothing is too many. */
export function limitOf(guard: Guard, limit: GuardLimit | undefined, { linked, running }: GuardBase): number | undefined {
  if (typeof limit !== 'string') return limit;
  if (!limit.endsWith('%') || (OF_A_RUNNING_LINK.has(guard) && !running)) return undefined;
  return Math.max(ALWAYS_PASS[guard], Math.floor((linked * Number(limit.slice(0, -1))) / 100));
}

export interface Allowance {
  /** Digests by guard, as given by `--allow GUARD=DIGEST`. */
  readonly command: Readonly<Record<string, string>>;
  /** The same, as the link's own specification gives them. */
  readonly declared: Readonly<Record<string, string>>;
}

/**
 * @returns whether something passed only because it was allowed: then the allowance is used up
 * @throws SynclineError RECORD_GUARD, with the command that allows exactly this cycle
 */
export function enforceGuards(
  address: ActiveLink['address'],
  findings: readonly GuardFinding[],
  allowance: Allowance,
  command: string,
): boolean {
  const isAllowed = ({ guard, digest }: GuardFinding): boolean =>
    allowance.command[guard] === digest || allowance.declared[guard] === digest;
  const stopped = findings.filter((finding) => !isAllowed(finding));
  if (stopped.length === 0) return findings.length > 0;
  const what = stopped.map(({ guard, found, limit }) => `${guard}: ${found} found, ${limit} allowed`).join('; ');
  const examples = stopped.map(({ guard, sample }) => `  ${guard}: ${sample.join(', ')}`).join('\n');
  const flags = stopped.map(({ guard, digest }) => `--allow ${guard}=${digest}`).join(' ');
  const block = stopped.map(({ guard, digest }) => `${guard}: ${digest}`).join(', ');
  throw new SynclineError('RECORD_GUARD', `${address} was stopped before its first write (${what}).`, {
    address,
    hint: [
      'For example:',
      examples,
      'If this is meant, allow this one set of changes:',
      `  syncline ${command} ${flags}`,
      `or in the YAML of the link: guards: { allow: { ${block} } }`,
    ].join('\n'),
  });
}

/** What a ceiling still allows once some of it was written. */
export function remainingCeiling(
  ceiling: Readonly<Record<EndName, EndCeiling>>,
  written: Readonly<Record<EndName, EndCeiling>>,
): Readonly<Record<EndName, EndCeiling>> {
  const less = (most: number, done = 0): number => Math.max(0, most - done);
  return Object.fromEntries(
    Object.entries(ceiling).map(([end, most]) => {
      const done = written[end];
      if (done === undefined) return [end, most];
      const fields = Object.keys({ ...most.fields, ...done.fields }).map((path) => {
        const limit = most.fields[path] ?? UNPLANNED_FIELD;
        const { write, clear } = done.fields[path] ?? { write: 0, clear: 0 };
        return [path, { write: less(limit.write, write), clear: less(limit.clear, clear) }];
      });
      return [
        end,
        {
          create: less(most.create, done.create),
          update: less(most.update, done.update),
          delete: less(most.delete, done.delete),
          fields: Object.fromEntries(fields),
        },
      ];
    }),
  );
}

/** @throws SynclineError RECORD_CEILING where the world has moved beyond what the plan allowed */
export function enforceCeiling(
  address: Address,
  ends: Readonly<Record<EndName, EndCeiling>>,
  ceiling: Readonly<Record<EndName, EndCeiling>>,
): void {
  const beyond: string[] = [];
  for (const [end, found] of Object.entries(ends)) {
    const most = ceiling[end];
    if (most === undefined) continue;
    for (const action of ['create', 'update', 'delete'] as const) {
      if (found[action] > most[action]) beyond.push(`${end}: ${found[action]} to ${action}, at most ${most[action]} planned`);
    }
    for (const [path, counts] of Object.entries(found.fields)) {
      const limit = most.fields[path] ?? UNPLANNED_FIELD;
      if (counts.write > limit.write)
        beyond.push(`${end}: ${path} written ${counts.write} times, at most ${limit.write} planned`);
      if (counts.clear > limit.clear)
        beyond.push(`${end}: ${path} cleared ${counts.clear} times, at most ${limit.clear} planned`);
    }
  }
  if (beyond.length === 0) return;
  throw new SynclineError('RECORD_CEILING', `${address} would go beyond the plan: ${beyond.slice(0, 5).join('; ')}.`, {
    address,
    hint: 'Nothing was written to records. Review what is found now, and apply that:\n  syncline plan --out plan.json',
  });
}

/**
 * The ceiling that a plan grants: what was found, and a tenth more (ten at least) for what people do
 * between review and apply.
 */
export function ceilingOf(assessment: Assessment): Readonly<Record<string, EndCeiling>> {
  return Object.fromEntries(
    Object.entries(assessment.ends).map(([end, found]) => [
      end,
      {
        create: withMargin(found.create),
        update: withMargin(found.update),
        delete: found.delete,
        fields: Object.fromEntries(
          Object.entries(found.fields).map(([path, { write, clear }]) => [
            path,
            { write: withMargin(write), clear: withMargin(clear) },
          ]),
        ),
      },
    ]),
  );
}

function withMargin(count: number): number {
  return count + Math.max(10, Math.ceil(count / 10));
}

/** Of a field that a plan did not name, as many as the margin. */
const UNPLANNED_FIELD = { write: withMargin(0), clear: withMargin(0) };
