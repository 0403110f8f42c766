/** A saved plan is carried out exactly, or refused: as stale, as another one, as beyond its ceiling. Pure. */
import { SynclineError } from '../model/errors.ts';
import { acceptedDrift, isChange, type Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { Address } from '../model/address.ts';
import type { AuditEvent } from '../storage/audit.ts';
import { enforceCeiling } from '../records/guard.ts';
import { digestOf } from '../storage/canonical-json.ts';

const DAY_MS = 86_400_000;
/** What was approved longer ago was approved for another world; artifacts of pipelines are kept about as long. */
const VALID_DAYS = 7;

/** Why a saved plan is not carried out, and what is different. */
interface Staleness {
  readonly cause: string;
  readonly different: readonly Address[];
}

/** Whether a plan is too old, or the state has moved since it was made or is another one; read before anything is asked. */
export function staleByState(saved: Plan, state: State, stack: string, nowMs: number): Staleness | undefined {
  const causes: string[] = [];
  if (saved.stack !== stack) causes.push(`The plan was made for stack ${saved.stack}, not for ${stack}.`);
  if (saved.state.serial !== 0 && saved.state.lineage !== state.lineage)
    causes.push(`The state has lineage ${state.lineage}, the plan ${saved.state.lineage}.`);
  if (saved.state.serial !== state.serial)
    causes.push(`The state has serial ${state.serial}, the plan was made from ${saved.state.serial}.`);
  if (nowMs - Date.parse(saved.timestamp) > VALID_DAYS * DAY_MS)
    causes.push(`The plan was made at ${saved.timestamp}, and is valid for ${VALID_DAYS} days.`);
  if (causes.length === 0) return undefined;
  const applied = { ...state.resources, ...state.specifications };
  const later = (Object.keys(applied) as Address[]).filter((address) => applied[address]!.applied_at > saved.timestamp);
  const gone = saved.resourceChanges.flatMap(({ address, before }) =>
    before === null || applied[address] !== undefined ? [] : [address],
  );
  return { cause: causes.join(' '), different: [...later, ...gone] };
}

/** A saved plan is carried out exactly: what would be changed now must be what it says. */
export function staleByWorld(saved: Plan, present: Plan): Staleness | undefined {
  const [then, now] = [plannedChanges(saved), plannedChanges(present)];
  const different = [...new Set([...then.keys(), ...now.keys()])].filter((address) => then.get(address) !== now.get(address));
  if (saved.configurationHash !== present.configurationHash)
    return { cause: 'The configuration has changed since it was made.', different };
  return different.length === 0 ? undefined : { cause: 'The remote objects have changed since it was made.', different };
}

/** The digest of each change. A saved plan was parsed from canonical JSON, so the order of its keys says nothing. */
function plannedChanges(plan: Plan): ReadonlyMap<Address, string> {
  const changes = plan.refreshOnly === true ? acceptedDrift(plan) : plan.resourceChanges.filter(isChange);
  return new Map(
    changes.map(({ address, previousAddress = address, action, before, after }) => [
      address,
      digestOf(JSON.parse(JSON.stringify([previousAddress, action, before, after]))),
    ]),
  );
}

const NAMED = 5;

/**
 * In three lines what is stale, what is different, and who did something here since.
 * @param events the audit log since the plan was made
 */
export function stalePlan({ cause, different }: Staleness, events: readonly AuditEvent[]): SynclineError {
  const names = different.slice(0, NAMED).join(', ') + (different.length > NAMED ? ` and ${different.length - NAMED} more` : '');
  const done = events.filter(({ type }) => type !== 'cycle').toReversed();
  const doers = done.slice(0, 3).map(({ who, type, at }) => `${type} by ${who} at ${at}`);
  const more = done.length > doers.length ? ` and ${done.length - doers.length} more` : '';
  return new SynclineError('PLAN_STALE', `Saved plan is stale. ${cause}`, {
    facts: [
      different.length === 0 ? 'Different now: nothing that it names.' : `Different now: ${names}.`,
      doers.length === 0
        ? 'Since then: nothing was done by Syncline; the files, or the vendor, tell who it was.'
        : `Since then: ${doers.join(', ')}${more}.`,
    ],
    hint: 'Plan again:\n  syncline plan --out plan.json',
  });
}

/** Before anything is activated: what is active goes on with every later cycle, which knows no ceiling. */
export function refuseBeyond(saved: Plan, present: Plan): void {
  for (const { address, ceiling, leftOut } of saved.links) {
    const found = present.links.find((link) => link.address === address);
    if (leftOut === undefined && found !== undefined) enforceCeiling(address, found.ends, ceiling);
  }
}
