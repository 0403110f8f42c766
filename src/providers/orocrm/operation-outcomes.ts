/**
 * What became of the records of asynchronous operations. They are read back: an operation tells no
 * ids, and its errors name places of a batch that may have been cut into chunks.
 *
 * UNVERIFIED: whether those places count from the beginning of the batch. A record counts as refused
 * only where an error names its place and what it holds is not what was to be written.
 */
import { toInstant } from '../../model/time.ts';
import type { FieldValues } from '../../model/value.ts';
import type { WriteOutcome } from '../provider.ts';
import { chunkList, listPages, type Api } from './api.ts';
import { EXTERNAL_ID, PRIMARY_SETS } from './catalog.ts';
import type { Entity } from './documents.ts';
import { modifiedAt, ownValues, type Layout } from './layout.ts';
import type { Operation, OperationResult } from './operations.ts';
import { failureOf, placeOf } from './record-errors.ts';
import type { VendorError } from './refusals.ts';
import type { Directories } from './stream.ts';
import type { PlannedWrite } from './write-plan.ts';

/** Stamps have whole seconds, and an operation may begin in the second in which it is taken. */
const BEFORE_ACCEPTED_MS = 2_000;

interface OperationMember {
  readonly plan: PlannedWrite;
  readonly operation: Operation;
  readonly result: OperationResult;
  /** Place in the operation; `undefined` where it is not known that the operation held the request. */
  readonly place: number | undefined;
}

/** The requests that operations were made of, each with its place. */
export function membersOf(
  operations: readonly Operation[],
  results: ReadonlyMap<string, OperationResult>,
  plans: ReadonlyMap<number, PlannedWrite>,
): OperationMember[] {
  return operations.flatMap((operation) => {
    const result = results.get(operation.id);
    if (result === undefined) return [];
    return operation.members.flatMap((index, place) => {
      const plan = plans.get(index);
      return plan === undefined ? [] : [{ plan, operation, result, place }];
    });
  });
}

/** Of other requests than those that an operation was made of, only what the records show can be told. */
export function possibleMembers(
  operations: readonly Operation[],
  results: ReadonlyMap<string, OperationResult>,
  plans: readonly PlannedWrite[],
): OperationMember[] {
  const [operation] = operations.toSorted((a, b) => a.acceptedAt - b.acceptedAt);
  if (operation === undefined) return [];
  const isPending = [...results.values()].some(({ state }) => state === 'pending');
  const result: OperationResult = { state: isPending ? 'pending' : 'success', errors: [] };
  return plans.filter(({ action }) => action !== 'delete').map((plan) => ({ plan, operation, result, place: undefined }));
}

