/** The ready rules of policies: each tells what of a plan breaks it, in sentences; none says that nothing does. Pure. */
import type { Freeze, PolicyRules, ProtectedField } from '../config/generated/documents.ts';
import { isLinkType, type Address } from '../model/address.ts';
import { changesSomething, type EndPlan, type LinkPlan, type Plan } from '../model/plan.ts';

/** What a rule looks at. */
export interface Judged {
  readonly plan: Plan;
  /** Links whose records the plan concerns; the backlog of the others is not this plan's. */
  readonly links: readonly LinkPlan[];
  readonly nowMs: number;
}

/** What is done to the records of a link. */
export interface WrittenRecords {
  readonly address: Address;
  readonly ends: Readonly<Record<string, Omit<EndPlan, 'unchanged'>>>;
  readonly counts?: Readonly<Record<string, number>>;
}

type Rule<Parameters> = (judged: Judged, parameters: Parameters) => readonly string[];
type RecordRule<Parameters> = (links: readonly WrittenRecords[], parameters: Parameters) => readonly string[];

/** Rules that say nothing about records that were not read. */
export const RULES_OF_RECORDS: ReadonlySet<string> = new Set(['protectedFields', 'callBudget', 'noOptIn']);

/** What breaks a rule by its name; `require` is judged elsewhere. */
export function brokenRules(judged: Judged, rules: PolicyRules): readonly string[] {
  return [
    ...(rules.maximumDeletes?.objects === undefined ? [] : destroyedObjects(judged, rules.maximumDeletes.objects)),
    ...brokenByRecords(judged.links, rules),
    ...(rules.callBudget === undefined ? [] : callBudget(judged, rules.callBudget)),
    ...(rules.freeze === undefined ? [] : freeze(judged, rules.freeze)),
    ...(rules.requiredLabels === undefined ? [] : requiredLabels(judged, rules.requiredLabels)),
  ];
}

/** The same of those rules that what is written to records can break. */
export function brokenByRecords(links: readonly WrittenRecords[], rules: PolicyRules): readonly string[] {
  return [
    ...(rules.maximumDeletes?.records === undefined ? [] : deletedRecords(links, rules.maximumDeletes.records)),
    ...(rules.protectedFields === undefined ? [] : protectedFields(links, rules.protectedFields)),
    ...(rules.noOptIn === undefined ? [] : noOptIn(links, rules.noOptIn)),
  ];
}

const destroyedObjects: Rule<number> = ({ plan }, most) => {
  const { destroy } = plan.summary;
  return destroy > most ? [`It destroys ${destroy} objects; at most ${most} are allowed.`] : [];
};

const deletedRecords: RecordRule<number> = (links, most) => {
  const deleted = links.flatMap(({ ends }) => Object.values(ends)).reduce((sum, end) => sum + end.delete, 0);
  return deleted > most ? [`It deletes ${deleted} records; at most ${most} are allowed.`] : [];
};

const protectedFields: RecordRule<readonly ProtectedField[]> = (links, fields) =>
  fields.flatMap(({ integration, object, field, against }) =>
    links.flatMap(({ address, ends }) =>
      Object.values(ends)
        .filter((end) => end.integration === integration && end.object === object && Object.hasOwn(end.fields, field))
        .map((end) => end.fields[field]![against])
        .filter((count) => count > 0)
        .map(
          (count) =>
            `${address} ${against === 'clear' ? 'clears' : 'writes'} ${object}.${field} of ${count} records at ${integration}.`,
        ),
    ),
  );

const noOptIn: RecordRule<true> = (links) =>
  links.flatMap(({ address, counts }) => {
    const found = counts?.['optIns'] ?? 0;
    return found > 0 ? [`${address} opts ${found} people in.`] : [];
  });

const callBudget: Rule<Readonly<Record<string, number>>> = ({ links }, budgets) =>
  Object.entries(budgets).flatMap(([integration, most]) => {
    const planned = links.reduce((sum, { calls }) => sum + (calls[integration]?.planned ?? 0), 0);
    return planned > most ? [`It sends ${planned} calls to ${integration}; at most ${most} are allowed.`] : [];
  });

const freeze: Rule<Freeze> = ({ plan, nowMs }, { windows = [], weekdays = [], timeZone }) => {
  if (!changesSomething(plan)) return [];
  const day = new Intl.DateTimeFormat('en-US', { weekday: 'long', timeZone }).format(nowMs).toLowerCase();
  const frozen = windows.filter(({ from, until }) => Date.parse(from) <= nowMs && nowMs < Date.parse(until));
  return [
    ...frozen.map(({ from, until }) => `Nothing is applied from ${from} until ${until}.`),
    ...(weekdays.some((frozenDay) => frozenDay === day) ? [`Nothing is applied on a ${day} (${timeZone}).`] : []),
  ];
};

const LABELLED: ReadonlySet<string> = new Set(['syncline/mapping', 'syncline/campaignimport']);

const requiredLabels: Rule<readonly string[]> = ({ plan }, labels) =>
  plan.resourceChanges
    .filter(({ provider, type, after }) => after !== null && (provider !== 'syncline' || isLinkType(type) || LABELLED.has(type)))
    .flatMap(({ address, labels: own = {} }) => {
      const missing = labels.filter((label) => !Object.hasOwn(own, label) || own[label] === '');
      return missing.length === 0 ? [] : [`${address} has no label ${missing.join(', ')}.`];
    });
