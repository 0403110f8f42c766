/** Faults that a synchroniser may have, each planted by replacing one seam of the product, and a history that shows it. */
import { NEVER } from '../../src/model/time.ts';
import type { FieldValues } from '../../src/model/value.ts';
import type { ChangePage, Cursor, RecordClient, WriteOutcome, WriteRequest } from '../../src/providers/provider.ts';
import type { ActiveLink, LinkEnd } from '../../src/records/link.ts';
import type { LinkLedger } from '../../src/storage/ledger.ts';
import type { SuppressionEntry } from '../../src/storage/suppression.ts';
import { CRM, MAIL, UNMAPPED_PATH, type EndName } from './accounts.ts';
import { consent, edit, HOUR, person, PLAIN, remove, SYNC } from './directed.ts';
import type { HistoryOptions } from './history.ts';
import type { Sabotage } from './installation.ts';
import type { Event } from './people.ts';

export interface PlantedBug {
  readonly name: string;
  /** Makes it anew for each history: some of them remember. */
  readonly plant: () => Sabotage;
  /** The law that it breaks, as the oracle names it. */
  readonly breaks: string;
  readonly events: readonly Event[];
  readonly script?: HistoryOptions['script'];
  readonly mail?: Partial<NonNullable<HistoryOptions['design']>['mail']>;
  readonly crm?: Partial<NonNullable<HistoryOptions['design']>['crm']>;
}

/** Opt-outs are listed, and move no stamp, as ActiveCampaign has it. */
const LISTED = {
  stream: { ...PLAIN.mail.stream, listed: [{ path: 'list/News', value: 'unsubscribed' }] },
};

