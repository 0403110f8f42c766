import { SynclineError } from '../../model/errors.ts';

/** A schema of a database. */
export interface PostgresPlace {
  /** As the client takes it, with the password. Never printed. */
  readonly url: string;
  readonly schema: string;
  /** For messages: without user and password. */
  readonly name: string;
}

const DEFAULT_SCHEMA = 'syncline';

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; what else stands after the question mark
 * (`sslmode`, `application_name` ...) is the client's.
 * @throws SynclineError STORAGE_UNKNOWN_BACKEND, without the text: it may hold a password
 */
export function parsePlace(backend: string): PostgresPlace {
  const url = URL.parse(backend);
  const schema = url?.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (url === null || url.pathname.length < 2 || schema === '' || schema.length > 63) {
    throw new SynclineError('STORAGE_UNKNOWN_BACKEND', 'The address of the database cannot be read.', {
      hint: 'Write it as:\n  postgres://USER:PASSWORD@HOST:5432/DATABASE?schema=syncline\nwith special characters of the password percent-encoded.',
    });
  }
  url.searchParams.delete('schema');
  return { url: url.toString(), schema, name: `postgres://${url.host}${url.pathname} (schema ${schema})` };
}
