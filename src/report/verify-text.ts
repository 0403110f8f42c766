/** Whether both ends of each link agree, for a person. Personal data is masked by the caller. */
import type { LinkVerification } from '../operations/verify.ts';
import { counted, table } from './layout.ts';
import { paintSymbol, paletteOf, type Palette } from './palette.ts';
import { safe } from './safe.ts';
import { fieldText, valueText } from './value-text.ts';

export interface VerificationTextOptions {
  readonly colour: boolean;
  /** Columns of the terminal; 80 where it is not known. */
  readonly width?: number | undefined;
}

/** Everybody who differs is listed; of those who are held or stand at one end only, a few examples. */
const EXAMPLES = 10;
const KEY_COLUMNS = 60;

const ALL_AGREE = 'Both ends agree on every mapped field.';

/** The whole comparison, newline at the end. */
export function renderVerification(
  verifications: readonly LinkVerification[],
  { colour, width = 80 }: VerificationTextOptions,
): string {
  const palette = paletteOf(colour);
  // Key and field take some 40 columns, two values share the rest.
  const valueColumns = Math.max(20, Math.floor((width - 40) / 2));
  const sections = verifications.map((verification) => linkSection(verification, palette, valueColumns));
  return `${[...sections, verdict(verifications)].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function linkSection(verification: LinkVerification, palette: Palette, valueColumns: number): string[] {
  const { address, persons, agreeing } = verification;
  return [
    `${palette.strong(safe(address))}: ${counted(persons, 'person')} at both ends, ${agreeing} agreeing, ${persons - agreeing} differing`,
    ...differingLines(verification, palette, valueColumns),
    ...onlyLines(verification, palette),
    ...heldLines(verification),
  ];
}

function differingLines({ differing }: LinkVerification, palette: Palette, valueColumns: number): string[] {
  if (differing.length === 0) return [];
  const rows = differing.map(({ key, field, values }) => {
    const found = Object.entries(values).map(([end, value]) => `${safe(end)} ${valueText(value, valueColumns)}`);
    return [paintSymbol('~', palette), safe(key, KEY_COLUMNS), fieldText(field), found.join(', ')];
  });
  return ['  Differing:', ...table(rows, ['left', 'left', 'left', 'left'], '    ')];
}

function onlyLines({ only }: LinkVerification, palette: Palette): string[] {
  return Object.entries(only)
    .filter(([, keys]) => keys.length > 0)
    .flatMap(([end, keys]) => [
      `  Only at ${safe(end)}, ${counted(keys.length, 'record')} that the next cycle creates at the other end:`,
      ...examples(keys.map((key) => `${paintSymbol('+', palette)} ${safe(key, KEY_COLUMNS)}`)),
    ]);
}

function heldLines({ held }: LinkVerification): string[] {
  const byReason = new Map<string, string[]>();
  for (const { key, reason } of held) byReason.set(reason, [...(byReason.get(reason) ?? []), key]);
  return [...byReason].flatMap(([reason, keys]) => [
    `  Held and not counted, ${counted(keys.length, 'record')}: ${safe(reason)}`,
    ...examples(keys.map((key) => safe(key, KEY_COLUMNS))),
  ]);
}

function examples(lines: readonly string[]): string[] {
  const more = lines.length - EXAMPLES;
  return [...lines.slice(0, EXAMPLES).map((line) => `    ${line}`), ...(more > 0 ? [`    ... and ${more} more`] : [])];
}

function verdict(verifications: readonly LinkVerification[]): string[] {
  const differing = verifications.reduce((sum, { persons, agreeing }) => sum + persons - agreeing, 0);
  const missing = verifications.flatMap(({ only }) => Object.values(only)).reduce((sum, keys) => sum + keys.length, 0);
  const fields = verifications.reduce((sum, verification) => sum + verification.differing.length, 0);
  if (fields === 0 && missing === 0) return [ALL_AGREE];
  return [
    `The ends do not agree: ${counted(differing, 'person')} differing, ${counted(missing, 'record')} at one end only. The next cycle settles what is no conflict:`,
    '  syncline sync',
  ];
}
