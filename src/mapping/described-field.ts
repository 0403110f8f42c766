import type { FieldDescription } from '../model/value.ts';
import { didYouMean } from '../config/suggestion.ts';
import type { Findings } from './findings.ts';
import type { EndName, KnownFields } from './mapping.ts';
import type { SpecificationPath } from './specification.ts';

export interface CheckOptions {
  /** Ends at which the link may create records: what they require has to be mapped. None by default. */
  readonly creates?: readonly EndName[];
  /**
   * Whether a path that is not among the known fields can exist: `true` where only the account can
   * tell and will be asked, `false` where it cannot. A path of which nothing is said is a warning.
   */
  readonly exists?: (end: EndName, path: string) => boolean | undefined;
}

/** What is known of a field; `undefined`, and reported where that is a fault, where nothing is. */
export function described(
  end: EndName,
  path: string,
  at: SpecificationPath,
  fields: KnownFields,
  options: CheckOptions,
  findings: Findings,
): FieldDescription | undefined {
  const known = fields[end];
  const description = known?.get(path);
  if (description !== undefined) return description;
  const exists = options.exists?.(end, path);
  const hint = didYouMean(path, known?.keys() ?? []);
  if (exists === false) findings.error('MAPPING_UNKNOWN_FIELD', at, `There is no field ${path} at "${end}".`, hint);
  else if (exists === undefined && known !== undefined && known.size > 0) {
    findings.warning(
      'MAPPING_UNKNOWN_FIELD',
      at,
      `No field ${path} is known at "${end}"; only the account can tell whether there is one.`,
      hint,
    );
  }
  return undefined;
}
