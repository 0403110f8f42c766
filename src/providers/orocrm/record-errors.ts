/** What an error says of one record: its place in the request, the fields concerned, and the outcome. */
import { vendorWords } from '../../http/vendor-words.ts';
import { PRIMARY_SETS } from './catalog.ts';
import { codeOf, wordsOf, type VendorError } from './refusals.ts';
import type { Failure, PlannedWrite } from './write-plan.ts';

/** The place of the record that an error points at; `undefined` where it points at none. */
export function placeOf({ pointer }: VendorError): number | undefined {
  const place = /^\/data\/(\d+)(?:\/|$)/.exec(pointer)?.[1];
  return place === undefined ? undefined : Number(place);
}

/** Whether an installation does not let a record be found by its external id. */
export function refusesUpsert(errors: readonly VendorError[]): boolean {
  return errors.some(({ pointer }) => pointer.endsWith('/meta/upsert'));
}

/** @param errors at least one, all of one record */
export function failureOf(plan: PlannedWrite, errors: readonly VendorError[]): Failure {
  const [first] = errors;
  const code = codeOf(first!);
  const fields = [...new Set(errors.map(({ pointer }) => fieldAt(plan, pointer)).filter((path) => path !== undefined))];
  return {
    status: 'failed',
    code,
    message: `OroCRM refused the record: ${vendorWords(errors.map(wordsOf).join('; '))}`,
    retryable: false,
    ...(fields.length === 0 ? {} : { fields }),
    ...(code === 'PROVIDER_RECORD_MISSING' && plan.action !== 'create' ? { gone: true } : {}),
  };
}

/** `/data/0/attributes/emails/1/email` -> `emails`, or `primaryEmail` where only that was to be written. */
function fieldAt({ values }: PlannedWrite, pointer: string): string | undefined {
  const name = /\/(?:attributes|relationships)\/([^/]+)/.exec(pointer)?.[1];
  if (name === undefined || Object.hasOwn(values, name)) return name;
  const pair = PRIMARY_SETS.find(({ set, primary }) => name === set || name === primary);
  const sibling = pair === undefined ? undefined : name === pair.set ? pair.primary : pair.set;
  return sibling !== undefined && Object.hasOwn(values, sibling) ? sibling : name;
}
