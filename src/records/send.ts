/** Sending decided writes to one end: before they leave, their intents are in the ledger. */
import type { JobHandle, WriteOutcome, WriteRequest } from '../providers/provider.ts';
import type { IntentDecision } from '../storage/intents.ts';
import { toInstant } from '../model/time.ts';
import { writeBisecting } from './bisect.ts';
import { journalFields, kept, reasonsOf } from './journal-entry.ts';
import { otherEnd, type ActiveLink, type LinkEnd } from './link.ts';
import { onlyOptOuts } from './opt-outs.ts';
import type { Sent, SentAlone } from './settle.ts';
import { displayKey, hashesToCome, quarantineSubject, stagedRows, type WriteWork } from './work.ts';

/** What the ledger is told of a record takes more memory than the record: so not of all of a round at once. */
export const KEPT_AT_ONCE = 500;

/** @param writing items that are written to at the end */
export async function pushEnd(link: ActiveLink, run: string, end: LinkEnd, writing: readonly WriteWork[]): Promise<Sent> {
  const { outcomes, intents, failure } = await send(link, run, end, writing, '');
  if (failure !== undefined) return { outcomes, intents, alone: new Map(), failure };
  return { outcomes, intents, ...(await sendOptOutsAlone(link, run, end, writing, outcomes)) };
}

/** Sends the opt-outs of refused updates once more by themselves. */
export async function sendOptOutsAlone(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  items: readonly WriteWork[],
  outcomes: Sent['outcomes'],
): Promise<Pick<Sent, 'alone' | 'failure'>> {
  const refused = items.flatMap((item) => {
    const rest = refusedOptOuts(link, end, item, outcomes.get(item));
    return rest === undefined ? [] : [[item, rest] as const];
  });
  if (refused.length === 0) return { alone: new Map(), failure: undefined };
  const again = await send(
    link,
    run,
    end,
    refused.map(([, rest]) => rest),
    ' alone',
  );
  const alone = refused.flatMap(([item, rest]): [WriteWork, SentAlone][] => {
    const outcome = again.outcomes.get(rest);
    // What was certainly not sent is no open question.
    if (outcome === undefined && again.failure?.outcomeUnknown !== true) return [];
    return [[item, { item: rest, outcome, intent: again.intents.get(rest)! }]];
  });
  return { alone: new Map(alone), failure: again.failure };
}

/** The opt-outs of an update that was refused, where it consisted of more. */
function refusedOptOuts(
  link: ActiveLink,
  end: LinkEnd,
  item: WriteWork,
  outcome: WriteOutcome | undefined,
): WriteWork | undefined {
  if (outcome?.status !== 'failed' || outcome.gone === true || item.createAt === end.name) return undefined;
  const decision = onlyOptOuts(link.mapping, item.decision);
  const paths = Object.keys(decision?.writes[end.name] ?? {});
  const isLess = paths.length > 0 && paths.length < Object.keys(item.decision.writes[end.name]!).length;
  return decision === undefined || !isLess ? undefined : { ...item, decision };
}

/** @param part tells the intents of a second call for the same round from those of the first */
async function send(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  writing: readonly WriteWork[],
  part: string,
): Promise<Omit<Sent, 'alone'>> {
  if (writing.length === 0) return { outcomes: new Map(), intents: new Map(), failure: undefined };
  const requests = writing.map((item) => requestOf(end, item));
  const batch = batchName(run, end, writing[0]!, part);
  const intents: number[] = [];
  for (let start = 0; start < writing.length; start += KEPT_AT_ONCE)
    intents.push(...(await noteIntents(link, run, end, batch, writing.slice(start, start + KEPT_AT_ONCE))));
  const withJob = new Set<number>();
  const { outcomes, failure } = await writeBisecting(requests.length, async (from, to) => {
    const part = requests.slice(from, to);
    const noteJob = (handle: JobHandle): Promise<void> => {
      for (const intent of intents.slice(from, to)) withJob.add(intent);
      return link.ledger.intentJob(intents.slice(from, to), handle);
    };
    const answered = await end.client.write(part, noteJob, link.signal);
    if (answered.length === part.length) return answered;
    throw new Error(
      `${end.integration} answered ${answered.length} outcomes to ${part.length} requests. This is a bug in Syncline, please report it.`,
    );
  });
  // What was refused as a whole before any effect, or not sent at all, leaves nothing open. A job may go on without us.
  if (failure !== undefined && !failure.outcomeUnknown)
    await link.ledger.closeIntents(intents.filter((intent, index) => outcomes[index] === undefined && !withJob.has(intent)));
  return {
    outcomes: new Map(
      writing.flatMap((item, index) => (outcomes[index] === undefined ? [] : [[item, outcomes[index]] as const])),
    ),
    intents: new Map(writing.map((item, index) => [item, intents[index]!])),
    failure,
  };
}

/** @param part tells intents that are sent by another call of the same run and first person */
export function batchName(run: string, end: LinkEnd, first: WriteWork, part: string): string {
  return `${run}/${end.name}/${first.person}${part}`;
}

/** Writes down what is about to be sent. */
export function noteIntents(
  link: ActiveLink,
  run: string,
  end: LinkEnd,
  batch: string,
  items: readonly WriteWork[],
): Promise<readonly number[]> {
  const place = { integration: end.integration, object: end.object, at: toInstant(link.clock.now()) };
  return link.ledger.openIntents(
    run,
    batch,
    place,
    items.map((item) => {
      const { action, id, externalId, values } = requestOf(end, item);
      return {
        end: end.name,
        action,
        person: item.person,
        remoteId: id,
        externalId,
        values,
        decided: decisionOf(link, end, item),
      };
    }),
  );
}

/** What recovery needs to know of a write whose process did not live to see its outcome. */
function decisionOf(link: ActiveLink, end: LinkEnd, item: WriteWork): IntentDecision {
  const other = otherEnd(link, end.name).name;
  const source = item.sides[other];
  const side = item.sides[end.name] ?? source!;
  const hashes = source === undefined ? undefined : link.fingerprints.of(other, source.values);
  const written = new Set(Object.values(item.decision.reasons[end.name]!).map(({ fieldId }) => link.fingerprints.tag(fieldId)));
  return {
    journal: {
      generation: link.generation,
      fields: journalFields(link, item, end.name),
      before: kept(link, item.sides[end.name]?.values ?? {}, Object.keys(item.decision.writes[end.name]!)),
      reason: reasonsOf(item, end.name),
    },
    subject: quarantineSubject(item.subject),
    key: displayKey(link, item.sides[end.name] === undefined ? other : end.name, side.values, side.remoteId),
    staged: stagedRows(item.subject).map(({ end: at, remoteId }) => ({ end: at, remoteId })),
    source:
      source === undefined || hashes === undefined
        ? undefined
        : {
            remoteId: source.remoteId,
            fields: new Map([...hashesToCome(link, item, other, source.values)].filter(([tag]) => written.has(tag))),
            elements: new Map([...hashes.elements].filter(([tag]) => written.has(tag))),
          },
  };
}

export function requestOf(end: LinkEnd, item: WriteWork): WriteRequest {
  const values = item.decision.writes[end.name]!;
  if (item.createAt === end.name) {
    return { action: 'create', values, ...(end.externalId === undefined ? {} : { externalId: item.person }) };
  }
  const side = item.sides[end.name]!;
  return { action: 'update', id: side.remoteId, values, before: side.values };
}
