import type { FieldValues } from '../../src/model/value.ts';
import type {
  JobHandle,
  RecordClient,
  RequestPages,
  WriteOutcome,
  WriteRequest,
  WriterTraits,
} from '../../src/providers/provider.ts';
import { FakeEnd } from './fake-end.ts';
import { allAtOnce } from '../../src/providers/request-pages.ts';

interface Job {
  readonly requests: readonly WriteRequest[];
  /** By request, once the job has ended. */
  outcomes: Map<string, WriteOutcome> | undefined;
}

/** A vendor in memory that takes every batch as a job, and works it off when `work` is called. */
export class JobEnd extends FakeEnd {
  readonly jobs = new Map<string, Job>();
  blocks: NonNullable<WriterTraits['jobs']>['blocks'] = 'object';
  unanswered: NonNullable<WriterTraits['jobs']>['unanswered'];
  /** How many requests go together, whatever a batch holds; 0 where none do. */
  mostTogether = 0;
  takes: (request: WriteRequest) => boolean = () => true;
  /** Takes the batch and ends the process before the answer has arrived. */
  losesAnswers = false;
  /** Ends the process at a chosen moment of the handing over. */
  onHandedOver: () => void = () => undefined;

  /** Works off everything that was handed over. */
  work(): void {
    for (const job of this.jobs.values()) {
      if (job.outcomes !== undefined) continue;
      const outcomes = new Map<string, WriteOutcome>();
      for (const request of job.requests) outcomes.set(keyOf(request), this.carryOut(request));
      job.outcomes = outcomes;
    }
  }

  private carryOut(request: WriteRequest): WriteOutcome {
    const fate = this.fate(request);
    if (fate !== undefined && fate !== 'lost') return fate;
    this.writes += 1;
    const id = request.id ?? this.add(request.values);
    if (request.id !== undefined) this.edit(id, request.values);
    const values: FieldValues = Object.fromEntries(Object.keys(request.values).map((path) => [path, this.get(id)[path]!]));
    return { status: 'applied', id, created: request.action === 'create', record: { id, values } };
  }

  private async handOver(
    requests: readonly WriteRequest[],
    onJob: (handle: JobHandle) => Promise<void>,
  ): Promise<readonly WriteOutcome[]> {
    const refusal = this.refusal(requests);
    if (refusal !== undefined) throw refusal;
    const handle = `job-${this.jobs.size + 1}` as JobHandle;
    this.jobs.set(handle, { requests, outcomes: undefined });
    if (this.losesAnswers) throw new Error('killed');
    await onJob(handle);
    this.onHandedOver();
    return this.outcomesOf(handle, requests);
  }

  private outcomesOf(handle: JobHandle, requests: readonly WriteRequest[]): readonly WriteOutcome[] {
    const job = this.jobs.get(handle);
    return requests.map((request): WriteOutcome => {
      if (job === undefined) return { status: 'unknown', message: 'no such job' };
      if (job.outcomes === undefined) return { status: 'pending', message: 'queued' };
      return job.outcomes.get(keyOf(request)) ?? { status: 'unknown', message: 'the job does not tell' };
    });
  }

  private async *together(
    requests: RequestPages,
    onJob: (handle: JobHandle) => Promise<void>,
  ): AsyncGenerator<readonly WriteOutcome[], void> {
    const all: WriteRequest[] = [];
    for await (const page of requests()) all.push(...page);
    const outcomes = await this.handOver(all, onJob);
    for (let start = 0; start < outcomes.length; start += 2) yield outcomes.slice(start, start + 2);
  }

  override client(): RecordClient {
    const base = super.client();
    return {
      ...base,
      writer: {
        ...base.writer,
        jobs: { blocks: this.blocks, ...(this.unanswered === undefined ? {} : { unanswered: this.unanswered }) },
      },
      write: (requests, onJob) => this.handOver(requests, onJob),
      ...(this.mostTogether === 0
        ? {}
        : {
            bulk: {
              mostRequests: this.mostTogether,
              takes: async (requests) => requests.map((request) => this.takes(request)),
              write: (requests, onJob) => this.together(requests, onJob),
            },
          }),
      resume: (handle, requests) => allAtOnce(requests, async (all) => this.outcomesOf(handle, all)),
    };
  }
}

function keyOf(request: WriteRequest): string {
  return request.id ?? JSON.stringify(request.values);
}
