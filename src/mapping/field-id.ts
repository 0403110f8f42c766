import { createHash } from 'node:crypto';
import type { EndName } from './mapping.ts';

/**
 * What a field means: the objects and paths that it joins and how values are translated. Not its
 * flow, since turning a direction on or off does not change what was agreed.
 */
interface FieldMeaning {
  /** `provider/object` by end. */
  readonly between: Readonly<Record<EndName, string>>;
  readonly paths: Readonly<Record<EndName, string>>;
  readonly transform?: string | undefined;
  readonly whenBlank?: Readonly<Record<EndName, unknown>> | undefined;
  /** The canonical form of the expression of a computed field. */
  readonly expression?: string | undefined;
}

/** `ac:field/City,sf:MailingCity#1f2e3d4c`. Independent of the order of keys and of formatting. */
export function fieldId(meaning: FieldMeaning): string {
  const semantics = JSON.stringify([
    pairs(meaning.between),
    pairs(meaning.paths),
    meaning.transform ?? null,
    pairs(meaning.whenBlank ?? {}),
    meaning.expression ?? null,
  ]);
  const digest = createHash('sha256').update(semantics).digest('hex').slice(0, 8);
  return `${pairs(meaning.paths)
    .map(([end, path]) => `${end}:${String(path)}`)
    .join(',')}#${digest}`;
}

function pairs(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1));
}
