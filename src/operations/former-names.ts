/**
 * Fields that a plan renames. Until the plan is applied their values are found under the former name:
 * read as missing, they would look as if everybody had cleared them.
 */
import type { FieldDescription, RemoteRecord } from '../model/value.ts';
import type { RecordClient } from '../providers/provider.ts';

/** A field as a resource of a plan will provide it. */
export interface PlannedField {
  readonly field: FieldDescription;
  /** The path under which it is found before the plan is applied, where that is another one. */
  readonly formerPath: string | undefined;
}

/** A client that reads renamed fields under their former names and gives them the new ones. */
export function readingFormerNames(client: RecordClient, planned: readonly PlannedField[]): RecordClient {
  const renames = planned.flatMap(({ field, formerPath }) =>
    formerPath === undefined ? [] : [[field.path, formerPath] as const],
  );
  if (renames.length === 0) return client;
  const renamed = (record: RemoteRecord): RemoteRecord => {
    const found = renames.filter(([, formerPath]) => record.values[formerPath] !== undefined);
    const values = found.map(([path, formerPath]) => [path, record.values[formerPath]!] as const);
    return { ...record, values: { ...record.values, ...Object.fromEntries(values) } };
  };
  async function* renamedAll(pages: AsyncIterable<readonly RemoteRecord[]>): AsyncGenerator<readonly RemoteRecord[]> {
    for await (const page of pages) yield page.map(renamed);
  }
  return {
    ...client,
    async *read(since, signal, known, everything) {
      for await (const page of client.read(since, signal, known, everything))
        yield { ...page, records: page.records.map(renamed) };
    },
    readByIds: (ids, signal) => renamedAll(client.readByIds(ids, signal)),
    readByKey: (path, values, signal) => renamedAll(client.readByKey(path, values, signal)),
  };
}
