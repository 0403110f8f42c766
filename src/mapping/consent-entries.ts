/** Reads the entries of `consent`: purpose, fields, direction, authority, and where the address stands. */
import { checkKeys, unknownEnd, unknownFlow, type ConsentEntry, type Ends, type MatchEntry } from './entries.ts';
import type { Findings } from './findings.ts';
import type { EndName } from './mapping.ts';
import { flowTargets, pathAt, type ConsentSpecification } from './specification.ts';

/** The purpose that stands for all; see `src/records/consent.ts`. */
export const ACCOUNT_WIDE = 'all';

/** `undefined` for an entry that was reported. */
export function readConsent(
  entry: ConsentSpecification,
  index: number,
  ends: Ends,
  match: readonly MatchEntry[],
  findings: Findings,
): ConsentEntry | undefined {
  if (!checkKeys('consent', entry, index, ends, findings)) return undefined;
  if (!ends.includes(entry.authority)) {
    unknownEnd(entry.authority, ['consent', index, 'authority'], ends, findings);
    return undefined;
  }
  if (entry.channel !== 'email') {
    findings.error(
      'MAPPING_INVALID_ENTRY',
      ['consent', index, 'channel'],
      `Consent is kept for the channel "email"; "${entry.channel}" is not supported.`,
    );
    return undefined;
  }
  const flow = entry.flow ?? 'both';
  const targets = flow === 'off' ? undefined : flowTargets(flow, ends);
  if (targets === undefined) {
    unknownFlow('consent', flow, index, ends, findings);
    return undefined;
  }
  const paths = readPaths(entry, index, ends, findings);
  const addresses = readAddresses(entry, index, ends, match, findings);
  const optedOutWhen = readFlags(entry, index, ends, findings);
  if (paths === undefined || addresses === undefined || optedOutWhen === undefined) return undefined;
  return { index, purpose: entry.purpose, paths, targets, authority: entry.authority, optedOutWhen, addresses };
}

/** An account-wide state may be one that only one of the two systems has; of any other purpose `null` says so. */
function readPaths(
  entry: ConsentSpecification,
  index: number,
  ends: Ends,
  findings: Findings,
): Readonly<Record<EndName, string>> | undefined {
  const paths = Object.fromEntries(
    ends.flatMap((end) => {
      const path = pathAt(entry, end);
      return path === undefined ? [] : [[end, path]];
    }),
  );
  const missing = ends.filter((end) => paths[end] === undefined);
  const forgotten = missing.filter((end) => entry.purpose !== ACCOUNT_WIDE && entry[end] !== null);
  if (missing.length < 2 && forgotten.length === 0) return paths;
  for (const end of missing) findings.error('MAPPING_INVALID_ENTRY', ['consent', index], `The entry names no path at "${end}".`);
  return undefined;
}

function readAddresses(
  entry: ConsentSpecification,
  index: number,
  ends: Ends,
  match: readonly MatchEntry[],
  findings: Findings,
): Readonly<Record<EndName, string>> | undefined {
  if (entry.address === undefined) {
    const key = match.find(({ normalize }) => normalize.length === 1 && normalize[0] === 'email');
    if (key !== undefined) return Object.fromEntries(ends.map((end) => [end, key.paths[end]![0]!]));
    findings.error(
      'MAPPING_CONSENT_ADDRESS',
      ['consent', index],
      `No match key is an e-mail address, so it is not known whose address opts out of "${entry.purpose}".`,
      `name the fields that hold the address: address: { ${ends[0]}: PATH, ${ends[1]}: PATH }`,
    );
    return undefined;
  }
  const foreign = Object.keys(entry.address).filter((end) => !ends.includes(end));
  for (const end of foreign) unknownEnd(end, ['consent', index, 'address', end], ends, findings);
  const addresses: Record<EndName, string> = {};
  for (const end of ends) {
    const path = pathAt(entry.address, end);
    if (path === undefined)
      findings.error('MAPPING_CONSENT_ADDRESS', ['consent', index, 'address'], `The address names no field at "${end}".`);
    else addresses[end] = path;
  }
  return foreign.length === 0 && ends.every((end) => addresses[end] !== undefined) ? addresses : undefined;
}

function readFlags(
  entry: ConsentSpecification,
  index: number,
  ends: Ends,
  findings: Findings,
): Readonly<Record<EndName, boolean>> | undefined {
  const flags: Record<EndName, boolean> = {};
  let sound = true;
  for (const [end, value] of Object.entries(entry.optedOutWhen ?? {})) {
    const at = ['consent', index, 'optedOutWhen', end];
    if (!ends.includes(end)) unknownEnd(end, at, ends, findings);
    else if (typeof value !== 'boolean')
      findings.error('MAPPING_INVALID_ENTRY', at, 'Which value of a flag means an opt-out is told by true or false.');
    else {
      flags[end] = value;
      continue;
    }
    sound = false;
  }
  return sound ? flags : undefined;
}
