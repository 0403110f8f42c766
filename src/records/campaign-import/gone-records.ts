/** Which of these records do not exist any more: a destination without a feed of deletions tells only who asks. */
import type { RecordClient } from '../../providers/provider.ts';

export async function goneRecords(
  records: Pick<RecordClient, 'readByIds'>,
  ids: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const gone = new Set(ids);
  if (gone.size === 0) return gone;
  for await (const page of records.readByIds([...ids], signal)) for (const { id } of page) gone.delete(id);
  return gone;
}