/** Two persons that both ends know. */
const LINKED: readonly Event[] = [person(CRM, 1), person(CRM, 2), SYNC, HOUR, SYNC, HOUR];

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the cursor moves before what it passes is stored',
    events: [...LINKED, edit(CRM, 0, 'City', 'Bern'), HOUR, SYNC, HOUR, SYNC],
    script: [{ end: CRM, kind: 'fails', call: 'read', nth: 3 }],
    breaks: 'missed',
    plant: () =>
      clients((client, end) => ({
        ...client,
        async *read(since, signal, known) {
          yield { records: [], deletions: [], cursor: String(end.now()) as Cursor };
          yield* client.read(since, signal, known);
        },
      })),
  },
  {
    name: 'the cursor takes the present for settled',
    events: [...LINKED, edit(CRM, 0, 'City', 'Bern'), SYNC, HOUR, SYNC],
    script: [{ end: CRM, kind: 'late' }],
    crm: { lagMs: 50_000 },
    breaks: 'missed',
    plant: () =>
      clients((client, end) =>
        reading(client, (page) =>
          page.cursor === undefined ? page : { ...page, cursor: String(end.now() + 300_000) as Cursor },
        ),
      ),
  },
  {
    name: 'a row that is missing in the answer counts as written',
    events: [...LINKED, edit(CRM, 1, 'City', 'Bern'), SYNC],
    script: [{ end: MAIL, kind: 'forgets', nth: 2 }],
    breaks: 'missed',
    plant: () =>
      clients((client) => writing(client, (request, outcome) => (outcome.status === 'unknown' ? asSent(request) : outcome))),
  },
  {
    name: 'a refused write counts as written',
    events: [...LINKED, edit(CRM, 0, 'City', 'Bern'), edit(CRM, 1, 'City', 'Basel'), SYNC],
    script: [{ end: MAIL, kind: 'refuses', nth: 2 }],
    breaks: 'missed',
    plant: () =>
      clients((client) => writing(client, (request, outcome) => (outcome.status === 'failed' ? asSent(request) : outcome))),
  },
  {
    name: 'what was refused is never tried again',
    events: [...LINKED, edit(CRM, 0, 'City', 'Bern'), edit(CRM, 1, 'City', 'Basel'), SYNC],
    script: [{ end: MAIL, kind: 'refuses', nth: 2 }],
    breaks: 'not converged: city',
    plant: () => ({
      ledger: (ledger) =>
        replacing(ledger, {
          quarantine: (entries, intents) =>
            ledger.quarantine(
              entries.map((entry) => ({ ...entry, nextAt: NEVER })),
              intents,
            ),
        }),
    }),
  },
  {
    name: 'a create whose answer was lost is sent again without a look',
    events: [person(MAIL, 1), SYNC, SYNC],
    script: [
      { end: CRM, kind: 'loses-answer', call: 'write' },
      { end: CRM, kind: 'late' },
    ],
    crm: { lagMs: 50_000 },
    breaks: 'duplicate',
    plant: () => ledgers({ pendingIntents: () => Promise.resolve([]) }),
  },
  {
    name: 'intents are never closed',
    events: LINKED,
    breaks: 'bookkeeping',
    plant: () => ({
      ledger: (ledger) =>
        replacing(ledger, {
          closeIntents: () => Promise.resolve(),
          settle: (run, settlements, entries) => ledger.settle(run, settlements, entries, []),
        }),
    }),
  },
  {
    name: 'an opt-in wins over an opt-out',
    events: [...LINKED, consent(MAIL, 0, true), SYNC],
    breaks: 'consent',
    plant: () => ({
      link: (link) => ({
        ...link,
        mapping: {
          ...link.mapping,
          consent: link.mapping.consent.map((purpose) => ({
            ...purpose,
            value: (end: string) => purpose.value(end, 'subscribed'),
          })),
        },
      }),
    }),
  },
  {
    name: 'an opt-out is forgotten with the record that bore it',
    events: [
      ...LINKED,
      consent(MAIL, 0, true),
      SYNC,
      remove(MAIL, 0),
      remove(CRM, 0),
      HOUR,
      SYNC,
      HOUR,
      SYNC,
      person(CRM, 3, { address: 'of-the-deleted' }),
      SYNC,
    ],
    breaks: 'consent',
    plant: () => ledgers({ suppressed: () => Promise.resolve(new Map()) }),
  },
  {
    name: 'an opt-out counts for every address',
    events: [...LINKED, consent(MAIL, 0, true), SYNC, person(CRM, 3), SYNC],
    breaks: 'invented objection',
    plant: () => {
      const everybody: SuppressionEntry[] = [];
      return {
        ledger: (ledger) =>
          replacing(ledger, {
            suppress(entries) {
              everybody.push(...entries);
              return ledger.suppress(entries);
            },
            suppressed: (addresses) =>
              Promise.resolve(
                new Map(everybody.slice(-1).flatMap((entry) => addresses.map((address) => [address.toString('hex'), entry]))),
              ),
          }),
      };
    },
  },
  {
    name: 'whoever a feed does not show counts as deleted',
    events: [...LINKED, SYNC, HOUR, edit(CRM, 0, 'City', 'Bern'), SYNC],
    breaks: 'not converged: city',
    plant: () =>
      clients((client) => ({
        ...client,
        async *read(since, signal, known) {
          const shown = new Set<string>();
          for await (const page of client.read(since, signal, known)) {
            for (const { id } of page.records) shown.add(id);
            yield page;
          }
          const deletions: { id: string }[] = [];
          for await (const { records } of client.read(undefined, signal))
            deletions.push(...records.filter(({ id }) => !shown.has(id)).map(({ id }) => ({ id })));
          yield { records: [], deletions };
        },
      })),
  },
  {
    name: 'a lock is no hindrance',
    events: [person(CRM, 1), { ...SYNC, second: true }],
    breaks: 'lock',
    plant: () => ({ isAlive: () => false }),
  },
  {
    name: 'who leaves a listing is not noticed',
    events: [...LINKED, consent(MAIL, 0, true), HOUR, SYNC, HOUR, consent(MAIL, 0, false), HOUR, SYNC],
    mail: LISTED,
    breaks: 'missed',
    plant: () => ledgers({ listedButNotSeen: () => Promise.resolve([]) }),
  },
  {
    name: 'a flag in a listing is not noticed',
    events: [...LINKED, consent(MAIL, 0, true), HOUR, SYNC],
    mail: LISTED,
    breaks: 'missed',
    plant: () => clients((client) => reading(client, (page) => ({ ...page, listed: [] }))),
  },
  {
    name: 'an echo is told by its time',
    // The stamp of the edit is that of the second in which the link wrote as well.
    events: [
      ...LINKED,
      edit(CRM, 0, 'City', 'Bern'),
      { kind: 'wait', ms: 300 },
      SYNC,
      edit(MAIL, 1, 'first', 'Anna'),
      HOUR,
      SYNC,
    ],
    breaks: 'missed',
    plant() {
      const writtenMs = new Map<string, number>();
      return clients((client, end) => ({
        ...reading(client, (page) => ({
          ...page,
          records: page.records.filter((record) => Date.parse(record.modifiedAt!) > (writtenMs.get(end.name) ?? 0)),
        })),
        async write(requests, onJob, signal) {
          const outcomes = await client.write(requests, onJob, signal);
          writtenMs.set(end.name, end.now());
          return outcomes;
        },
      }));
    },
  },
  {
    name: 'the loser of a conflict is taken for its winner',
    events: [...LINKED, edit(CRM, 0, 'City', 'Bern'), edit(MAIL, 0, 'city', 'Basel'), SYNC],
    breaks: 'lost edit',
    plant: () => ({
      link: (link) => ({ ...link, conflicts: { policy: 'prefer', prefer: MAIL, unlessBlank: false, unit: 'field' } }),
    }),
  },
  {
    name: 'a field that is not mapped is written',
    events: LINKED,
    breaks: 'isolation',
    plant: () =>
      clients((client, end) => ({
        ...client,
        write: (requests, onJob, signal) =>
          client.write(
            requests.map((request) => ({
              ...request,
              values: { ...request.values, [UNMAPPED_PATH[end.name as EndName]]: 'ours' },
            })),
            onJob,
            signal,
          ),
      })),
  },
  {
    name: 'what was agreed on is forgotten',
    events: [...LINKED, edit(MAIL, 0, 'city', 'Basel'), SYNC],
    breaks: 'missed',
    plant: () => ledgers({ agreedByRemoteId: () => Promise.resolve(new Map()) }),
  },
  {
    name: 'whoever is listed is read once more, one by one',
    events: [...LINKED, person(CRM, 4), person(CRM, 5), SYNC, SYNC],
    breaks: 'calls',
    plant: () =>
      clients((client) => ({
        ...client,
        async *read(since, signal, known) {
          yield* client.read(since, signal, known);
          for await (const { records } of client.read(undefined, signal))
            for (const { id } of records) for await (const _ of client.readByIds([id], signal));
        },
      })),
  },
  {
    name: 'values are swapped between persons of a batch',
    events: [...LINKED, edit(CRM, 0, 'City', 'Bern'), SYNC],
    breaks: 'mixed persons',
    plant: () =>
      clients((client) => ({
        ...client,
        write(requests, onJob, signal) {
          const values = requests.map((request) => request.values);
          return client.write(
            requests.map((request, index) => ({ ...request, values: values[(index + 1) % values.length] as FieldValues })),
            onJob,
            signal,
          );
        },
      })),
  },
  {
    name: 'what a create was written over counts as edited',
    events: [
      person(MAIL, 1),
      SYNC,
      HOUR,
      SYNC,
      HOUR,
      edit(MAIL, 0, 'email', 'Moved@Example.org'),
      person(CRM, 2, { address: 'of-other-end' }),
      SYNC,
      HOUR,
      SYNC,
    ],
    script: [{ end: MAIL, kind: 'late' }],
    mail: { sameAddress: 'upsert', lagMs: 20_000 },
    breaks: 'mixed persons',
    plant: () => ({
      ledger: (ledger) =>
        replacing(ledger, {
          // What restores a record settles nothing that was staged.
          settle: (run, settlements, entries, closed) =>
            ledger.settle(
              run,
              settlements.filter(({ settled }) => settled.length > 0),
              entries,
              closed,
            ),
        }),
    }),
  },
];

