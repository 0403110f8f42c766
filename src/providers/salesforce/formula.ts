/**
 * What a formula field is computed from, as far as its text in describe tells.
 *
 * A formula over fields of its own record moves with that record's stamp, and so does a roll-up summary. Over
 * fields of a parent it moves with the parent's stamp, over the current date with none.
 * @source help.salesforce.com: formula operators and functions
 */
import type { FieldDescription } from '../../model/value.ts';
import type { VendorField, VendorObject } from './describe.ts';

type Computed = NonNullable<FieldDescription['computed']>;

/** Functions whose result moves by itself. */
const MOVING: Readonly<Record<string, string>> = {
  TODAY: 'the current date',
  NOW: 'the current time',
  TIMENOW: 'the current time',
  CURRENCYRATE: 'exchange rates',
};

const LITERALS: ReadonlySet<string> = new Set(['TRUE', 'FALSE', 'NULL']);

/** Formulas that use formulas, and so on: deeper ones count as unreadable. */
const MAX_DEPTH = 10;

/** `undefined` where nothing but the record itself moves the value. */
export async function computedOf(
  field: VendorField,
  object: VendorObject,
  describe: (object: string) => Promise<VendorObject>,
): Promise<Computed | undefined> {
  const found = await sourcesOf(field, object, describe, 0);
  return found === undefined ? undefined : { ...found, parents: found.parents.toSorted(), others: found.others.toSorted() };
}

async function sourcesOf(
  field: VendorField,
  object: VendorObject,
  describe: (object: string) => Promise<VendorObject>,
  depth: number,
): Promise<Computed | undefined> {
  const definition = field.calculated ? field.calculatedFormula : undefined;
  // UNVERIFIED: a calculated field without a formula is a roll-up summary, whose changes move the stamp.
  if (definition === undefined || definition === null || definition === '') return undefined;
  const definitions = [definition];
  const parents = new Set<string>();
  const { moving, references } = readFormula(definition);
  const others = new Set(moving);
  for (const reference of references) {
    const relationships = reference.split('.').slice(0, -1);
    const place = reference.startsWith('$') ? undefined : await follow(object, relationships, describe);
    const target = place?.fields.find(({ name }) => isSame(name, reference.split('.').at(-1)!));
    if (place === undefined || target === undefined || depth === MAX_DEPTH) {
      others.add(reference);
      continue;
    }
    const path = relationships.join('.');
    if (path !== '') parents.add(path);
    const inner = await sourcesOf(target, place, describe, depth + 1);
    if (inner === undefined) continue;
    definitions.push(inner.definition);
    for (const parent of inner.parents) parents.add(path === '' ? parent : `${path}.${parent}`);
    for (const other of inner.others) others.add(other);
  }
  return { definition: definitions.join('\n'), parents: [...parents], others: [...others] };
}

/** The parent at the end of a path; `undefined` where it is hidden, or of one type or another. */
async function follow(
  object: VendorObject,
  relationships: readonly string[],
  describe: (object: string) => Promise<VendorObject>,
): Promise<VendorObject | undefined> {
  let current = object;
  for (const relationship of relationships) {
    const reference = current.fields.find(
      ({ relationshipName }) => relationshipName !== null && isSame(relationshipName, relationship),
    );
    if (reference?.referenceTo.length !== 1) return undefined;
    current = await describe(reference.referenceTo[0]!);
  }
  return current;
}

function readFormula(text: string): { readonly moving: readonly string[]; readonly references: readonly string[] } {
  const code = text.replace(/\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'/g, ' ');
  const moving = new Set<string>();
  const references = new Set<string>();
  // A colon stands in paths through parents of several types, `Owner:User.Email`.
  for (const [, name, call] of code.matchAll(/(\$?[A-Za-z_][\w:]*(?:\.\w+)*)(\s*\()?/g)) {
    const upper = name!.toUpperCase();
    if (call !== undefined) {
      if (Object.hasOwn(MOVING, upper)) moving.add(MOVING[upper]!);
    } else if (!LITERALS.has(upper)) references.add(name!);
  }
  return { moving: [...moving], references: [...references] };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
