/** One connection to the server: it lives as long as what it is for, a lock, a ledger or one look at the state. */
import type { Client, CustomTypesConfig, QueryConfig } from 'pg';
import { createHash } from 'node:crypto';
import type { PostgresPlace } from './place.ts';

export type SessionValue = string | number | Buffer | null;

export interface Session {
  /** Sends at once, also where earlier ones are not answered yet; they are carried out in order. */
  query<Row>(text: string, values?: readonly SessionValue[]): Promise<readonly Row[]>;
  /** Several statements without parameters. */
  script(text: string): Promise<void>;
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const INT8 = 20;

/** Opens a session that sees one stack: the views of the ledger show its rows alone. */
export async function openSession(place: PostgresPlace, stack: string): Promise<Session> {
  const { default: pg } = await import('pg');
  const types: CustomTypesConfig = {
    // Counts and numbers of ours are far below what a number of JavaScript holds.
    getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
  } as CustomTypesConfig;
  const client = new pg.Client({
    connectionString: place.url,
    application_name: 'syncline',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types,
    pipeline: true,
  } as ConstructorParameters<typeof pg.Client>[0]);
  // Whatever is asked after a lost connection fails, which is told there.
  client.on('error', () => {});
  await client.connect();
  const session = sessionOf(client as Referable);
  // A lock of a machine that vanished is free after a minute, not after two hours.
  await session.script(`
    set search_path to ${pg.escapeIdentifier(place.schema)};
    set syncline.stack to ${pg.escapeLiteral(stack)};
    set client_min_messages to warning;
    set idle_session_timeout to 0;
    set idle_in_transaction_session_timeout to 0;
    set tcp_keepalives_idle to 30; set tcp_keepalives_interval to 10; set tcp_keepalives_count to 3;
  `);
  return session;
}

/** What the client has and its types leave out: whether the connection keeps the process alive. */
type Referable = Client & { ref(): void; unref(): void };

function sessionOf(client: Referable): Session {
  let closed: Promise<void> | undefined;

  let open = 0;
  /** A session that waits for nothing keeps no process from ending. */
  async function awaited<Answer>(answer: Promise<Answer>): Promise<Answer> {
    if ((open += 1) === 1) client.ref();
    try {
      return await answer;
    } finally {
      if ((open -= 1) === 0) client.unref();
    }
  }

  async function query<Row>(text: string, values: readonly SessionValue[] = []): Promise<readonly Row[]> {
    // A name lets the server keep its plan; the client sends the text once.
    const config: QueryConfig = { name: nameOf(text), text, values: [...values] };
    return (await awaited(client.query(config))).rows as Row[];
  }

  async function script(text: string): Promise<void> {
    await awaited(client.query(text));
  }

  return {
    query,
    script,
    async transaction(work) {
      await script('begin');
      try {
        const result = await work();
        await script('commit');
        return result;
      } catch (error) {
        await script('rollback').catch(() => undefined);
        throw error;
      }
    },
    close: () => (closed ??= awaited(client.end()).catch(() => undefined)),
  };
}

const NAMES = new Map<string, string>();

function nameOf(text: string): string {
  const known = NAMES.get(text) ?? createHash('sha256').update(text).digest('base64').slice(0, 22);
  NAMES.set(text, known);
  return known;
}
