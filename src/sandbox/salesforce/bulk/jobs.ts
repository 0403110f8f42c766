/** All bulk jobs of an org. They move on with the sandbox's clock, whoever looks. */
import type { Organization } from '../data/organization.ts';
import { processIngest } from './ingest.ts';
import type { IngestJob, Job, QueryJob } from './job.ts';
import { processQuery } from './query-job.ts';

/** How long a job waits before it is taken up, and the least and the most that its work takes. */
const QUEUED_MS = 1_000;
const WORK_MS = 1_000;
const ROWS_PER_MS = 20;
const MOST_WORK_MS = 10_000;
/** Jobs and results vanish after their end. */
const KEPT_MS = 7 * 86_400_000;

export class Jobs {
  readonly #org: Organization;
  readonly #jobs = new Map<string, Job>();

  constructor(org: Organization) {
    this.#org = org;
  }

  add(job: Job): void {
    this.#jobs.set(job.id, job);
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  remove(id: string): void {
    this.#jobs.delete(id);
  }

  list(kind: Job['kind']): Job[] {
    return [...this.#jobs.values()].filter((job) => job.kind === kind);
  }

  /** Hands a job over for processing. */
  start(job: Job): void {
    job.state = 'UploadComplete';
    job.startedAt = this.#org.clock.now();
    job.changedAt = this.#org.stamp();
  }

  /** Brings all jobs to where they are by now. */
  moveOn(): void {
    const now = this.#org.clock.now();
    for (const job of this.#jobs.values()) {
      const ended = job.state === 'JobComplete' || job.state === 'Failed' || job.state === 'Aborted';
      if (ended && now - job.changedAt > KEPT_MS) this.#jobs.delete(job.id);
      if (ended || job.startedAt === null) continue;
      const age = now - job.startedAt;
      if (age >= QUEUED_MS && job.state === 'UploadComplete') {
        job.state = 'InProgress';
        job.changedAt = this.#org.stamp();
      }
      if (age >= QUEUED_MS + workMs(job)) this.#finish(job);
    }
  }

  #finish(job: IngestJob | QueryJob): void {
    if (job.kind === 'ingest') processIngest(this.#org, job);
    else processQuery(this.#org, job);
    job.changedAt = this.#org.stamp();
  }
}

function workMs(job: Job): number {
  const size = job.kind === 'ingest' ? (job.content?.length ?? 0) / 100 : 0;
  return Math.min(WORK_MS + size / ROWS_PER_MS, MOST_WORK_MS);
}
