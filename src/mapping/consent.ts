import type { ConsentState, FieldDescription, FieldValue } from '../model/value.ts';
import { valueAt } from './equality.ts';
import type { CompiledConsent, EndName } from './mapping.ts';

const STATES: ReadonlySet<unknown> = new Set<ConsentState>(['erased', 'complained', 'unsubscribed', 'unknown', 'subscribed']);

/** Whether a person's permission can be read from a field. */
export function recordsConsent(description: FieldDescription): boolean {
  return description.type === 'consent' || (description.type === 'boolean' && description.optedOutWhen !== undefined);
}

export function compileConsent(
  entry: { readonly purpose: string; readonly path: Readonly<Record<EndName, string>>; readonly authority: EndName },
  descriptions: Readonly<Record<EndName, FieldDescription | undefined>>,
): CompiledConsent {
  return {
    ...entry,
    channel: 'email',
    state(end, values) {
      const path = entry.path[end];
      return path === undefined ? 'unknown' : readState(valueAt(values, path), descriptions[end]);
    },
    value: (end, state) => writtenState(state, descriptions[end]),
  };
}

/** A flag that is not raised says that nobody objected, which is no permission. */
function readState(value: FieldValue | undefined, description: FieldDescription | undefined): ConsentState {
  if (description?.optedOutWhen !== undefined) return value === description.optedOutWhen ? 'unsubscribed' : 'unknown';
  return isConsentState(value) ? value : 'unknown';
}

function writtenState(state: ConsentState, description: FieldDescription | undefined): FieldValue {
  if (description?.optedOutWhen === undefined) return state;
  return state === 'subscribed' || state === 'unknown' ? !description.optedOutWhen : description.optedOutWhen;
}

function isConsentState(value: unknown): value is ConsentState {
  return STATES.has(value);
}
