import type { CodeDeclaration } from './codes.ts';

export const MAPPING_CODES = {
  MAPPING_INCOMPATIBLE_TYPES: {
    summary: 'Incompatible field types',
    explanation: 'The two fields hold values that cannot be carried over without loss in the declared direction.',
  },
} as const satisfies Record<string, CodeDeclaration>;
