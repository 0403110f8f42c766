/** Mapped fields that an account does not have, or does not show: why, and what to do. */
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';

/** What is known of a field besides what the account says of it. */
export interface KnownField {
  /** What a person does to make it, where it is declared as expected. */
  readonly steps: readonly string[];
  /** Whether it was mapped when the link was last applied, so that it was there. */
  readonly applied: boolean;
}

/** @param cause as far as the vendor tells */
export function missingField(
  address: Address,
  place: string,
  path: string,
  cause: 'gone' | 'hidden' | undefined,
  { steps, applied }: KnownField,
): Diagnostic {
  if (cause === 'hidden')
    return {
      severity: 'error',
      code: 'RECORD_FIELD_HIDDEN',
      address,
      detail: `${place} hides the field "${path}" from these credentials.`,
      hint: 'Give the user of the integration access to it, or take it out of the mapping.',
    };
  const since = applied ? ` It was there when ${address} was last applied.` : '';
  const ways = `${applied ? 'Make it again' : 'Declare the field as a Resource'}, correct its name in the mapping`;
  return {
    severity: 'error',
    code: 'RECORD_FIELD_MISSING',
    address,
    detail: `${place} has no field "${path}"${cause === 'gone' ? '' : ', or hides it from these credentials'}.${since}`,
    hint:
      steps.length === 0
        ? `${ways}${cause === 'gone' ? '' : ', or grant access to it'}.`
        : ['It is declared as expected, so a person makes it:', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join(
            '\n',
          ),
  };
}
