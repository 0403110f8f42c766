/** One resource or specification of a plan, in Terraform's manner. */
import type { Action, ResourceChange } from '../model/plan.ts';
import { addedLine, attributeLines, differenceLines, nestedLines, removedLine, type AttributeLine } from './attribute-text.ts';
import { own } from './attribute-difference.ts';
import { counted } from './layout.ts';
import { paintSymbol, type Palette } from './palette.ts';
import { quote, safe } from './safe.ts';
import { nameText } from './value-text.ts';

export interface TextStyle {
  readonly palette: Palette;
  /** Columns of the terminal. */
  readonly width: number;
}

export const SYMBOLS: Readonly<Record<Action, string>> = {
  'no-op': '   ',
  create: '  +',
  update: '  ~',
  delete: '  -',
  replace: '-/+',
  read: ' <=',
  import: '  ~',
  forget: '  .',
};

export const SYMBOL_MEANINGS: Readonly<Record<Action, string>> = {
  'no-op': 'no change',
  create: 'create',
  update: 'update in place',
  delete: 'destroy',
  replace: 'destroy and then create replacement',
  read: 'expected, a person has to create it',
  import: 'import, an existing object is adopted',
  forget: 'forget, the object stays where it is',
};

const SENSITIVE = '(sensitive value)';
const UNKNOWN = '(known after apply)';

/** Lines of one change: what will happen and why, and the attributes concerned. */
export function resourceLines(change: ResourceChange, style: TextStyle): string[] {
  return [...headingLines(change, style.palette), ...bodyLines(change, style), ...stepLines(change)];
}

/** Lines of one change that somebody made outside Syncline since the last apply. */
export function driftLines(change: ResourceChange, style: TextStyle): string[] {
  const gone = change.after === null;
  const hidden = change.reason === 'hidden_from_credentials';
  const what = gone ? 'has been deleted' : hidden ? 'has been hidden from these credentials' : 'has changed';
  const said = `  # ${safe(change.address)} ${what}`;
  return [style.palette.strong(said), ...bodyLines({ ...change, action: gone ? 'delete' : 'update' }, style)];
}

function headingLines(change: ResourceChange, palette: Palette): string[] {
  const former = change.previousAddress === undefined ? undefined : safe(change.previousAddress);
  if (former !== undefined && change.action === 'no-op')
    return [palette.strong(`  # ${former} has moved to ${safe(change.address)}`)];
  const reason = reasonOf(change);
  return [
    palette.strong(`  # ${safe(change.address)} ${outcomeOf(change, palette)}`),
    ...(former === undefined ? [] : [`  # (moved from ${former})`]),
    ...(reason === undefined ? [] : [`  # (${reason})`]),
  ];
}

function outcomeOf(change: ResourceChange, palette: Palette): string {
  switch (change.action) {
    case 'create':
      return 'will be created';
    case 'update':
      return 'will be updated in place';
    case 'delete':
      return `will be ${palette.destroy('destroyed')}`;
    case 'replace':
      return `must be ${palette.destroy('replaced')}`;
    case 'import':
      return `will be imported${change.id === undefined ? '' : ` (id ${quote(change.id)})`}`;
    case 'forget':
      return 'will be forgotten';
    case 'read':
      return 'is expected, but was not found';
    case 'no-op':
      return 'is as declared';
  }
}

function reasonOf(change: ResourceChange): string | undefined {
  if (change.action === 'forget') return 'it leaves the state; the object itself and its data stay where they are';
  switch (change.reason) {
    case 'not_in_configuration':
      return `because ${safe(change.address)} is not in the configuration`;
    case 'gone_from_remote':
      return 'because it does not exist at the vendor any more';
    case 'removed':
      return 'because a Removed document says so: what people hold in it is lost';
    case 'settings_changed':
      return 'what the state keeps of it changes; nothing is sent to the vendor';
    case 'interrupted':
      return 'an interrupted run had begun to create it';
    case 'expected':
      return 'it is never created by Syncline: a person has to do it';
    case 'not_in_state':
    case 'configuration_changed':
    case 'cannot_update':
    case 'adopted':
    case 'changed_outside':
    case 'hidden_from_credentials':
    case 'destroy_requested':
    case null:
      return undefined;
  }
}

