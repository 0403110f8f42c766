/**
 * Whether a batch goes to the bulk importer or contact by contact: whatever takes fewer calls, all
 * reading back included. The same rules answer what a batch would cost.
 */
import type { WriteShape } from '../provider.ts';
import { PAGE_SIZE } from './api.ts';
import { parsePath } from './catalog.ts';
import { keysetPages } from './contact-listing.ts';
import { IMPORT_CONTACTS } from './import-job.ts';
import { valuePages, type Totals } from './value-listing.ts';
import { canImport, singleCalls, type PlannedWrite } from './write-plan.ts';

/** The vendor's advice for the importer. */
const IMPORT_FROM_CONTACTS = 10;

/** Updates with custom fields are apart: only theirs must be read back one by one where the account is large. */
export type ImportGroup = 'create' | 'update' | 'update-with-fields';
const GROUPS: readonly ImportGroup[] = ['create', 'update', 'update-with-fields'];

/** Importable requests that behave alike. */
interface GroupLoad {
  readonly contacts: number;
  /** Calls that they would take one by one. */
  readonly singleCalls: number;
  /** Custom field values that they write. */
  readonly values: number;
  /** Opt-outs by list. */
  readonly optOuts: ReadonlyMap<string, number>;
}

export type Loads = Readonly<Partial<Record<ImportGroup, GroupLoad>>>;

/** Which groups go to the importer so that the calls in all are fewest; none where it does not pay. */
export function chooseImports(
  loads: Loads,
  totals: Totals,
): { readonly groups: ReadonlySet<ImportGroup>; readonly calls: number } {
  const present = GROUPS.filter((group) => loads[group] !== undefined);
  let best = { groups: new Set<ImportGroup>(), calls: sum(present.map((group) => loads[group]!.singleCalls)) };
  for (let mask = 1; mask < 2 ** present.length; mask += 1) {
    const groups = new Set(present.filter((_, index) => (mask & (1 << index)) !== 0));
    const imported = present.filter((group) => groups.has(group)).map((group) => loads[group]!);
    if (sum(imported.map((load) => load.contacts)) < IMPORT_FROM_CONTACTS) continue;
    const rest = sum(present.filter((group) => !groups.has(group)).map((group) => loads[group]!.singleCalls));
    const calls = rest + importCalls(loads, groups, totals);
    if (calls < best.calls) best = { groups, calls };
  }
  return best;
}

/** Requests to the importer, one look at each, and reading back. Assumes that it keeps up and refuses nobody. */
function importCalls(loads: Loads, groups: ReadonlySet<ImportGroup>, totals: Totals): number {
  const imported = [...groups].map((group) => loads[group]!);
  const contacts = sum(imported.map((load) => load.contacts));
  const requests = Math.ceil(contacts / IMPORT_CONTACTS);
  const added = groups.has('create') ? loads.create!.values : 0;
  const changed = groups.has('update-with-fields') ? loads['update-with-fields']!.contacts : 0;
  let optOuts = 0;
  for (const [list, count] of optOutsOf(imported)) optOuts += Math.min(count, optOutListing(list, count, totals));
  const written = changed === 0 ? 0 : loads['update-with-fields']!.values;
  return 2 * requests + Math.ceil(contacts / PAGE_SIZE) + valueReadBack(added, changed, written, totals).calls + optOuts;
}

/**
 * How written custom field values are read back: all values of the account in one listing, or the
 * end of that listing for new contacts and one call each for those that existed.
 */
export function valueReadBack(
  added: number,
  changedContacts: number,
  changedValues: number,
  totals: Totals,
): { readonly all: boolean; readonly calls: number } {
  const latest = added === 0 ? 0 : valuePages(added) + (totals.values === undefined ? 1 : 0);
  const apart = latest + changedContacts;
  // At the most: a value that replaces another one adds none.
  const all = totals.values === undefined ? Number.POSITIVE_INFINITY : valuePages(totals.values + added + changedValues);
  return all < apart ? { all: true, calls: all } : { all: false, calls: apart };
}

