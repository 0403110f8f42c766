/** Calls on the condition that what they are about did, or did not, change. */
import { refuseWith } from '../api-error.ts';
import { formatHttpDate } from '../data/instants.ts';
import type { Call } from './call.ts';

/** What tells one version of a resource from another. */
export interface Version {
  readonly changedAt: number;
  /** Of describes and single accounts only. */
  readonly tag?: string;
}

export function versionHeaders({ changedAt, tag }: Version): Record<string, string> {
  const headers = { 'Last-Modified': formatHttpDate(changedAt) };
  return tag === undefined ? headers : { ...headers, ETag: `"${tag}"` };
}

/** Whether the caller has this version already: `If-None-Match`, `If-Modified-Since`. */
export function isUnchanged(call: Call, { changedAt, tag }: Version): boolean {
  const known = call.headers['if-none-match'];
  if (known !== undefined && tag !== undefined) return names(known, tag);
  return isBy(call.headers['if-modified-since'], changedAt) === true;
}

/** UNVERIFIED: code and wording. @throws Refusal 412 where `If-Match` or `If-Unmodified-Since` asks for another version */
export function checkPrecondition(call: Call, { changedAt, tag }: Version): void {
  const wanted = call.headers['if-match'];
  const differs = wanted !== undefined && tag !== undefined && !names(wanted, tag);
  if (differs || isBy(call.headers['if-unmodified-since'], changedAt) === false)
    refuseWith(412, 'PRECONDITION_FAILED', 'The resource was changed in the meantime');
}

/** Whether a header lists a tag, which ends in `--gzip` where its answer was compressed. */
function names(header: string, tag: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => one.trim().replace(/^(?:W\/)?"(.*?)(?:--gzip)?"$/, '$1') === tag);
}

/** Whether the last change was not after the time that a header names, in whole seconds; `undefined` where it names none. */
function isBy(header: string | undefined, changedAt: number): boolean | undefined {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : Math.floor(changedAt / 1000) * 1000 <= time;
}
