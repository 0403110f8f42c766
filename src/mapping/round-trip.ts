import type { FieldValues } from '../model/value.ts';
import type { CompiledField, EndName } from './mapping.ts';

export type RoundTrip =
  /** What comes back says the same, and both ends agree on the way. */
  | { readonly status: 'kept'; readonly there: FieldValues; readonly back: FieldValues }
  | { readonly status: 'changed'; readonly there: FieldValues; readonly back: FieldValues }
  /** A value could not be carried to this end. */
  | { readonly status: 'stopped'; readonly at: EndName; readonly problem: string };

/**
 * The law of two-way fields, as a check: what is carried to the other end and back still agrees with
 * what was there, so that a link never changes a record by looking at it.
 *
 * @param start the end whose values are carried there and back; the field must be written to both ends
 */
export function roundTrip(field: CompiledField, start: EndName, values: FieldValues): RoundTrip {
  const other = field.targets.find((end) => end !== start);
  const [startPath, otherPath] = [field.write[start], other === undefined ? undefined : field.write[other]];
  if (other === undefined || startPath === undefined || otherPath === undefined) {
    return { status: 'stopped', at: start, problem: 'The field does not flow both ways.' };
  }
  const there = field.carry(other, values);
  if ('problem' in there) return { status: 'stopped', at: other, problem: there.problem };
  const otherValues = { [otherPath]: there.value };
  const back = field.carry(start, otherValues);
  if ('problem' in back) return { status: 'stopped', at: start, problem: back.problem };
  const startValues = { [startPath]: back.value };
  const kept =
    field.agrees({ [start]: values, [other]: otherValues }) && field.agrees({ [start]: startValues, [other]: otherValues });
  return { status: kept ? 'kept' : 'changed', there: otherValues, back: startValues };
}
