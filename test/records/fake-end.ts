import type { FieldDescription, FieldValue, FieldValues, RemoteRecord } from '../../src/model/value.ts';
import type { ChangePage, Cursor, RecordClient, WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import { allAtOnce } from '../../src/providers/request-pages.ts';

/** A vendor in memory, with a clock of its own that ticks once a change. */
export class FakeEnd {
  readonly records = new Map<string, { values: Record<string, FieldValue>; at: number; deleted: boolean }>();
  readonly fields: readonly FieldDescription[];
  readonly required: readonly string[];
  writes = 0;
  /** Batches that were sent. */
  calls = 0;
  tick = 0;
  next = 1;
  /** Decides the fate of one request: undefined carries it out. */
  fate: (request: WriteRequest) => WriteOutcome | 'lost' | undefined = () => undefined;
  /** Refuses a batch as a whole, before any effect, where it answers an error. */
  refusal: (requests: readonly WriteRequest[]) => Error | undefined = () => undefined;
  /** What the vendor makes of a value before it is stored. */
  normalise: (path: string, value: FieldValue) => FieldValue = (_path, value) => value;

  constructor(fields: readonly FieldDescription[], required: readonly string[] = []) {
    this.fields = fields;
    this.required = required;
  }

  add(values: FieldValues): string {
    const id = `r${this.next}`;
    this.next += 1;
    this.put(id, { ...Object.fromEntries(this.fields.map((field) => [field.path, null])), ...values });
    return id;
  }

  edit(id: string, values: FieldValues): void {
    this.put(id, { ...this.records.get(id)!.values, ...values });
  }

  remove(id: string): void {
    this.tick += 1;
    const record = this.records.get(id)!;
    this.records.set(id, { ...record, at: this.tick, deleted: true });
  }

  get(id: string): FieldValues {
    return this.records.get(id)!.values;
  }

  live(): readonly FieldValues[] {
    return [...this.records.values()].filter((record) => !record.deleted).map((record) => record.values);
  }

  private put(id: string, values: Record<string, FieldValue>): void {
    this.tick += 1;
    const normalised = Object.fromEntries(Object.entries(values).map(([path, value]) => [path, this.normalise(path, value)]));
    this.records.set(id, { values: normalised, at: this.tick, deleted: false });
  }

  private read(id: string): RemoteRecord {
    const record = this.records.get(id)!;
    return { id, values: { ...record.values }, modifiedAt: new Date(record.at * 1000).toISOString() };
  }

  client(): RecordClient {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const end = this;
    async function* pages(ids: readonly string[]): AsyncIterable<readonly RemoteRecord[]> {
      yield ids.filter((id) => end.records.get(id)?.deleted === false).map((id) => end.read(id));
    }
    return {
      object: { object: 'thing', fields: this.fields, missing: [] },
      stream: { changes: 'feed', deletions: 'feed', listed: [], humanTime: false },
      writer: { maxBatchRecords: 3, requiredOnCreate: this.required, createIsUpsert: false },
      count: async () => end.live().length,
      async *read(since: Cursor | undefined): AsyncIterable<ChangePage> {
        const from = since === undefined ? 0 : Number(since);
        const now = end.tick;
        const changed = [...end.records].filter(([, record]) => record.at > from);
        const ids = changed.filter(([, record]) => !record.deleted).map(([id]) => id);
        for (let index = 0; index < ids.length; index += 2) {
          yield { records: ids.slice(index, index + 2).map((id) => end.read(id)), deletions: [] };
        }
        const deletions = changed.filter(([, record]) => record.deleted).map(([id]) => ({ id }));
        yield { records: [], deletions, cursor: String(now) as Cursor };
      },
      readByIds: (ids) => pages(ids),
      readByKey: (path, values) =>
        pages([...end.records].filter(([, record]) => values.includes(String(record.values[path]))).map(([id]) => id)),
      async write(requests) {
        end.calls += 1;
        const refusal = end.refusal(requests);
        if (refusal !== undefined) throw refusal;
        return requests.map((request): WriteOutcome => {
          const fate = end.fate(request);
          if (fate !== undefined && fate !== 'lost') return fate;
          end.writes += 1;
          let id = request.id;
          if (request.action === 'delete') {
            end.remove(id!);
            return fate === 'lost'
              ? { status: 'unknown', message: 'no answer' }
              : { status: 'applied', id: id!, created: false, record: { id: id!, values: {} } };
          }
          if (id === undefined) id = end.add(request.values);
          else end.edit(id, request.values);
          if (fate === 'lost') return { status: 'unknown', message: 'no answer' };
          const record = end.read(id);
          const values = Object.fromEntries(Object.keys(request.values).map((path) => [path, record.values[path]!]));
          return { status: 'applied', id, created: request.action === 'create', record: { ...record, values } };
        });
      },
      resume: (_handle, requests) =>
        allAtOnce(requests, async (all) => all.map((): WriteOutcome => ({ status: 'unknown', message: 'no such job' }))),
      price: { read: () => 1, readByIds: () => 1, write: () => 1 },
    };
  }
}

export function field(path: string, overrides: Partial<FieldDescription> = {}): FieldDescription {
  return { path, label: path, type: 'string', createable: true, updateable: true, required: false, unique: false, ...overrides };
}
