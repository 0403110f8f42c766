import type { ConsentState, FieldDescription, FieldValue, FieldValues } from '../model/value.ts';
import { valueAt } from './equality.ts';
import type { CompiledConsent, EndName } from './mapping.ts';
import { normalizeKey } from './match-key.ts';

const STATES: ReadonlySet<unknown> = new Set<ConsentState>(['erased', 'complained', 'unsubscribed', 'unknown', 'subscribed']);

/** Whether a person's permission can be read from a field. */
export function recordsConsent(description: FieldDescription): boolean {
  return description.type === 'consent' || (description.type === 'boolean' && description.optedOutWhen !== undefined);
}

export function compileConsent(
  entry: Pick<CompiledConsent, 'purpose' | 'path' | 'targets' | 'authority' | 'addressPath'> & {
    readonly optedOutWhen: Readonly<Record<EndName, boolean>>;
  },
  descriptions: Readonly<Record<EndName, FieldDescription | undefined>>,
): CompiledConsent {
  const { optedOutWhen, ...compiled } = entry;
  const flagAt = (end: EndName): boolean | undefined => optedOutWhen[end] ?? descriptions[end]?.optedOutWhen;
  const valueOf = (end: EndName, values: FieldValues): FieldValue | undefined =>
    entry.path[end] === undefined ? undefined : valueAt(values, entry.path[end]);
  return {
    ...compiled,
    channel: 'email',
    state: (end, values) => readState(valueOf(end, values), flagAt(end)),
    stated(end, values) {
      const value = valueOf(end, values);
      return flagAt(end) === undefined ? value === 'subscribed' : typeof value === 'boolean';
    },
    value: (end, state) => writtenState(state, flagAt(end)),
    address: (end, values) => normalizeKey(valueAt(values, entry.addressPath[end]!), 'email'),
  };
}

/**
 * A flag that means an objection says nothing more while it is not raised, which is no permission; one that
 * means permission grants it while it is raised.
 */
function readState(value: FieldValue | undefined, optedOutWhen: boolean | undefined): ConsentState {
  if (optedOutWhen === undefined) return isConsentState(value) ? value : 'unknown';
  if (value === optedOutWhen) return 'unsubscribed';
  return value === true ? 'subscribed' : 'unknown';
}

/** A flag that is not raised grants nothing, whatever it means: the spelling of what is unknown. */
function writtenState(state: ConsentState, optedOutWhen: boolean | undefined): FieldValue {
  if (optedOutWhen === undefined) return state;
  if (state === 'unknown') return false;
  return state === 'subscribed' ? !optedOutWhen : optedOutWhen;
}

function isConsentState(value: unknown): value is ConsentState {
  return STATES.has(value);
}
