/** Guards: thresholds that stop a cycle before its first write. Pure. */
import { createHash } from 'node:crypto';
import { SynclineError } from '../model/errors.ts';
import type { EndCeiling } from '../model/plan.ts';
import type { Assessment } from './assess.ts';
import type { ActiveLink, GuardLimits } from './link.ts';

export interface GuardFinding {
  readonly guard: keyof GuardLimits;
  readonly found: number;
  readonly limit: number;
}

/** Compares an assessment with the limits of its link. Unlinking deletes nothing and is not counted. */
export function judge(assessment: Assessment, limits: GuardLimits): readonly GuardFinding[] {
  const ends = Object.values(assessment.ends);
  const found: Record<keyof GuardLimits, number> = {
    creates: sum(ends.map((end) => end.create)),
    updates: sum(ends.map((end) => end.update)),
    deletes: sum(ends.map((end) => end.delete)),
    optIns: assessment.optIns,
  };
  return (Object.keys(found) as (keyof GuardLimits)[])
    .filter((guard) => limits[guard] !== undefined && found[guard] > limits[guard])
    .map((guard) => ({ guard, found: found[guard], limit: limits[guard]! }));
}

/** Names exactly this set of changes, so that allowing it allows nothing else. */
export function assessmentDigest(link: Pick<ActiveLink, 'address' | 'generation'>, assessment: Assessment): string {
  const text = JSON.stringify([link.address, link.generation, assessment.ends, assessment.optIns]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/**
 * @param allowed digests by guard, as given by `--allow GUARD=DIGEST`
 * @throws SynclineError RECORD_GUARD, with the command that allows exactly this cycle
 */
export function enforceGuards(
  link: ActiveLink,
  assessment: Assessment,
  allowed: Readonly<Record<string, string>>,
  command: 'apply' | 'sync',
): void {
  const digest = assessmentDigest(link, assessment);
  const stopped = judge(assessment, link.guards).filter(({ guard }) => allowed[guard] !== digest);
  if (stopped.length === 0) return;
  const what = stopped.map(({ guard, found, limit }) => `${guard}: ${found} found, ${limit} allowed`).join('; ');
  throw new SynclineError('RECORD_GUARD', `${link.address} was stopped before its first write (${what}).`, {
    address: link.address,
    hint: `If this is meant, allow this one set of changes:\n  syncline ${command} ${stopped.map(({ guard }) => `--allow ${guard}=${digest}`).join(' ')}`,
  });
}

/** @throws SynclineError RECORD_CEILING where the world has moved beyond what the plan allowed */
export function enforceCeiling(link: ActiveLink, assessment: Assessment, ceiling: Readonly<Record<string, EndCeiling>>): void {
  const beyond: string[] = [];
  for (const [end, found] of Object.entries(assessment.ends)) {
    const most = ceiling[end];
    if (most === undefined) continue;
    for (const action of ['create', 'update', 'delete'] as const) {
      if (found[action] > most[action]) beyond.push(`${end}: ${found[action]} to ${action}, at most ${most[action]} planned`);
    }
    for (const [path, counts] of Object.entries(found.fields)) {
      const limit = most.fields[path] ?? { write: withMargin(0), clear: withMargin(0) };
      if (counts.write > limit.write)
        beyond.push(`${end}: ${path} written ${counts.write} times, at most ${limit.write} planned`);
      if (counts.clear > limit.clear)
        beyond.push(`${end}: ${path} cleared ${counts.clear} times, at most ${limit.clear} planned`);
    }
  }
  if (beyond.length === 0) return;
  throw new SynclineError('RECORD_CEILING', `${link.address} would go beyond the plan: ${beyond.slice(0, 5).join('; ')}.`, {
    address: link.address,
    hint: 'Nothing was written to records. Review what is found now:\n  syncline plan',
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