interface EndSeam {
  readonly name: string;
  now(): number;
}

function clients(replace: (client: RecordClient, end: EndSeam) => RecordClient): Sabotage {
  const replaced = (link: ActiveLink, end: LinkEnd): LinkEnd => ({
    ...end,
    client: replace(end.client, { name: end.name, now: () => link.clock.now() }),
  });
  return { link: (link) => ({ ...link, ends: [replaced(link, link.ends[0]), replaced(link, link.ends[1])] }) };
}

function ledgers(methods: Partial<LinkLedger>): Sabotage {
  return { ledger: (ledger) => replacing(ledger, methods) };
}

function replacing(ledger: LinkLedger, methods: Partial<LinkLedger>): LinkLedger {
  return { ...ledger, ...methods };
}

/** Sabotages what a read of changes shows. */
function reading(client: RecordClient, change: (page: ChangePage) => ChangePage): RecordClient {
  return {
    ...client,
    async *read(since, signal, known) {
      for await (const page of client.read(since, signal, known)) yield since === undefined ? page : change(page);
    },
  };
}

function writing(client: RecordClient, judge: (request: WriteRequest, outcome: WriteOutcome) => WriteOutcome): RecordClient {
  return {
    ...client,
    async write(requests, onJob, signal) {
      const outcomes = await client.write(requests, onJob, signal);
      return outcomes.map((outcome, index) => judge(requests[index]!, outcome));
    },
  };
}

/** A write as it was meant, which says nothing of whether it came. */
function asSent(request: WriteRequest): WriteOutcome {
  const id = request.id ?? `lost-${String(request.values['Email'] ?? request.values['email'])}`;
  return { status: 'applied', id, created: request.action === 'create', record: { id, values: request.values } };
}
