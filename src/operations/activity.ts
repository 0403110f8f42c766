/**
 * Whether what was applied is at work: as its YAML says, unless a person paused or resumed it by
 * command since. An integration that is paused pauses every link that ends in it.
 */
import { addressOf, type Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { Attributes, ResourceChange } from '../model/plan.ts';
import type { OperatorMark, State, StateSpecification } from '../model/state.ts';
import type { DesiredSpecification } from '../resources/desired.ts';

type Activity = Pick<StateSpecification, 'specification' | 'paused' | 'resumed'>;

export function isActive({ specification, paused, resumed }: Activity): boolean {
  if (paused !== undefined) return false;
  return resumed !== undefined || specification['active'] !== false;
}

/** What keeps a link from running: itself or one of its integrations. `undefined` where nothing does. */
export interface Pause {
  readonly address: Address;
  /** Who paused it by command, and when; `undefined` where its YAML did. */
  readonly mark: OperatorMark | undefined;
}

/** @param state with the specifications that are to run: as applied, or as a plan will leave them */
export function pauseOf(state: Pick<State, 'specifications'>, link: Address): Pause | undefined {
  const stored = state.specifications[link];
  if (stored === undefined) return undefined;
  const ends = Object.values(stored.specification['ends'] as Readonly<Record<string, { readonly integration: string }>>);
  const addresses = [link, ...ends.map((end) => addressOf('Integration', end.integration))];
  for (const address of addresses) {
    const needed = state.specifications[address];
    if (needed !== undefined && !isActive(needed)) return { address, mark: needed.paused };
  }
  return undefined;
}

/** Says of a link that it is left out of a run, and by whom it was paused. */
export function pausedDiagnostic(link: Address, { address, mark }: Pause): Diagnostic {
  const words = mark === undefined ? 'paused by its YAML' : `paused since ${mark.since} by ${mark.by}`;
  return {
    severity: 'warning',
    code: 'LINK_PAUSED',
    address: link,
    detail: `${link} is left out: nothing happens to its records. ${address === link ? 'It' : address} is ${words}.`,
    hint: `To let it go on:\n  syncline resume ${address}`,
  };
}

/**
 * The marks that stay when a specification is applied: one that says what the YAML says now has done
 * its service, so that the YAML has the next word.
 */
export function marksAfterApply(
  desired: Attributes,
  stored: Pick<StateSpecification, 'paused' | 'resumed'> | undefined,
): Pick<StateSpecification, 'paused' | 'resumed'> {
  const active = desired['active'] !== false;
  return {
    ...(stored?.paused === undefined || !active ? {} : { paused: stored.paused }),
    ...(stored?.resumed === undefined || active ? {} : { resumed: stored.resumed }),
  };
}

/** What was paused or resumed by command and is not in the YAML: shown by a plan, and left as it is by an apply. */
export function activityDrift(desired: readonly DesiredSpecification[], state: State): readonly ResourceChange[] {
  return desired.flatMap(({ address, kind, specification, dependsOn }): ResourceChange[] => {
    const { paused, resumed } = marksAfterApply(specification, state.specifications[address]);
    const mark = paused ?? resumed;
    if (mark === undefined) return [];
    const active = specification['active'] !== false;
    return [
      {
        address,
        provider: 'syncline',
        type: `syncline/${kind.toLowerCase()}`,
        action: 'update',
        before: { active },
        after: { active: !active, [paused === undefined ? 'resumed' : 'paused']: mark },
        afterUnknown: [],
        sensitive: [],
        replacePaths: [],
        reason: 'changed_outside',
        dependsOn,
      },
    ];
  });
}
