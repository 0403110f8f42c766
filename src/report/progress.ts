/** Where a run stands, on one line of a terminal. */
import type { Address } from '../model/address.ts';
import type { CycleProgress } from '../records/link.ts';
import { safe } from './safe.ts';

/** A stage of one link at one end, and when it was first heard of. */
export interface Progress {
  readonly link: Address;
  readonly latest: CycleProgress;
  /** What was done already when the stage was first heard of. */
  readonly doneAtStart: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

/** Takes in what a link reports; a new stage or end starts its rate anew. */
export function advanceProgress(previous: Progress | undefined, link: Address, latest: CycleProgress, nowMs: number): Progress {
  const goesOn =
    previous?.link === link &&
    previous.latest.stage === latest.stage &&
    previous.latest.end === latest.end &&
    previous.latest.done <= latest.done;
  return goesOn ? { ...previous, latest, nowMs } : { link, latest, doneAtStart: latest.done, startedAtMs: nowMs, nowMs };
}

const STAGES: Readonly<Record<CycleProgress['stage'], string>> = {
  recover: 'settling what was interrupted',
  detect: 'reading',
  match: 'matching',
  reconcile: 'reconciling',
  push: 'writing',
  settle: 'settling',
  sweep: 'comparing complete listings',
};

/** `Link/contacts: reading sf, 12000 of 50000 (24 %), 1200/s`, cut at the width of the terminal. */
export function progressText(progress: Progress, width: number = 80): string {
  const { latest } = progress;
  const seconds = (progress.nowMs - progress.startedAtMs) / 1000;
  const rate = seconds < 1 ? '' : `, ${Math.round((latest.done - progress.doneAtStart) / seconds)}/s`;
  return safe(`${progressWords(progress.link, latest)}${rate}`, width);
}

/** The same without a rate, for logs. */
export function progressWords(link: Address, { stage, end, done, total }: CycleProgress): string {
  const share =
    total === undefined ? String(done) : `${done} of ${total}${total === 0 ? '' : ` (${Math.floor((done / total) * 100)} %)`}`;
  return safe(`${link}: ${STAGES[stage]}${end === undefined ? '' : ` ${end}`}, ${share}`);
}
