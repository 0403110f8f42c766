/**
 * Masking of personal data: `j***@e***.com`. Every output, JSON too, is rendered from masked values
 * unless the user asked for them with `--show-values`; so a caller masks once, before it renders or
 * saves. Masking what is masked already changes nothing.
 */
import type { Plan, LinkPlan, RecordChange, RecordConflict } from '../model/plan.ts';
import type { FieldValue } from '../model/value.ts';
import type { LinkVerification } from './verify.ts';

const HIDDEN = '***';
const ADDRESS = /^([^\s@]+)@([^\s@]+)$/;

/**
 * `null` and booleans stay; of a text its first letter stays, of an e-mail address the first letters
 * and the last label too; a number or a date shows nothing.
 */
export function maskValue(value: FieldValue): FieldValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return HIDDEN;
  return typeof value === 'string' ? maskText(value) : value.map(maskText);
}

function maskText(text: string): string {
  if (text === '') return text;
  const address = ADDRESS.exec(text);
  if (address === null) return maskWord(text);
  const labels = address[2]!.split('.');
  const last = labels.length > 1 && /^\p{L}{2,12}$/u.test(labels.at(-1)!) ? `.${labels.at(-1)!}` : '';
  return `${maskWord(address[1]!)}@${maskWord(address[2]!.slice(0, address[2]!.length - last.length))}${last}`;
}

/** A record without a match key goes by `#` and its id, which says nothing of the person. */
export function maskKey(key: string): string {
  return /^#[\w-]{1,64}$/.test(key) ? key : maskText(key);
}

/** Masks the samples of a plan: keys, values before and after, conflicts, keys of skipped records. */
export function maskPlan(plan: Plan, showValues: boolean): Plan {
  return showValues ? plan : { ...plan, links: plan.links.map(maskLink) };
}

export function maskVerification(verification: LinkVerification, showValues: boolean): LinkVerification {
  if (showValues) return verification;
  return {
    ...verification,
    differing: verification.differing.map((difference) => ({
      ...difference,
      key: maskKey(difference.key),
      values: mapValues(difference.values, maskValue),
    })),
    only: mapValues(verification.only, (keys) => keys.map(maskKey)),
    held: verification.held.map((held) => ({ ...held, key: maskKey(held.key) })),
  };
}

function maskLink(link: LinkPlan): LinkPlan {
  return {
    ...link,
    conflicts: link.conflicts.map(maskConflict),
    skipped: link.skipped.map((skipped) => ({ ...skipped, keys: skipped.keys.map(maskKey) })),
    records: link.records.map(maskRecord),
  };
}

function maskConflict(conflict: RecordConflict): RecordConflict {
  return { ...conflict, key: maskKey(conflict.key), values: mapValues(conflict.values, maskValue) };
}

function maskRecord(record: RecordChange): RecordChange {
  const fields = mapValues(record.fields, ({ before, after }) => ({ before: maskValue(before), after: maskValue(after) }));
  return { ...record, key: maskKey(record.key), fields };
}

/** Two characters are half a name in some scripts, and digits are telephone numbers, birthdays, ids: these show nothing. */
function maskWord(text: string): string {
  // No more than the first three characters matter, of two code units at the most.
  const [first = '', ...rest] = text.slice(0, 6);
  return rest.length > 1 && /^\p{L}$/u.test(first) ? `${first}${HIDDEN}` : HIDDEN;
}

function mapValues<In, Out>(values: Readonly<Record<string, In>>, change: (value: In) => Out): Readonly<Record<string, Out>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
