import type { FieldDescription } from '../model/value.ts';
import { convert } from './conversion.ts';
import type { FieldEntry } from './entries.ts';
import type { Findings } from './findings.ts';
import type { EndName } from './mapping.ts';
import type { SpecificationPath } from './specification.ts';

const MOST_OPTIONS_NAMED = 10;

/** Whether an end lets the field be written, and with the value that stands for a blank. */
export function checkTarget(entry: FieldEntry, end: EndName, target: FieldDescription | undefined, findings: Findings): void {
  if (target === undefined) return;
  const at = ['fields', entry.index, end];
  const name = `${end}.${target.path}`;
  if (target.parent !== undefined) {
    findings.error(
      'MAPPING_READ_ONLY_TARGET',
      at,
      `${name} belongs to the parent record ${target.parent} and cannot be written with this one.`,
      flowHint(end, entry),
    );
  } else if (entry.createOnly && !target.createable) {
    findings.error(
      'MAPPING_READ_ONLY_TARGET',
      at,
      `No value can be given for ${name} when a record is created.`,
      flowHint(end, entry),
    );
  } else if (!entry.createOnly && !target.updateable) {
    const hint = target.createable ? 'a value can be given on creation: createOnly: true' : flowHint(end, entry);
    findings.error(
      'MAPPING_READ_ONLY_TARGET',
      at,
      `${name} cannot be written: its vendor computes it or keeps it as it is.`,
      hint,
    );
  }
  if (!Object.hasOwn(entry.whenBlank, end)) return;
  const fallback = entry.whenBlank[end]!;
  const stored = convert(fallback, target);
  const whenBlankAt = ['fields', entry.index, 'whenBlank', end];
  if ('problem' in stored)
    findings.error(
      'MAPPING_INVALID_DEFAULT',
      whenBlankAt,
      `The value for a blank cannot be written to ${name}. ${stored.problem}`,
    );
  else checkOptions(typeof fallback === 'string' ? [fallback] : [], 'The value for a blank', end, target, whenBlankAt, findings);
}

function flowHint(end: EndName, entry: FieldEntry): string | undefined {
  const others = entry.targets.filter((target) => target !== end);
  return others.length === 0 ? undefined : `let it flow to-${others[0]}`;
}

/** Warns of values that a picklist or set does not offer. */
export function checkOptions(
  values: readonly string[],
  origin: string,
  end: EndName,
  target: FieldDescription,
  at: SpecificationPath,
  findings: Findings,
): void {
  if (target.options === undefined) return;
  const missing = values.filter((value) => !target.options!.includes(value));
  if (missing.length === 0) return;
  const named = missing.slice(0, MOST_OPTIONS_NAMED).map((value) => JSON.stringify(value));
  const rest = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  findings.warning(
    'MAPPING_MISSING_OPTIONS',
    at,
    `${origin} can be ${named.join(', ')}${rest}, which ${end}.${target.path} does not offer.`,
  );
}
