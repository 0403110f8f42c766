/**
 * The second look: what people did to records between the reading and the writing of one cycle.
 *
 * Before a round overwrites records that were read a while ago, the feed is asked once more what
 * changed, and whoever has moved waits for the next cycle, as does whoever would be created although a
 * record has the key by now. What it saw is staged when the cycle has written everything, and no cursor moves: what the
 * guards have judged stays all that is written, and a cycle ends however busy people are.
 */
import type { EndName } from '../mapping/mapping.ts';
import type { WriteShape } from '../providers/provider.ts';
import type { LinkLedger, StagedRow, UnchangedRecord } from '../storage/ledger.ts';
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
/** Records whose rows are read at once. */
const PAGE_RECORDS = 1000;

/** What somebody did to a record since it was read for the cycle. */
interface SeenRecord {
  /** As it is now; `undefined` where it is back at what was agreed, though the cycle decides on a change. */
  readonly row: StagedRow | undefined;
  /** What the ledger knew of it then. */
  readonly known: string;
}

export class SecondLook {
  readonly #link: ActiveLink;
  readonly #lookedAt: Map<EndName, number>;
  readonly #mostCalls: number;
  readonly #written = new Map<EndName, number>();
  /** Calls by end, by the formulas of the provider. */
  readonly #writing = new Map<EndName, number>();
  readonly #looking = new Map<EndName, number>();
  /** By end and remote id, as far as it was looked at. */
  readonly #seen: ReadonlyMap<EndName, Map<string, SeenRecord>>;

  /** @param readAt when the ends began to be read, by the clock of the link */
  constructor(link: ActiveLink, readAt: number, isFirstCycle: boolean) {
    this.#link = link;
    this.#mostCalls = isFirstCycle ? 0 : MOST_CALLS;
    this.#lookedAt = new Map(link.ends.map((end) => [end.name, readAt]));
    this.#seen = new Map(link.ends.map((end) => [end.name, new Map()]));
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
    const seen = this.#seen.get(end.name)!;
    if (shapes.all.some(({ action }) => action === 'update') && this.#isWorthIt(end)) {
      const since = this.#link.clock.now();
      await look(this.#link, end, seen);
      this.#lookedAt.set(end.name, since);
    }
    const moved = movedSince(this.#link, end, writing(), seen);
    add(
      this.#written,
      end.name,
      shapes.all.reduce((sum, { count }) => sum + count, 0),
    );
    return moved;
  }

  /**
   * Leaves what was seen to the next cycle, whose own reading may miss it: a vendor may be late to show a record that was
   * edited once more. What the cycle has settled since is left as it is.
   */
  async stage(): Promise<void> {
    const { ledger } = this.#link;
    for (const [end, seen] of this.#seen) {
      const ids = [...seen.keys()];
      for (let start = 0; start < ids.length; start += PAGE_RECORDS) {
        const page = ids.slice(start, start + PAGE_RECORDS);
        const known = await knownOf(ledger, end, page);
        const still = page.filter((id) => known.get(id) === seen.get(id)!.known);
        const rows = still.flatMap((id) => seen.get(id)!.row ?? []);
        const restored = still.filter((id) => seen.get(id)!.row === undefined);
        await ledger.stage(
          end,
          rows,
          restored.map((remoteId) => ({ remoteId })),
          undefined,
        );
      }
    }
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

/** Adds to what was seen at an end what its feed shows now and the cycle does not know. */
async function look(link: ActiveLink, end: LinkEnd, seen: Map<string, SeenRecord>): Promise<void> {
  const note = async (rows: readonly StagedRow[], unchanged: readonly UnchangedRecord[]): Promise<void> => {
    const ids = [...rows, ...unchanged].map(({ remoteId }) => remoteId);
    const staged = await link.ledger.stagedByRemoteId(end.name, ids);
    const changed = rows.filter((row) => {
      const decidedOn = staged.get(row.remoteId);
      return decidedOn?.kind !== row.kind || !decidedOn.recordHash.equals(row.recordHash);
    });
    const restored = unchanged.filter(({ remoteId }) => staged.has(remoteId));
    for (const id of ids) seen.delete(id);
    const known = await knownOf(
      link.ledger,
      end.name,
      [...changed, ...restored].map(({ remoteId }) => remoteId),
    );
    for (const row of changed) seen.set(row.remoteId, { row, known: known.get(row.remoteId)! });
    for (const { remoteId } of restored) seen.set(remoteId, { row: undefined, known: known.get(remoteId)! });
  };
  const looking: ActiveLink = {
    ...link,
    ledger: { ...link.ledger, stage: (_end, rows, unchanged) => note(rows, unchanged) },
    onProgress: () => undefined,
  };
  await detect(looking, end);
}

/** What the ledger knows of records, in a form that is the same for as long as nothing of it changes. */
async function knownOf(ledger: LinkLedger, end: EndName, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const [agreed, staged] = [await ledger.agreedByRemoteId(end, ids), await ledger.stagedByRemoteId(end, ids)];
  return new Map(
    ids.map((id) => {
      const [row, waiting] = [agreed.get(id), staged.get(id)];
      const parts = [
        row?.state,
        row?.person,
        row?.recordHash.toString('hex'),
        waiting?.kind,
        waiting?.recordHash.toString('hex'),
      ];
      return [id, parts.join(' ')];
    }),
  );
}

function movedSince(
  link: ActiveLink,
  end: LinkEnd,
  writing: Iterable<readonly WriteWork[]>,
  seen: ReadonlyMap<string, SeenRecord>,
): ReadonlySet<PersonId> {
  const moved = new Set<PersonId>();
  if (seen.size === 0) return moved;
  const source = otherEnd(link, end.name).name;
  const keysOf = (keys: MatchKeys): readonly string[] =>
    keys.flatMap((key, rank) => (key === undefined ? [] : `${rank} ${key.toString('hex')}`));
  const keys = new Set([...seen.values()].flatMap(({ row }) => (row === undefined ? [] : keysOf(row.matchKeys))));
  for (const page of writing)
    for (const item of page) {
      if (item.createAt === end.name) {
        const { matchKeys } = link.fingerprints.of(source, item.sides[source]!.values);
        // Whoever shares a key with somebody new may be the same, and has to be matched first.
        if (keysOf(matchKeys).some((key) => keys.has(key))) moved.add(item.person);
        continue;
      }
      const { remoteId, values } = item.sides[end.name]!;
      const found = seen.get(remoteId);
      if (found === undefined) continue;
      const isAsDecidedOn =
        found.row === undefined
          ? item.subject.staged[end.name] === undefined
          : found.row.kind === 'record' && found.row.recordHash.equals(link.fingerprints.of(end.name, values).record);
      if (!isAsDecidedOn) moved.add(item.person);
    }
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
