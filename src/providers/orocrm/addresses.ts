/**
 * Addresses are written as whole sets: what a set leaves out is gone, and a primary address that is
 * sent alone takes the place of the one before it. To write one address without losing another, the
 * set that the record holds has to be known.
 */
import type { FieldValue, FieldValues } from '../../model/value.ts';
import type { WriteRequest } from '../provider.ts';
import { chunkList, listPages, type Api } from './api.ts';
import { PRIMARY_SETS, type ObjectKind } from './catalog.ts';
import { readAttribute } from './record-values.ts';

type SetName = (typeof PRIMARY_SETS)[number]['set'];

/** What a record holds: the set, and which of it comes first. */
export interface HeldAddresses {
  readonly items: readonly string[];
  readonly primary: string | null;
}

/** By record and set. */
export type HeldByRecord = ReadonlyMap<string, Readonly<Partial<Record<SetName, HeldAddresses>>>>;

/** Attributes to send, or why the vendor would refuse them. */
export type ResolvedAddresses = { readonly values: FieldValues } | { readonly problem: string; readonly path: string };

/** Whether an update can only be spelled with what its record holds now. */
export function needsHeld(request: WriteRequest): boolean {
  return (
    request.action === 'update' &&
    PRIMARY_SETS.some((names) => isTouched(request.values, names) && heldBefore(request, names) === undefined)
  );
}

/** Reads the addresses of records; one call for some hundreds of them. */
export async function readHeld(
  api: Api,
  kind: ObjectKind,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<HeldByRecord> {
  const held = new Map<string, Partial<Record<SetName, HeldAddresses>>>();
  const names = PRIMARY_SETS.flatMap(({ set, primary }) => [set, primary]);
  for (const chunk of chunkList([...new Set(ids)])) {
    const query = { 'filter[id]': chunk.join(','), [`fields[${kind.collection}]`]: names.join(',') };
    for await (const { rows } of listPages(api, kind.collection, query, { signal })) {
      for (const { id, attributes } of rows) {
        const sets = PRIMARY_SETS.map(({ set, primary }) => {
          const items = setOf(readAttribute({ path: set, type: 'set' }, attributes[set]));
          return [set, { items, primary: textOf(readAttribute({ path: primary, type: 'string' }, attributes[primary])) }];
        });
        held.set(id, Object.fromEntries(sets) as Partial<Record<SetName, HeldAddresses>>);
      }
    }
  }
  return held;
}

/** Completes the addresses among the values of a request, so that writing one keeps the others. */
export function resolveAddresses(request: WriteRequest, held: HeldByRecord): ResolvedAddresses {
  const values: Record<string, FieldValue> = {};
  for (const names of PRIMARY_SETS) {
    if (!isTouched(request.values, names)) continue;
    const known =
      request.action === 'create'
        ? { items: [], primary: null }
        : (heldBefore(request, names) ?? held.get(request.id ?? '')?.[names.set] ?? { items: [], primary: null });
    const written = Object.hasOwn(request.values, names.set) ? setOf(request.values[names.set]!) : undefined;
    const primary = Object.hasOwn(request.values, names.primary) ? textOf(request.values[names.primary]!) : undefined;
    const items = itemsOf(known, written, primary);
    const first = primary === undefined ? (find(items, known.primary) ?? items[0] ?? null) : primary;
    if (first === null && items.length > 0) {
      return {
        path: names.primary,
        problem: `${names.primary} cannot be cleared while ${names.set} holds others: OroCRM wants one of them to be the primary one.`,
      };
    }
    if (items.length === 0) {
      // A record that has none yet needs no word of it.
      if (request.action === 'update') values[names.set] = [];
      continue;
    }
    values[names.set] = items;
    values[names.primary] = first;
  }
  return { values };
}

function itemsOf(
  known: HeldAddresses,
  written: readonly string[] | undefined,
  primary: string | null | undefined,
): readonly string[] {
  const base = written ?? known.items;
  if (primary === undefined) return base;
  // The primary address goes when it is cleared, and stays as another one when it is replaced.
  if (primary === null) return written ?? base.filter((item) => !same(item, known.primary));
  return [...base.filter((item) => !same(item, primary)), primary];
}

function heldBefore({ before }: WriteRequest, names: (typeof PRIMARY_SETS)[number]): HeldAddresses | undefined {
  const items = before?.[names.set];
  const primary = before?.[names.primary];
  if (items === undefined || primary === undefined) return undefined;
  return { items: setOf(items), primary: textOf(primary) };
}

function isTouched(values: FieldValues, { set, primary }: (typeof PRIMARY_SETS)[number]): boolean {
  return Object.hasOwn(values, set) || Object.hasOwn(values, primary);
}

function find(items: readonly string[], wanted: string | null): string | undefined {
  return items.find((item) => same(item, wanted));
}

function same(one: string, other: string | null): boolean {
  return other !== null && one.toLowerCase() === other.toLowerCase();
}

function setOf(value: FieldValue): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

function textOf(value: FieldValue): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
