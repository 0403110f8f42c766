/**
 * The second look: what people did to records between the reading and the writing of one cycle.
 *
 * Before a round overwrites records that were read a while ago, the feed is asked once more what
 * changed, and whoever has moved waits for the next cycle, as does whoever would be created although a
 * record has the key by now. Nothing is staged by it and no cursor moves: what the guards have judged
 * stays all that is written, and a cycle ends however busy people are.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { WriteShape } from '../providers/provider.ts';
import type { StagedRow, UnchangedRecord } from '../storage/ledger.ts';
import type { MatchKeys } from '../storage/person.ts';
import { detect } from './detect.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { writesTo } from './round.ts';
import type { WriteWork } from './work.ts';

/** What was read no longer ago than this is written without another look. */
const FRESH_MS = 30_000;
/**
 * All looks of a cycle at an end may cost this many calls, or this part of the calls that write there. In a
 * link's first cycle only the part: what that one costs is told beforehand and held against the least possible.
 */
const MOST_CALLS = 3;
const MOST_SHARE = 0.03;

export class SecondLook {
  readonly #link: ActiveLink;
  readonly #lookedAt: Map<EndName, number>;
  readonly #mostCalls: number;
  readonly #written = new Map<EndName, number>();
  /** Calls by end, by the formulas of the provider. */
  readonly #writing = new Map<EndName, number>();
  readonly #looking = new Map<EndName, number>();

  /** @param readAt when the ends began to be read, by the clock of the link */
  constructor(link: ActiveLink, readAt: number, isFirstCycle: boolean) {
    this.#link = link;
    this.#mostCalls = isFirstCycle ? 0 : MOST_CALLS;
    this.#lookedAt = new Map(link.ends.map((end) => [end.name, readAt]));
  }

  /** Items of a round that nobody has touched since they were decided on, as far as a look is worth its price. */
  async unmoved(items: readonly WriteWork[]): Promise<readonly WriteWork[]> {
    const moved = new Set<WriteWork>();
    for (const end of this.#link.ends) {
      const updates = items.filter((item) => item.createAt !== end.name && writesTo(item, end.name));
      add(this.#writing, end.name, end.client.price.write(shapesOf(end, items)));
      if (updates.length > 0 && this.#isWorthIt(end)) {
        const since = this.#link.clock.now();
        const creates = items.filter((item) => item.createAt === end.name);
        for (const item of await movedAt(this.#link, end, updates, creates)) moved.add(item);
        this.#lookedAt.set(end.name, since);
      }
      add(this.#written, end.name, items.filter((item) => writesTo(item, end.name)).length);
    }
    return items.filter((item) => !moved.has(item));
  }

  #isWorthIt(end: LinkEnd): boolean {
    // Fields that were made anew ask for a full read, which is no look.
    if (this.#link.renewed.size > 0 || end.client.stream.changes === 'scan') return false;
    if (this.#link.clock.now() - this.#lookedAt.get(end.name)! <= FRESH_MS) return false;
    // What this cycle wrote comes back with the changes.
    const price = end.client.price.read(this.#written.get(end.name) ?? 0, false);
    const spent = (this.#looking.get(end.name) ?? 0) + price;
    if (spent > Math.max(this.#mostCalls, MOST_SHARE * this.#writing.get(end.name)!)) return false;
    this.#looking.set(end.name, spent);
    return true;
  }
}

function add(counts: Map<EndName, number>, end: EndName, count: number): void {
  counts.set(end, (counts.get(end) ?? 0) + count);
}

async function movedAt(
  link: ActiveLink,
  end: LinkEnd,
  updates: readonly WriteWork[],
  creates: readonly WriteWork[],
): Promise<readonly WriteWork[]> {
  const byId = new Map(updates.map((item) => [item.sides[end.name]!.remoteId, item]));
  const source = otherEnd(link, end.name).name;
  const keysOf = (keys: MatchKeys): readonly string[] =>
    keys.flatMap((key, rank) => (key === undefined ? [] : `${rank} ${key.toString('hex')}`));
  const byKey = new Map(
    creates.flatMap((item) => {
      const { matchKeys } = link.fingerprints.of(source, item.sides[source]!.values);
      return keysOf(matchKeys).map((key) => [key, item] as const);
    }),
  );
  const moved: WriteWork[] = [];
  const note = (rows: readonly StagedRow[], unchanged: readonly UnchangedRecord[]): void => {
    for (const row of rows) {
      // Whoever shares a key with somebody new may be the same, and has to be matched first.
      for (const key of keysOf(row.matchKeys)) if (byKey.has(key)) moved.push(byKey.get(key)!);
      const item = byId.get(row.remoteId);
      if (item === undefined) continue;
      const decidedOn = link.fingerprints.of(end.name, item.sides[end.name]!.values).record;
      if (row.kind === 'deleted' || !row.recordHash.equals(decidedOn)) moved.push(item);
    }
    for (const { remoteId } of unchanged) {
      const item = byId.get(remoteId);
      // It was decided on as changed, and is back at what was agreed.
      if (item?.subject.staged[end.name] !== undefined) moved.push(item);
    }
  };
  const looking: ActiveLink = {
    ...link,
    ledger: { ...link.ledger, stage: async (_end, rows, unchanged) => note(rows, unchanged) },
    onProgress: () => undefined,
  };
  await detect(looking, end);
  return moved;
}

function shapesOf(end: LinkEnd, items: readonly WriteWork[]): readonly WriteShape[] {
  const groups = Map.groupBy(
    items.filter((item) => writesTo(item, end.name)),
    (item) => `${item.createAt === end.name}|${Object.keys(item.decision.writes[end.name]!).join(',')}`,
  );
  return [...groups.values()].map((group) => ({
    action: group[0]!.createAt === end.name ? 'create' : 'update',
    count: group.length,
    paths: Object.keys(group[0]!.decision.writes[end.name]!),
  }));
}
