import type { ChangePage, Conversion, Cursor, RecordClient } from '../../src/providers/provider.ts';
import type { FieldValues } from '../../src/model/value.ts';
import { FakeEnd } from './fake-end.ts';

/** A vendor in memory whose records are merged, converted, restored, and whose ids may be used again. */
export class MovingEnd extends FakeEnd {
  idsReused = false;
  /** The record that each loser was merged into. */
  readonly merged = new Map<string, string>();
  readonly converted = new Map<string, Conversion['into']>();

  merge(loser: string, winner: string): void {
    this.remove(loser);
    this.merged.set(loser, winner);
    this.edit(winner, {});
  }

  convert(id: string, into: Conversion['into']): void {
    this.remove(id);
    this.converted.set(id, into);
  }

  restore(id: string): void {
    this.tick += 1;
    this.merged.delete(id);
    this.records.set(id, { ...this.records.get(id)!, deleted: false, at: this.tick });
  }

  /** Somebody else under an id that was somebody's. */
  reuse(id: string, values: FieldValues): void {
    this.restore(id);
    this.edit(id, { ...Object.fromEntries(this.fields.map((one) => [one.path, null])), ...values });
  }

  ids(): readonly string[] {
    return [...this.records].filter(([, record]) => !record.deleted).map(([id]) => id);
  }

  override client(): RecordClient {
    const client = super.client();
    const at = (id: string): string => new Date(this.records.get(id)!.at * 1000).toISOString();
    const moved = (page: ChangePage): ChangePage => ({
      ...page,
      deletions: page.deletions
        .filter(({ id }) => !this.converted.has(id))
        .map(({ id }) => ({ id, at: at(id), ...(this.merged.has(id) ? { mergedInto: this.merged.get(id)! } : {}) })),
      conversions: page.deletions.flatMap(({ id }) => {
        const into = this.converted.get(id);
        return into === undefined ? [] : [{ id, at: at(id), into }];
      }),
    });
    const { idsReused } = this;
    return {
      ...client,
      stream: { ...client.stream, idsReused },
      async *read(since: Cursor | undefined, signal, known): AsyncIterable<ChangePage> {
        for await (const page of client.read(since, signal, known)) yield moved(page);
      },
    };
  }
}
