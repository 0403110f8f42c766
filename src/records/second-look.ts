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
import type { MatchKeys, PersonId } from '../storage/person.ts';
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

  /**
   * Items of a round that nobody has touched since they were decided on, as far as a look is worth its price.
   * @param later at which end an item is not written to with the round
   */
  async unmoved(
    items: readonly WriteWork[],
    later: (item: WriteWork) => EndName | undefined = () => undefined,
  ): Promise<readonly WriteWork[]> {
    const moved = new Set<PersonId>();
    for (const end of this.#link.ends) {
      const writing = items.filter((item) => writesTo(item, end.name) && later(item) !== end.name);
      for (const person of await this.moved(end, () => [writing])) moved.add(person);
    }
    return items.filter((item) => !moved.has(item.person));
  }

  /** Whom somebody has touched of those that are about to be written to at an end. */
  async moved(end: LinkEnd, writing: () => Iterable<readonly WriteWork[]>): Promise<ReadonlySet<PersonId>> {
    const shapes = new Shapes(end);
    for (const page of writing()) for (const item of page) shapes.add(item);
    add(this.#writing, end.name, end.client.price.write(shapes.all));
    let moved: ReadonlySet<PersonId> = new Set();
    if (shapes.all.some(({ action }) => action === 'update') && this.#isWorthIt(end)) {
      const since = this.#link.clock.now();
      moved = await movedAt(this.#link, end, writing());
      this.#lookedAt.set(end.name, since);
    }
    add(
      this.#written,
      end.name,
      shapes.all.reduce((sum, { count }) => sum + count, 0),
    );
    return moved;
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

async function movedAt(link: ActiveLink, end: LinkEnd, writing: Iterable<readonly WriteWork[]>): Promise<ReadonlySet<PersonId>> {
  const source = otherEnd(link, end.name).name;
  const keysOf = (keys: MatchKeys): readonly string[] =>
    keys.flatMap((key, rank) => (key === undefined ? [] : `${rank} ${key.toString('hex')}`));
  const byId = new Map<string, { readonly person: PersonId; readonly decidedOn: Buffer; readonly wasStaged: boolean }>();
  const byKey = new Map<string, PersonId>();
  for (const page of writing)
    for (const item of page) {
      if (item.createAt === end.name) {
        const { matchKeys } = link.fingerprints.of(source, item.sides[source]!.values);
        for (const key of keysOf(matchKeys)) byKey.set(key, item.person);
      } else {
        const { remoteId, values } = item.sides[end.name]!;
        const decidedOn = link.fingerprints.of(end.name, values).record;
        byId.set(remoteId, { person: item.person, decidedOn, wasStaged: item.subject.staged[end.name] !== undefined });
      }
    }
  const moved = new Set<PersonId>();
  const note = (rows: readonly StagedRow[], unchanged: readonly UnchangedRecord[]): void => {
    for (const row of rows) {
      // Whoever shares a key with somebody new may be the same, and has to be matched first.
      for (const key of keysOf(row.matchKeys)) if (byKey.has(key)) moved.add(byKey.get(key)!);
      const item = byId.get(row.remoteId);
      if (item !== undefined && (row.kind === 'deleted' || !row.recordHash.equals(item.decidedOn))) moved.add(item.person);
    }
    for (const { remoteId } of unchanged) {
      const item = byId.get(remoteId);
      // It was decided on as changed, and is back at what was agreed.
      if (item?.wasStaged === true) moved.add(item.person);
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

/** What is written at an end, counted by what it costs. */
class Shapes {
  readonly #end: LinkEnd;
  readonly #shapes = new Map<
    string,
    { readonly action: 'create' | 'update'; count: number; readonly paths: readonly string[] }
  >();

  constructor(end: LinkEnd) {
    this.#end = end;
  }

  add(item: WriteWork): void {
    const action = item.createAt === this.#end.name ? 'create' : 'update';
    const paths = Object.keys(item.decision.writes[this.#end.name]!);
    const key = `${action}|${paths.join(',')}`;
    const known = this.#shapes.get(key);
    if (known === undefined) this.#shapes.set(key, { action, count: 1, paths });
    else known.count += 1;
  }

  get all(): readonly WriteShape[] {
    return [...this.#shapes.values()];
  }
}
