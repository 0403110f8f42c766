/** Collects work until one end's batch is full, and hands it out in sizes that waste no call. */
import type { EndName } from '../mapping/mapping.ts';
import type { ActiveLink, LinkEnd } from './link.ts';
import type { WriteWork } from './work.ts';

/** What is decided and not yet sent is held in memory, some five kilobytes a person. */
const MOST_ITEMS = 4_500;

export class Round {
  readonly #ends: readonly LinkEnd[];
  #items: WriteWork[] = [];
  #counts = new Map<EndName, number>();

  constructor(link: Pick<ActiveLink, 'ends'>) {
    this.#ends = link.ends;
  }

  fits(item: WriteWork): boolean {
    if (this.#items.length >= MOST_ITEMS) return false;
    return this.#ends.every(
      (end) => !writesTo(item, end.name) || (this.#counts.get(end.name) ?? 0) < end.client.writer.maxBatchRecords,
    );
  }

  add(item: WriteWork): void {
    this.#items.push(item);
    for (const end of this.#ends) if (writesTo(item, end.name)) this.#counts.set(end.name, (this.#counts.get(end.name) ?? 0) + 1);
  }

  /** Everything, or, while more is to come, everything but what would only fill a part of a call. */
  take(moreToCome: boolean): readonly WriteWork[] {
    const items = this.#items;
    const kept = moreToCome ? this.#remainders() : new Set<WriteWork>();
    this.#items = [];
    this.#counts = new Map();
    if (kept.size === items.length) return items;
    for (const item of kept) this.add(item);
    return items.filter((item) => !kept.has(item));
  }

  /**
   * The last items beyond a multiple of what one call takes. The end with fewer writes comes first, for
   * a part of a call weighs more there; the other is evened out by what does not concern the first.
   */
  #remainders(): Set<WriteWork> {
    const kept = new Set<WriteWork>();
    const counted = this.#ends.filter(({ client }) => client.writer.callRecords !== undefined);
    const ends = counted.toSorted((one, other) => (this.#counts.get(one.name) ?? 0) - (this.#counts.get(other.name) ?? 0));
    for (const [index, end] of ends.entries()) {
      const callRecords = end.client.writer.callRecords!;
      const before = ends.slice(0, index);
      const left = this.#items.filter((item) => !kept.has(item) && writesTo(item, end.name));
      for (const group of Map.groupBy(left, (item) => item.createAt === end.name).values()) {
        const free = group.filter((item) => before.every((other) => !writesTo(item, other.name)));
        const remainder = group.length % callRecords;
        if (remainder > 0) for (const item of free.slice(-remainder)) kept.add(item);
      }
    }
    return kept;
  }
}

/** Whether anything is to be written at an end. */
export function writesTo(item: WriteWork, end: EndName): boolean {
  return Object.keys(item.decision.writes[end]!).length > 0;
}