export async function outcomesOf(
  api: Api,
  layout: Layout,
  directories: Directories,
  members: readonly OperationMember[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, WriteOutcome>> {
  const ended = members.filter(({ result }) => result.state !== 'pending');
  const found = await readBack(api, layout, directories, ended, signal);
  return new Map(
    members.map((member) => [
      member.plan.index,
      member.result.state === 'pending'
        ? { status: 'pending', message: `OroCRM still works on operation ${member.operation.id}.` }
        : judge(member, found.get(member.plan)),
    ]),
  );
}

interface Found {
  readonly entity: Entity;
  readonly values: FieldValues;
  readonly matches: boolean;
}

function judge({ plan, operation, result, place }: OperationMember, found: Found | undefined): WriteOutcome {
  const own = place === undefined ? [] : result.errors.filter((error) => placeOf(error) === place);
  const clean = result.state === 'success' && result.errors.length === 0 && place !== undefined;
  if (found !== undefined && (found.matches || (clean && plan.action === 'update'))) {
    const created = plan.action === 'create' && isNew(found.entity, operation);
    return {
      status: 'applied',
      id: found.entity.id,
      created,
      record: {
        id: found.entity.id,
        values: Object.fromEntries(plan.written.map((path) => [path, found.values[path] ?? null])),
        ...modifiedAt(found.entity),
      },
    };
  }
  if (own.length > 0) return failureOf(plan, own);
  if (plan.action === 'update' && found === undefined) {
    const gone: VendorError = { status: 404, title: '', detail: 'The record does not exist any more.', pointer: '' };
    return failureOf(plan, [gone]);
  }
  return {
    status: 'unknown',
    message: `Operation ${operation.id} ended${result.state === 'success' ? '' : ' without success'}, and the record does not show what was written.`,
  };
}

async function readBack(
  api: Api,
  layout: Layout,
  directories: Directories,
  members: readonly OperationMember[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<PlannedWrite, Found>> {
  const { collection } = layout.kind;
  const found = new Map<PlannedWrite, Found>();
  const plans = members.map(({ plan }) => plan);
  const list = async function* (conditions: Readonly<Record<string, string>>): AsyncGenerator<Found> {
    const query = { ...conditions, [`fields[${collection}]`]: shownFields(layout) };
    for await (const { rows } of listPages(api, collection, query, { signal }))
      for (const entity of rows) yield { entity, values: await ownValues(layout, entity, directories.groups), matches: false };
  };

  const updates = new Map(plans.filter(({ action }) => action === 'update').map((plan) => [plan.id!, plan]));
  for (const chunk of chunkList([...updates.keys()])) {
    for await (const row of list({ 'filter[id]': chunk.join(',') })) {
      const plan = updates.get(row.entity.id);
      if (plan !== undefined) found.set(plan, { ...row, matches: holds(plan, row.values) });
    }
  }
  const keyed = new Map(plans.filter(({ externalId }) => externalId !== undefined).map((plan) => [plan.externalId!, plan]));
  for (const chunk of chunkList([...keyed.keys()])) {
    for await (const row of list({ [`filter[${EXTERNAL_ID}]`]: chunk.join(',') })) {
      const plan = keyed.get(String(row.entity.attributes[EXTERNAL_ID]));
      if (plan !== undefined) found.set(plan, { ...row, matches: holds(plan, row.values) });
    }
  }
  const created = members.filter(({ plan }) => plan.action === 'create' && plan.externalId === undefined);
  if (created.length > 0) {
    // No key finds them: of the records made since, each that holds what was to be written is one of them.
    const since = Math.min(...created.map(({ operation }) => operation.acceptedAt)) - BEFORE_ACCEPTED_MS;
    const left = new Set(created.map(({ plan }) => plan));
    for await (const row of list({ 'filter[createdAt][gte]': toInstant(since).replace(/\.\d+Z$/, 'Z') })) {
      const plan = [...left].find((one) => holds(one, row.values));
      if (plan === undefined) continue;
      left.delete(plan);
      found.set(plan, { ...row, matches: true });
    }
  }
  return found;
}

function shownFields({ attributes, relations, groups }: Layout): string {
  const names = [...attributes, ...relations].map(({ path }) => path);
  return [...new Set([...names, ...(groups === undefined ? [] : ['groups']), EXTERNAL_ID, 'createdAt', 'updatedAt'])].join(',');
}

/** Whether a record holds what was to be written; a primary address that was added to a set shows in it. */
function holds(plan: PlannedWrite, values: FieldValues): boolean {
  return plan.written.every((path) => {
    const wanted = plan.values[path] ?? null;
    const shown = values[path] ?? null;
    if (!Array.isArray(wanted) && !Array.isArray(shown)) return wanted === shown;
    const items = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : []);
    const pair = PRIMARY_SETS.find(({ set }) => set === path);
    const added = pair === undefined ? null : (plan.values[pair.primary] ?? null);
    const expected = new Set([...items(wanted), ...(typeof added === 'string' ? [added] : [])]);
    return expected.size === items(shown).length && items(shown).every((item) => expected.has(item));
  });
}

function isNew(entity: Entity, { acceptedAt }: Operation): boolean {
  return Date.parse(String(entity.attributes['createdAt'])) >= acceptedAt - BEFORE_ACCEPTED_MS;
}
