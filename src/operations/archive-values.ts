/** What archiving writes at an end, judged by what the account says of its fields. */
import type { Address } from '../model/address.ts';
import type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
import type { FieldDescription, FieldValue, FieldValues } from '../model/value.ts';
import { convert } from '../mapping/conversion.ts';

/** @param fields what is known of the end's fields; one that is missing is reported by whoever asked for it */
export function checkArchiveValues(
  link: Address,
  end: string,
  archive: FieldValues | undefined,
  fields: ReadonlyMap<string, FieldDescription>,
): readonly Diagnostic[] {
  return Object.entries(archive ?? {}).flatMap(([path, value]) => {
    const field = fields.get(path);
    const fault = field === undefined ? undefined : faultOf(value, field);
    if (fault === undefined) return [];
    return [{ severity: 'error', code: 'LINK_ARCHIVE_INVALID', address: link, detail: `archive.${path} of ${end}: ${fault}` }];
  });
}

function faultOf(value: FieldValue, field: FieldDescription): string | undefined {
  const { type, options, optedOutWhen } = field;
  if (!field.updateable) return 'The account does not let this field be written.';
  if (value === null) return clearingFault(field);
  // Archiving is nobody's evidence for an opt-in.
  if (type === 'consent' && value !== 'unsubscribed') return 'Archiving may withdraw consent (unsubscribed), and nothing else.';
  if (optedOutWhen !== undefined && value !== optedOutWhen)
    return `Archiving may withdraw consent (${String(optedOutWhen)}), and nothing else.`;
  if (options !== undefined && !options.includes(String(value))) return `The field allows ${options.slice(0, 20).join(', ')}.`;
  const converted = convert(value, field);
  return 'problem' in converted ? converted.problem : undefined;
}

function clearingFault({ type, required, optedOutWhen }: FieldDescription): string | undefined {
  if (type === 'consent' || optedOutWhen !== undefined) return 'A consent cannot be cleared.';
  return required ? 'The field must have a value, and null clears it.' : undefined;
}
