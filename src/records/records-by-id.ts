/** Records of an end by their ids, where all of them fit into memory. */
import type { RemoteRecord } from '../model/value.ts';
import type { ActiveLink, LinkEnd } from './link.ts';

/** Those of them that exist, as they are now. Asks nothing where there are none. */
export async function recordsById(
  link: ActiveLink,
  end: LinkEnd,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RemoteRecord>> {
  const records = new Map<string, RemoteRecord>();
  if (ids.length === 0) return records;
  for await (const page of end.client.readByIds([...new Set(ids)], link.signal))
    for (const record of page) records.set(record.id, record);
  return records;
}
