/**
 * The spool: decided writes that go to an end by a job of any size, gathered over the rounds of a cycle.
 *
 * Nothing of it outlives the process, and nothing has to: until it is sent, what was decided on stays staged, and from
 * then on its intents are in the ledger. A round goes to its other end as usual; the answers of that wait with the item,
 * which is settled once its job has answered as well.
 */
import { ProviderError } from '../model/errors.ts';
import type { EndName } from '../mapping/mapping.ts';
import type { JobHandle, WriteOutcome, WriteRequest } from '../providers/provider.ts';
import { allAtOnce, inParts } from '../providers/request-pages.ts';
import { otherEnd, type LinkEnd } from './link.ts';
import { Packed } from './packed.ts';
import type { Pushing } from './push.ts';
import { writesTo } from './round.ts';
import { batchName, noteIntents, requestOf, sendOptOutsAlone } from './send.ts';
import { settleRound, type Sent, type SentAlone } from './settle.ts';
import type { WriteWork } from './work.ts';

interface Entry {
  readonly item: WriteWork;
  /** What the other end answered, where the item was written there as well. */
  readonly other?: { readonly outcome: WriteOutcome | undefined; readonly intent: number; readonly alone: SentAlone | undefined };
}

export class Spool {
  readonly #pushing: Pushing;
  /** What of a round is not gathered yet: a job that is sent meanwhile may fail. */
  readonly #coming: { readonly end: LinkEnd; readonly entry: Entry }[] = [];
  readonly #gathered = new Map<LinkEnd, Packed<Entry>>();

  constructor(pushing: Pushing) {
    this.#pushing = pushing;
  }

  get isEmpty(): boolean {
    return this.#gathered.size === 0;
  }

  /** Which of these items go by a job, and at which end. */
  async takes(items: readonly WriteWork[]): Promise<ReadonlyMap<WriteWork, LinkEnd>> {
    const taken = new Map<WriteWork, LinkEnd>();
    for (const end of this.#pushing.link.ends) {
      const { bulk } = end.client;
      if (bulk === undefined) continue;
      const writing = items.filter((item) => !taken.has(item) && writesTo(item, end.name));
      const answers = await bulk.takes(writing.map((item) => requestOf(end, item)));
      for (const [index, item] of writing.entries()) if (answers[index] === true) taken.set(item, end);
    }
    return taken;
  }

  /**
   * Gathers what goes by a job of a round, and sends each job that is full.
   * @param sent what the other ends answered
   */
  async add(
    items: readonly WriteWork[],
    spooled: ReadonlyMap<WriteWork, LinkEnd>,
    sent: ReadonlyMap<EndName, Sent>,
  ): Promise<void> {
    for (const item of items) {
      const end = spooled.get(item);
      if (end !== undefined) this.#coming.push({ end, entry: this.#entryOf(end, item, sent) });
    }
    while (this.#coming.length > 0) {
      const { end, entry } = this.#coming.shift()!;
      const gathered = this.#gather(end, entry);
      if (gathered.size === end.client.bulk!.mostRequests) await this.#send(end, gathered);
    }
  }

