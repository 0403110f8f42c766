/** Writes contacts: batches, and whatever is more than a batch. */
import type { RecordClient, WriterTraits } from '../provider.ts';
import type { Api } from './api.ts';
import { importOutcomes, takesOf, writeBulk } from './bulk-import.ts';
import { V3_PAGE } from './contact-listing.ts';
import { IMPORT_CONTACTS, PATIENCE_MS } from './import-job.ts';
import type { Layout } from './layout.ts';
import type { Learned } from './stream.ts';
import { IMPORT_FROM, writeCalls } from './write-costs.ts';
import { writeBatch } from './writer.ts';

const WRITER_TRAITS: WriterTraits = {
  maxBatchRecords: IMPORT_CONTACTS,
  callRecords: V3_PAGE,
  requiredOnCreate: ['email'],
  // Both ways of creating find a contact by its address.
  createIsUpsert: true,
  overwritesBy: 'email',
  // What is written one by one would overtake an import that waits. Imports cannot be listed.
  jobs: { blocks: 'integration', unanswered: { from: IMPORT_FROM, forMs: PATIENCE_MS } },
};

export type ContactWriter = Pick<RecordClient, 'writer' | 'write' | 'bulk' | 'resume'> & {
  readonly price: Pick<RecordClient['price'], 'write'>;
};

export function createWriter(api: Api, learned: Learned, open: () => Promise<Layout>): ContactWriter {
  return {
    writer: WRITER_TRAITS,
    async write(requests, onJob, signal) {
      return writeBatch(api, learned, await open(), requests, onJob, signal);
    },
    bulk: {
      mostRequests: IMPORT_CONTACTS,
      async takes(requests) {
        return takesOf(learned, await open(), requests);
      },
      async *write(requests, onJob, signal) {
        yield* writeBulk(api, learned, await open(), requests, onJob, signal);
      },
    },
    async *resume(handle, requests, signal) {
      yield* importOutcomes(api, learned, await open(), handle, requests, signal);
    },
    price: { write: (shapes) => writeCalls(shapes) },
  };
}
