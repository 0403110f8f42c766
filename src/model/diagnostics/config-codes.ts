import type { CodeDeclaration } from './codes.ts';

export const CONFIG_CODES = {
  CONFIG_INVALID_DURATION: {
    summary: 'Invalid duration',
    explanation: 'Durations are ISO 8601 with days, hours, minutes and seconds: PT10M, PT1H, P1D.',
  },
} as const satisfies Record<string, CodeDeclaration>;