  #gather(end: LinkEnd, entry: Entry): Packed<Entry> {
    const gathered = this.#gathered.get(end) ?? new Packed<Entry>();
    this.#gathered.set(end, gathered);
    gathered.add(entry);
    return gathered;
  }

  #entryOf(end: LinkEnd, item: WriteWork, sent: ReadonlyMap<EndName, Sent>): Entry {
    const other = sent.get(otherEnd(this.#pushing.link, end.name).name);
    const intent = other?.intents.get(item);
    if (intent === undefined) return { item };
    return { item, other: { outcome: other!.outcomes.get(item), intent, alone: other!.alone.get(item) } };
  }

  /** Sends everything that was gathered. */
  async send(): Promise<void> {
    for (const [end, gathered] of this.#gathered) await this.#send(end, gathered);
  }

  /** Sends nothing more, and settles what the other end answered. */
  async giveUp(): Promise<void> {
    for (const { end, entry } of this.#coming.splice(0)) this.#gather(end, entry);
    for (const [end, gathered] of this.#gathered) for (const page of gathered.pages()) await this.#leave(end, page);
    this.#gathered.clear();
  }

  async #send(end: LinkEnd, gathered: Packed<Entry>): Promise<void> {
    const { link, run, counts, jobs, look } = this.#pushing;
    if (jobs.blocks(end.name)) {
      this.#gathered.delete(end);
      for (const page of gathered.pages()) counts.waiting += await this.#leave(end, page);
      return;
    }
    const moved = await look.moved(end, () => itemsOf(gathered));
    await end.assertBudget();
    this.#gathered.delete(end);
    const going = (page: readonly Entry[]): readonly Entry[] => page.filter(({ item }) => !moved.has(item.person));
    const intents: number[] = [];
    let batch: string | undefined;
    for (const page of gathered.pages()) {
      counts.moved += await this.#leave(
        end,
        page.filter(({ item }) => moved.has(item.person)),
      );
      const items = going(page).map(({ item }) => item);
      if (items.length === 0) continue;
      batch ??= batchName(run, end, items[0]!, ' spooled');
      intents.push(...(await noteIntents(link, run, end, batch, items)));
    }
    if (intents.length > 0) await this.#write(end, () => pagesOf(gathered, going), intents);
  }

  async #write(end: LinkEnd, pages: () => Iterable<readonly Entry[]>, intents: readonly number[]): Promise<void> {
    const { link, jobs } = this.#pushing;
    async function* requests(): AsyncGenerator<readonly WriteRequest[], void> {
      for (const page of pages()) yield page.map(({ item }) => requestOf(end, item));
    }
    let isJob = false;
    const noteJob = (handle: JobHandle): Promise<void> => {
      isJob = true;
      return link.ledger.intentJob(intents, handle);
    };
    const { client } = end;
    // So few go to no job in any batch, and nobody waits for one of them that gave no answer.
    const areFew = intents.length < (client.writer.jobs?.unanswered?.from ?? 0);
    const take = inParts(
      areFew
        ? allAtOnce(requests, (all) => client.write(all, noteJob, link.signal))
        : client.bulk!.write(requests, noteJob, link.signal),
    );
    let failure: { readonly error: unknown } | undefined;
    let from = 0;
    for (const page of pages()) {
      let outcomes: readonly WriteOutcome[] = [];
      try {
        if (failure === undefined) outcomes = await take(page.length);
      } catch (error) {
        failure = { error };
        // What was refused as a whole before any effect leaves nothing open. A job may go on without us.
        if (error instanceof ProviderError && !error.outcomeUnknown && !isJob) await link.ledger.closeIntents(intents);
      }
      if (outcomes.some(({ status }) => status === 'pending')) jobs.began(end);
      await this.#settle(end, page, outcomes, intents.slice(from, from + page.length));
      from += page.length;
    }
    if (failure !== undefined) throw failure.error;
  }

  /** @param answers those of a page, or none where its job did not answer */
  async #settle(
    end: LinkEnd,
    page: readonly Entry[],
    answers: readonly WriteOutcome[],
    intents: readonly number[],
  ): Promise<void> {
    const { link, run, attempts, counts } = this.#pushing;
    const items = page.map(({ item }) => item);
    const outcomes = new Map(answers.map((answer, index) => [items[index]!, answer]));
    const { alone, failure } = await sendOptOutsAlone(link, run, end, items, outcomes);
    const here: Sent = { outcomes, intents: new Map(items.map((item, index) => [item, intents[index]!])), alone, failure };
    const sent = new Map([[end.name, here], this.#othersOf(end, page)]);
    await settleRound(link, run, items, sent, attempts, counts);
    if (failure !== undefined) throw failure;
  }

  /** Settles what the other end answered of items that are not sent; returns how many nothing was sent of at all. */
  async #leave(end: LinkEnd, page: readonly Entry[]): Promise<number> {
    const { link, run, attempts, counts } = this.#pushing;
    const begun = page.filter(({ other }) => other !== undefined);
    if (begun.length > 0)
      await settleRound(
        link,
        run,
        begun.map(({ item }) => item),
        new Map([this.#othersOf(end, begun)]),
        attempts,
        counts,
      );
    return page.length - begun.length;
  }

  #othersOf(end: LinkEnd, page: readonly Entry[]): [EndName, Sent] {
    const begun = page.flatMap(({ item, other }) => (other === undefined ? [] : [[item, other] as const]));
    return [
      otherEnd(this.#pushing.link, end.name).name,
      {
        outcomes: new Map(begun.flatMap(([item, { outcome }]) => (outcome === undefined ? [] : [[item, outcome]]))),
        intents: new Map(begun.map(([item, { intent }]) => [item, intent])),
        alone: new Map(begun.flatMap(([item, { alone }]) => (alone === undefined ? [] : [[item, alone]]))),
        failure: undefined,
      },
    ];
  }
}

function* pagesOf(
  gathered: Packed<Entry>,
  going: (page: readonly Entry[]) => readonly Entry[],
): Generator<readonly Entry[], void> {
  for (const page of gathered.pages()) {
    const left = going(page);
    if (left.length > 0) yield left;
  }
}

function* itemsOf(gathered: Packed<Entry>): Generator<readonly WriteWork[], void> {
  for (const page of gathered.pages()) yield page.map(({ item }) => item);
}
