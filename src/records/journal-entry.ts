/** What the journal keeps of a write: which fields it settles, why, whose values they are, and what they were. */
import type { EndName } from '../mapping/mapping.ts';
import type { FieldValues } from '../model/value.ts';
import type { JournalField } from '../storage/journal.ts';
import { consentField, isOptedOut } from './consent.ts';
import { otherEnd, type ActiveLink } from './link.ts';
import type { WriteWork } from './work.ts';

/** Of each written path: the field that it settles, why it was written, and whose value it is. */
export function journalFields(link: ActiveLink, item: WriteWork, end: EndName): Record<string, JournalField> {
  const source = otherEnd(link, end).name;
  const fields: Record<string, JournalField> = {};
  for (const [path, { fieldId, reason }] of Object.entries(item.decision.reasons[end]!)) {
    const field = link.mapping.fields.find(({ id }) => id === fieldId);
    const consent = link.mapping.consent.find((candidate) => consentField(candidate).id === fieldId);
    const known = item.sides[source]?.values;
    const fromSource =
      consent === undefined
        ? field === undefined || field.read[source]!.length > 0
        : known !== undefined && (reason === 'opt-in' || isOptedOut(consent.state(source, known)));
    fields[path] = {
      field: field?.name ?? (consent === undefined ? path : `consent ${consent.purpose}`),
      reason,
      origin: fromSource ? source : undefined,
    };
  }
  return fields;
}

/** Why a record is written, as the journal keeps it. */
export function reasonsOf(item: WriteWork, end: EndName): string {
  return [...new Set(Object.values(item.decision.reasons[end]!).map(({ reason }) => reason))].join(',');
}

/** A link that keeps hashes only remembers that a field was written, and not what. */
export function kept(link: ActiveLink, values: FieldValues, paths: readonly string[]): FieldValues | undefined {
  return link.retain === 'values' ? pickPresent(values, paths) : undefined;
}

/** Those of some paths that have a value; one without is left out. */
export function pickPresent<Value>(values: Readonly<Record<string, Value>>, paths: readonly string[]): Record<string, Value> {
  return Object.fromEntries(paths.flatMap((path) => (values[path] === undefined ? [] : [[path, values[path]]])));
}