/** Whether the choice hangs on how many values the account holds and nobody has asked yet: one call tells. */
export function mustCountValues(loads: Loads, totals: Totals): boolean {
  return totals.values === undefined && (loads['update-with-fields']?.contacts ?? 0) >= IMPORT_FROM_CONTACTS;
}

/** Calls to see the opt-outs of a list after `count` more. */
function optOutListing(list: string, count: number, totals: Totals): number {
  return keysetPages((totals.optOuts.get(list) ?? Number.POSITIVE_INFINITY) + count);
}

/** Lists whose opt-outs travel with the import, because one listing proves them more cheaply than a call each. */
export function listsViaImport(plans: readonly PlannedWrite[], totals: Totals): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const plan of plans) countOptOuts(plan, counts);
  return new Set([...counts].filter(([list, count]) => optOutListing(list, count, totals) < count).map(([list]) => list));
}

export function groupOf(plan: PlannedWrite): ImportGroup {
  if (plan.request.action === 'create') return 'create';
  return plan.fields.length > 0 ? 'update-with-fields' : 'update';
}

export function loadsOf(plans: readonly PlannedWrite[]): Loads {
  const loads: Partial<Record<ImportGroup, GroupLoad>> = {};
  for (const plan of plans.filter(canImport)) {
    const group = groupOf(plan);
    const load = loads[group];
    const optOuts = new Map(load?.optOuts);
    countOptOuts(plan, optOuts);
    loads[group] = {
      contacts: (load?.contacts ?? 0) + 1,
      singleCalls: (load?.singleCalls ?? 0) + singleCalls(plan),
      values: (load?.values ?? 0) + plan.fields.length,
      optOuts,
    };
  }
  return loads;
}

/**
 * What requests of these shapes cost. A shape does not tell values, so every value is taken for one
 * that is set, every tag for one that is added, and consent for an opt-out on update and an opt-in on create.
 */
export function writeCalls(shapes: readonly WriteShape[], listId: (path: string) => string, totals: Totals): number {
  const loads: Partial<Record<ImportGroup, GroupLoad>> = {};
  let apart = 0;
  for (const { action, count, paths } of shapes) {
    const parts = paths.map(parsePath);
    const fields = parts.filter((part) => part?.part === 'field').length;
    const natives = parts.filter((part) => part?.part === 'native').length;
    const pairs = parts.filter((part) => part?.part === 'tag' || part?.part === 'list').length;
    const each = action === 'delete' ? 1 : (action === 'create' || natives + fields > 0 ? 1 : 0) + pairs;
    if (action === 'delete' || (action === 'update' && (paths.includes('email') || paths.length === 0))) {
      apart += count * each;
      continue;
    }
    const group: ImportGroup = action === 'create' ? 'create' : fields > 0 ? 'update-with-fields' : 'update';
    const load = loads[group];
    const optOuts = new Map(load?.optOuts);
    if (action === 'update') {
      for (const path of paths.filter((one) => parsePath(one)?.part === 'list')) {
        optOuts.set(listId(path), (optOuts.get(listId(path)) ?? 0) + count);
      }
    }
    loads[group] = {
      contacts: (load?.contacts ?? 0) + count,
      singleCalls: (load?.singleCalls ?? 0) + count * each,
      values: (load?.values ?? 0) + count * fields,
      optOuts,
    };
  }
  if (!mustCountValues(loads, totals)) return apart + chooseImports(loads, totals).calls;
  // What was never read is most often not there yet: the writer asks for the number once.
  return apart + 1 + chooseImports(loads, { ...totals, values: 0 }).calls;
}

function countOptOuts(plan: PlannedWrite, counts: Map<string, number>): void {
  for (const { list, state } of plan.consents) {
    if (state === 'unsubscribed') counts.set(list.id, (counts.get(list.id) ?? 0) + 1);
  }
}

function optOutsOf(loads: readonly GroupLoad[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const load of loads) for (const [list, count] of load.optOuts) counts.set(list, (counts.get(list) ?? 0) + count);
  return counts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
