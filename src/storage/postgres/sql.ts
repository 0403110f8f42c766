/** The driver for PostgreSQL: statements are sent without waiting for the answers of those before. */
import type { Dialect, Queries, Sql, SqlParameters, SqlValue, Transaction } from '../relational/sql.ts';
import { createTurns } from '../relational/turns.ts';
import { createTemporary, quote } from './schema.ts';
import type { Session } from './session.ts';

const texts = (parameter: string): string => `json_array_elements_text(cast(${parameter} as json)) as listed (value)`;

const DIALECT: Dialect = {
  texts: (parameter) => `(select value from ${texts(parameter)})`,
  numbers: (parameter) => `(select cast(value as bigint) from ${texts(parameter)})`,
  byteStrings: (parameter) => `(select decode(value, 'hex') from ${texts(parameter)})`,
  bytesOf: (text) => `convert_to(${text}, 'UTF8')`,
  textOf: (bytes) => `convert_from(${bytes}, 'UTF8')`,
  async continueNumbers(queries, table, column) {
    // All stacks count by one sequence, which must never go back.
    const sequence = `cast(pg_get_serial_sequence('ledger_${table}', '${column}') as regclass)`;
    await queries.all(
      `select setval(${sequence}, greatest(coalesce(pg_sequence_last_value(${sequence}), 1), coalesce(max("${column}"), 1))) from ledger_${table}`,
    );
  },
  objectOf: (key, value) => `coalesce(cast(json_object_agg(${key}, ${value}) as text), '{}')`,
};

export interface PostgresSql extends Sql {
  /** From now on each transaction ends with this, before it commits. */
  fence(assertHeld: () => Promise<void>): void;
}

/** @param hidden tables that are temporary already, since nothing is stored yet */
export function createPostgresSql(session: Session, schema: string, hidden: ReadonlySet<string>): PostgresSql {
  const inTurn = createTurns();
  const shadowed = new Set(hidden);
  let assertFence: (() => Promise<void>) | undefined;

  const queries: Queries = {
    all: (text, ...parameters) => send(session, text, parameters),
    get: async <Row>(text: string, ...parameters: SqlParameters) => (await send<Row>(session, text, parameters))[0],
  };

  function transaction<Result>(work: (transaction: Transaction) => Result | Promise<Result>): Promise<Result> {
    return inTurn(async () => {
      const sent: Promise<unknown>[] = [];
      const noted = <Answer>(answer: Promise<Answer>): Promise<Answer> => {
        answer.catch(() => undefined);
        sent.push(answer);
        return answer;
      };
      noted(session.script('begin')).catch(() => undefined);
      const fence = assertFence === undefined ? undefined : noted(assertFence());
      try {
        const result = await work(transactionOf(session, queries, noted));
        await Promise.all(sent);
        await fence;
        await session.script('commit');
        return result;
      } catch (error) {
        await session.script('rollback').catch(() => undefined);
        // What failed first made the rest fail.
        const first = (await Promise.allSettled(sent)).find((one) => one.status === 'rejected');
        throw first === undefined ? error : first.reason;
      }
    });
  }

  return {
    dialect: DIALECT,
    transaction,
    fence(assertHeld) {
      assertFence = assertHeld;
    },
    all: (text, ...parameters) => inTurn(() => queries.all(text, ...parameters)),
    get: (text, ...parameters) => inTurn(() => queries.get(text, ...parameters)),
    run: (text, ...parameters) => transaction((own) => own.write(text, ...parameters)),
    shadow: (tables, link) =>
      inTurn(async () => {
        await session.script('begin read write');
        await createTemporary(
          session,
          tables.filter((table) => !shadowed.has(table)),
        );
        for (const table of tables.filter((one) => !hidden.has(one))) {
          const condition = link === undefined ? '' : ' where link = $1';
          const values = link === undefined ? [] : [link];
          await session.query(`delete from pg_temp.${table}${condition}`, values);
          await session.query(`insert into pg_temp.${table} select * from ${quote(schema)}.${table}${condition}`, values);
          shadowed.add(table);
        }
        await session.script('commit');
      }),
    close: () => inTurn(() => session.close()),
  };
}

function transactionOf(
  session: Session,
  queries: Queries,
  noted: <Answer>(answer: Promise<Answer>) => Promise<Answer>,
): Transaction {
  return {
    ...queries,
    write: (text, ...parameters) => void noted(send(session, text, parameters)),
    each: <Row>(text: string, rows: readonly SqlParameters[]) =>
      Promise.all(rows.map((parameters) => noted(send<Row>(session, text, parameters)))),
    async savepoint(work) {
      await session.script('savepoint part');
      try {
        const result = await work();
        await session.script('release savepoint part');
        return result;
      } catch (error) {
        await session.script('rollback to savepoint part');
        throw error;
      }
    },
  };
}

function send<Row>(session: Session, text: string, parameters: SqlParameters): Promise<readonly Row[]> {
  const { text: numbered, names } = translate(text);
  const [first] = parameters;
  if (names.length === 0 || !isNamed(first)) return session.query<Row>(numbered, parameters as readonly SqlValue[]);
  return session.query<Row>(
    numbered,
    names.map((name) => first[name]!),
  );
}

function isNamed(value: SqlParameters[number] | undefined): value is Readonly<Record<string, SqlValue>> {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
}

interface Translation {
  readonly text: string;
  /** What the numbers stand for, where the statement names its parameters. */
  readonly names: readonly string[];
}

const TRANSLATIONS = new Map<string, Translation>();

/** Parameters are numbered, and every key begins with the stack. */
function translate(text: string): Translation {
  const known = TRANSLATIONS.get(text);
  if (known !== undefined) return known;
  const names: string[] = [];
  let count = 0;
  const translated = text.replaceAll(/'(?:[^']|'')*'|\?|:([a-zA-Z]+)|\bon conflict \(/g, (token, name: string | undefined) => {
    if (token === '?') return `$${(count += 1)}`;
    if (name !== undefined) {
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    }
    return token.startsWith('on conflict') ? 'on conflict (stack, ' : token;
  });
  const translation = { text: translated, names };
  TRANSLATIONS.set(text, translation);
  return translation;
}
