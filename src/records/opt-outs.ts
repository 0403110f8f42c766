/**
 * The opt-outs of a decision: they travel although other fields of the record cannot. Whatever else was
 * decided on, an opt-in included, waits with the record.
 */
import type { CompiledMapping } from '../mapping/mapping.ts';
import { consentField, isOptedOut } from './consent.ts';
import type { Decision } from './reconcile.ts';

/** A decision without everything that does not opt somebody out; `undefined` where nothing does. */
export function onlyOptOuts(mapping: CompiledMapping, decision: Decision): Decision | undefined {
  const parts = mapping.ends.map((end) => {
    const paths = mapping.consent.flatMap((consent) => {
      const path = consent.path[end];
      if (path === undefined || decision.reasons[end]![path]?.fieldId !== consentField(consent).id) return [];
      return isOptedOut(consent.state(end, decision.writes[end]!)) ? [path] : [];
    });
    return { end, paths };
  });
  if (parts.every(({ paths }) => paths.length === 0)) return undefined;
  const restrict = <Value>(byEnd: Readonly<Record<string, Readonly<Record<string, Value>>>>) =>
    Object.fromEntries(parts.map(({ end, paths }) => [end, Object.fromEntries(paths.map((path) => [path, byEnd[end]![path]!]))]));
  return {
    ...decision,
    writes: restrict(decision.writes),
    reasons: restrict(decision.reasons),
    conflicts: [],
    optIns: [],
    ownReleased: [],
  };
}

/** Ids of the fields and consents that stay undecided where only a part of a decision is carried out. */
export function fieldsLeftOut(mapping: CompiledMapping, decision: Decision, part: Decision): readonly string[] {
  const consents = mapping.consent.flatMap((consent) => {
    const { id } = consentField(consent);
    const isLeftOut = mapping.ends.some((end) => {
      const path = consent.path[end];
      if (path === undefined || decision.reasons[end]![path]?.fieldId !== id) return false;
      return part.reasons[end]![path] === undefined;
    });
    return isLeftOut ? [id] : [];
  });
  return [...mapping.fields.map(({ id }) => id), ...consents];
}
