/** What somebody agreed to, when and where. */
import { isObject, type JsonObject } from './request-body.ts';

/** Keys as v2 spells them. */
export const CONSENT_KEYS = ['TEXT', 'DATETIMECONSENTED', 'URL', 'IPADDRESS', 'USERAGENT'] as const;
type ConsentKey = (typeof CONSENT_KEYS)[number];

export interface ConsentRecord {
  readonly values: Readonly<Partial<Record<ConsentKey, string>>>;
  /** In ms. */
  readonly created: number;
}

const NAMES_OF_V3: Readonly<Record<ConsentKey, string>> = {
  TEXT: 'text',
  DATETIMECONSENTED: 'dateTimeConsented',
  URL: 'url',
  IPADDRESS: 'ipAddress',
  USERAGENT: 'userAgent',
};

/** @returns the records of a v3 request; `undefined` where one is incomplete or there are more than five */
export function consentRecordsOfV3(given: unknown, now: number): readonly ConsentRecord[] | undefined {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > 5) return undefined;
  const records = given.map((entry: unknown) => {
    const values = CONSENT_KEYS.map((key) => [key, isObject(entry) ? entry[NAMES_OF_V3[key]] : undefined] as const);
    if (!values.every(([, value]) => typeof value === 'string')) return undefined;
    return { values: Object.fromEntries(values) as ConsentRecord['values'], created: now };
  });
  return records.every((record) => record !== undefined) ? records : undefined;
}

export function consentFormV3({ values, created }: ConsentRecord): JsonObject {
  const told = Object.entries(values).map(([key, value]) => [NAMES_OF_V3[key as ConsentKey], value] as const);
  return { ...Object.fromEntries(told), dateTimeCreated: new Date(created).toISOString().slice(0, 19) };
}