function bodyLines(change: ResourceChange, style: TextStyle): string[] {
  const symbol = paintSymbol(SYMBOLS[change.action], style.palette);
  const name = change.address.slice(change.address.indexOf('/') + 1);
  const isSpecification = change.provider === 'syncline';
  const what = isSpecification ? nameText(change.type.split('/')[1] ?? change.type) : `resource ${quote(change.type)}`;
  return [
    `${symbol} ${what} ${quote(name)} {`,
    ...(isSpecification ? specificationLines(change, style) : objectLines(change, style)),
    '    }',
  ];
}

function specificationLines(change: ResourceChange, { palette, width }: TextStyle): string[] {
  if (change.before === null) return nestedLines(change.after ?? {}, 6, width, '+', palette);
  if (change.after === null) return nestedLines(change.before, 6, width, '-', palette);
  return changedLines(change, palette);
}

function objectLines(change: ResourceChange, { palette }: TextStyle): string[] {
  if (change.action === 'read')
    return attributeLines(
      presentLines(change, change.after, (name, value) => addedLine(name, value, ' ')),
      4,
      palette,
    );
  if (change.before === null) {
    const unknown = change.afterUnknown.map((name): AttributeLine => ({ symbol: '+', name: nameText(name), value: UNKNOWN }));
    const known = presentLines(change, change.after, addedLine).filter((line) => !unknown.some(({ name }) => name === line.name));
    return attributeLines([...known, ...unknown].toSorted(byName), 6, palette);
  }
  if (change.after === null && change.action === 'forget') {
    return attributeLines(
      presentLines(change, change.before, (name, value) => addedLine(name, value, ' ')),
      4,
      palette,
    );
  }
  if (change.after === null) return attributeLines(presentLines(change, change.before, removedLine), 6, palette);
  return changedLines(change, palette);
}

function presentLines(
  change: ResourceChange,
  attributes: ResourceChange['after'],
  write: (name: string, value: unknown) => AttributeLine,
): AttributeLine[] {
  return Object.keys(attributes ?? {})
    .sort()
    .filter((name) => own(attributes!, name) !== null && own(attributes!, name) !== undefined)
    .map((name) => {
      const line = write(nameText(name), own(attributes!, name));
      return change.sensitive.includes(name) ? { symbol: line.symbol, name: line.name, value: SENSITIVE } : line;
    });
}

function changedLines(change: ResourceChange, palette: Palette): string[] {
  const [before, after] = [change.before!, change.after!];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after), ...change.afterUnknown])].sort();
  let unchanged = 0;
  const lines = names.flatMap((name): AttributeLine[] => {
    const path = nameText(name);
    const forces = change.replacePaths.includes(name) ? { note: '# forces replacement' } : {};
    const found = change.afterUnknown.includes(name)
      ? [{ symbol: '~' as const, name: path, value: UNKNOWN }]
      : differenceLines(own(before, name), own(after, name), path);
    if (found.length === 0) {
      unchanged += 1;
      return [];
    }
    if (change.sensitive.includes(name)) return [{ symbol: '~', name: path, value: SENSITIVE, ...forces }];
    return found.map((line) => ({ ...line, ...forces }));
  });
  const hidden = unchanged === 0 ? [] : [`        ${palette.faint(`# (${counted(unchanged, 'unchanged attribute')} hidden)`)}`];
  return [...attributeLines(lines, 6, palette), ...hidden];
}

function stepLines(change: ResourceChange): string[] {
  if (change.steps === undefined || change.steps.length === 0) return [];
  return ['    What to do:', ...change.steps.map((step, index) => `      ${index + 1}. ${safe(step, 400)}`)];
}

function byName(one: AttributeLine, other: AttributeLine): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
