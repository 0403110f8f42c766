import type { CodeDeclaration } from './codes.ts';

export const STORAGE_CODES = {
  STORAGE_LOCKED: {
    summary: 'Error acquiring the state lock',
    explanation: 'Another process works on this state. Wait for it, or remove a lock whose holder is gone with force-unlock.',
  },
} as const satisfies Record<string, CodeDeclaration>;
