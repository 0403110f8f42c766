/** Jobs that outlast a cycle, and the ends that must not be written while they run. */
import type { EndName } from '../mapping/mapping.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/** A job of another link that nobody has asked about for so long is not waited for any more. */
const FORGOTTEN_MS = 24 * 60 * 60_000;

/** Ends of a link to which nothing may be sent now, because a job still runs there. */
export class RunningJobs {
  readonly #link: ActiveLink;
  readonly #blocked = new Set<EndName>();

  private constructor(link: ActiveLink) {
    this.#link = link;
  }

  /** @param running ends at which jobs of this link were found running */
  static async find(link: ActiveLink, running: ReadonlySet<EndName>): Promise<RunningJobs> {
    const jobs = new RunningJobs(link);
    for (const end of link.ends) if (running.has(end.name)) jobs.began(end);
    const now = link.clock.now();
    for (const job of await link.ledger.jobsElsewhere()) {
      // A clock that was set back makes a job look young, and so only lets its end wait.
      if (now - Date.parse(job.at) > FORGOTTEN_MS) continue;
      for (const end of link.ends) {
        const jobsOf = end.client.writer.jobs;
        if (jobsOf === undefined || end.integration !== job.integration || end.waitsFor === 'link') continue;
        const { blocks, unanswered } = jobsOf;
        const mayRun =
          unanswered !== undefined && job.requests >= unanswered.from && now - Date.parse(job.at) <= unanswered.forMs;
        if (!job.isAnswered && !mayRun) continue;
        if (blocks === 'integration' || end.object === job.object) jobs.#blocked.add(end.name);
      }
    }
    return jobs;
  }

  /** Notes that a batch which was just sent to an end goes on as a job. */
  began(end: LinkEnd): void {
    this.#blocked.add(end.name);
    if (end.client.writer.jobs?.blocks !== 'integration') return;
    for (const other of this.#link.ends) if (other.integration === end.integration) this.#blocked.add(other.name);
  }

  blocks(end: EndName): boolean {
    return this.#blocked.has(end);
  }
}
