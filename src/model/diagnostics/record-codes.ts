import type { CodeDeclaration } from './codes.ts';

export const RECORD_CODES = {
  RECORD_AMBIGUOUS_MATCH: {
    summary: 'Ambiguous match',
    explanation: 'Several records carry the same match key. Syncline never guesses which one is meant: merge them or give one another key.',
  },
  RECORD_GUARD: {
    summary: 'Refused by a guard',
    explanation:
      'The cycle would change more than its guards allow, so nothing was written. If the change is meant, allow this one cycle with the command that the message shows.',
  },
  RECORD_CEILING: {
    summary: 'Beyond the ceiling of the plan',
    explanation: 'Records have moved so far since planning that applying would change more than the plan allowed. Nothing was written: plan again.',
  },
  RECORD_WRONG_ACCOUNT: {
    summary: 'Wrong account',
    explanation: 'The credentials lead to another account than the one that the stack declares or that was used before. Nothing was written.',
  },
  RECORD_FIELD_MISSING: {
    summary: 'Field missing',
    explanation: 'A mapped field does not exist in the account, or is hidden from the credentials of the integration.',
  },
  RECORD_EMPTY_END: {
    summary: 'Empty end',
    explanation: 'An end that held linked records lists none at all. That is more often a broken filter, permission or account than a mass deletion.',
  },
} as const satisfies Record<string, CodeDeclaration>;
