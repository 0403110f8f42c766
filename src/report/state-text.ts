/** The state for a person: `show`, `state list` and `state show`. */
import type { Address } from '../model/address.ts';
import type { State, StateResource, StateSpecification } from '../model/state.ts';
import { addedLine, attributeLines, nestedLines, type AttributeLine } from './attribute-text.ts';
import { own } from './attribute-difference.ts';
import { counted, table } from './layout.ts';
import { paletteOf, type Palette } from './palette.ts';
import { quote, safe } from './safe.ts';
import { nameText } from './value-text.ts';

const WIDTH = 100;

export type StateEntry = StateResource | StateSpecification;

/** Every address that the state holds, sorted. */
function stateAddresses(state: State): readonly Address[] {
  return [...Object.keys(state.resources), ...Object.keys(state.specifications)].sort() as Address[];
}

/** The whole state, newline at the end. */
export function renderState(state: State, colour: boolean): string {
  const palette = paletteOf(colour);
  const addresses = stateAddresses(state);
  const entries = addresses.flatMap((address) => [
    '',
    ...entryLines(address, (own(state.resources, address) ?? own(state.specifications, address)) as StateEntry, palette),
  ]);
  const accounts = Object.entries(state.accounts).map(([integration, account]) => [
    safe(integration),
    safe(account.id),
    safe(account.label),
  ]);
  const guards = Object.entries(state.guards).map(
    ([address, limits]) =>
      `  ${safe(address)}: ${Object.entries(limits)
        .map(([guard, limit]) => `${safe(guard)} ${safe(String(limit))}`)
        .join(', ')}`,
  );
  return linesToText([
    `${palette.strong(`Stack ${safe(state.stack)}`)}: lineage ${safe(state.lineage)}, serial ${state.serial}, ${counted(addresses.length, 'address', 'addresses')}`,
    ...(addresses.length === 0 ? ['Nothing was applied yet.'] : []),
    ...(accounts.length === 0 ? [] : ['', 'Accounts:', ...table(accounts, ['left', 'left', 'left'], '  ')]),
    ...(guards.length === 0 ? [] : ['', 'Guards that outlive their blocks:', ...guards]),
    ...entries,
  ]);
}

/** What the state holds under one address, newline at the end. */
export function renderStateEntry(address: Address, entry: StateEntry, colour: boolean): string {
  return linesToText(entryLines(address, entry, paletteOf(colour)));
}

function entryLines(address: Address, entry: StateEntry, palette: Palette): string[] {
  const heading = palette.strong(`# ${safe(address)}`);
  const name = quote(address.slice(address.indexOf('/') + 1));
  if ('specification' in entry) {
    return [
      heading,
      `# generation ${entry.generation}, applied at ${safe(entry.applied_at)}, digest ${safe(entry.digest)}`,
      ...(entry.paused === undefined ? [] : [`# paused since ${safe(entry.paused.since)} by ${safe(entry.paused.by)}`]),
      ...(entry.resumed === undefined ? [] : [`# resumed since ${safe(entry.resumed.since)} by ${safe(entry.resumed.by)}`]),
      `${nameText(entry.kind.toLowerCase())} ${name} {`,
      ...nestedLines(entry.specification, 2, WIDTH, ' ', palette).map((line) => line.replace(/^ {4}/, '  ')),
      '}',
    ];
  }
  return [
    heading,
    `# ${originOf(entry)}, applied at ${safe(entry.applied_at)}`,
    ...(entry.pending === undefined
      ? []
      : [`# interrupted: ${entry.pending.action} begun at ${safe(entry.pending.since)}; the next apply finishes it`]),
    `resource ${quote(entry.type)} ${name} {`,
    ...attributeLines(resourceAttributes(entry), 0, palette),
    '}',
  ];
}

function originOf(entry: StateResource): string {
  if (entry.mode === 'expected') return entry.id === null ? 'expected, not found yet' : 'expected, made by a person';
  return entry.created_by_syncline ? 'created by Syncline' : 'adopted';
}

function resourceAttributes(entry: StateResource): AttributeLine[] {
  const attributes = { ...entry.attributes, ...entry.computed, id: entry.id, integration: entry.integration };
  return Object.entries({ ...attributes, ...(entry.prevent_destroy ? { preventDestroy: true } : {}) })
    .filter(([, value]) => value !== null && value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([attribute, value]) => addedLine(nameText(attribute), value, ' '));
}

function linesToText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
