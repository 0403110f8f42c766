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

/** Updates that replace custom field values are apart: only theirs must be read back one by one where the account is large. */
export type ImportGroup = 'create' | 'update' | 'replace';
const GROUPS: readonly ImportGroup[] = ['create', 'update', 'replace'];

/** Importable requests that behave alike. */
interface GroupLoad {
  readonly contacts: number;
  /** Calls that they would take one by one. */
  readonly singleCalls: number;
  /** Custom field values that their contacts did not hold before: the vendor lists them behind all others. */
  readonly added: number;
  /** Contacts of which at least one custom field value is replaced. */
  readonly replaced: number;
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
  const added = sum(imported.map((load) => load.added));
  const replaced = sum(imported.map((load) => load.replaced));
  let optOuts = 0;
  for (const count of optOutsOf(imported).values()) optOuts += Math.min(count, keysetPages(count));
  return 2 * requests + Math.ceil(contacts / PAGE_SIZE) + valueReadBack(added, replaced, totals).calls + optOuts;
}

/**
 * How written custom field values are read back: all values of the account in one listing, or the
 * end of that listing for new values and one call each for contacts of which a value was replaced.
 */
export function valueReadBack(
  added: number,
  replaced: number,
  totals: Totals,
): { readonly all: boolean; readonly calls: number } {
  const latest = added === 0 ? 0 : valuePages(added);
  const apart = latest + replaced;
  const all = totals.values === undefined ? Number.POSITIVE_INFINITY : valuePages(totals.values + added);
  return all <= apart ? { all: true, calls: all } : { all: false, calls: apart };
}

/**
 * Whether nobody has asked yet how many values the account holds, and reading back hangs on it: new
 * ones are listed behind them. One call tells.
 */
export function mustCountValues(loads: Loads, totals: Totals): boolean {
  const present = Object.values(loads);
  const writesValues = present.some((load) => load.added > 0 || load.replaced > 0);
  return totals.values === undefined && writesValues && sum(present.map((load) => load.contacts)) >= IMPORT_FROM_CONTACTS;
}

/** Lists whose opt-outs travel with the import, because one listing proves them more cheaply than a call each. */
export function listsViaImport(plans: readonly PlannedWrite[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const plan of plans) countOptOuts(plan, counts);
  return new Set([...counts].filter(([, count]) => keysetPages(count) < count).map(([list]) => list));
}

export function groupOf(plan: PlannedWrite): ImportGroup {
  if (plan.request.action === 'create') return 'create';
  return plan.fields.some((field) => field.replaces) ? 'replace' : 'update';
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
      added: (load?.added ?? 0) + plan.fields.filter((field) => !field.replaces).length,
      replaced: (load?.replaced ?? 0) + (plan.fields.some((field) => field.replaces) ? 1 : 0),
      optOuts,
    };
  }
  return loads;
}

/**
 * What requests of these shapes cost. A shape does not tell values, so every value is taken for one
 * that is set (and replaces another unless the shape says that it fills a blank), every tag for one that is added, and consent for an opt-out on update and an opt-in on create.
 */
export function writeCalls(shapes: readonly WriteShape[], listId: (path: string) => string, totals: Totals): number {
  const loads: Partial<Record<ImportGroup, GroupLoad>> = {};
  let apart = 0;
  for (const { action, count, paths, fills } of shapes) {
    const parts = paths.map(parsePath);
    const fieldPaths = paths.filter((path) => parsePath(path)?.part === 'field');
    const fields = fieldPaths.length;
    const added = action === 'create' ? fields : fieldPaths.filter((path) => fills?.includes(path)).length;
    const natives = parts.filter((part) => part?.part === 'native').length;
    const pairs = parts.filter((part) => part?.part === 'tag' || part?.part === 'list').length;
    const each = action === 'delete' ? 1 : (action === 'create' || natives + fields > 0 ? 1 : 0) + pairs;
    if (action === 'delete' || (action === 'update' && (paths.includes('email') || paths.length === 0))) {
      apart += count * each;
      continue;
    }
    const group: ImportGroup = action === 'create' ? 'create' : added < fields ? 'replace' : 'update';
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
      added: (load?.added ?? 0) + count * added,
      replaced: (load?.replaced ?? 0) + (added < fields ? count : 0),
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
