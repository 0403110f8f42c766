/**
 * Every diagnostic code, declared once: the fixed summary that readers learn and logs group by,
 * and the explanation that `syncline explain CODE` prints. One file an area.
 */
import { CONFIG_CODES } from './config-codes.ts';
import { LEDGER_CODES } from './ledger-codes.ts';
import { MAPPING_CODES } from './mapping-codes.ts';
import { PROVIDER_CODES } from './provider-codes.ts';
import { RECORD_CODES } from './record-codes.ts';
import { STORAGE_CODES } from './storage-codes.ts';

export interface CodeDeclaration {
  readonly summary: string;
  readonly explanation: string;
}

export const DIAGNOSTIC_CODES = {
  ...CONFIG_CODES,
  ...LEDGER_CODES,
  ...MAPPING_CODES,
  ...PROVIDER_CODES,
  ...RECORD_CODES,
  ...STORAGE_CODES,
} as const satisfies Record<string, CodeDeclaration>;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
