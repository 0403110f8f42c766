import type { CodeDeclaration } from './codes.ts';

export const RECORD_CODES = {
  RECORD_AMBIGUOUS_MATCH: {
    summary: 'Ambiguous match',
    explanation: 'Several records carry the same match key. Syncline never guesses which one is meant: merge them or give one another key.',
  },
} as const satisfies Record<string, CodeDeclaration>;
