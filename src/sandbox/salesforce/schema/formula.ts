/**
 * Formula fields, as far as this stand-in computes them: texts, fields of the record and of its parents, and
 * `TEXT(TODAY())`, joined by `&`. Their values are made when they are read and leave every stamp alone.
 */
import { refuseWith } from '../api-error.ts';
import { plainText } from '../data/plain-text.ts';
import type { Organization } from '../data/organization.ts';
import { fieldOf } from './object.ts';
import type { ObjectSchema } from './object.ts';
import type { Field, ReadField } from './field.ts';

type Term = (read: ReadField) => string;

const TERMS = /^(?:"([^"]*)"|(TEXT\(TODAY\(\)\))|([A-Za-z]\w*(?:\.[A-Za-z]\w*)*))$/;

/**
 * A field that nobody can write, with the values that its formula gives.
 *
 * @throws Refusal FIELD_INTEGRITY_EXCEPTION where the formula names no field, or is none of those computed here
 */
export function formulaField(org: Organization, schema: ObjectSchema, plain: Field, formula: string): Field {
  const terms = formula.split('&').map((term) => termOf(org, schema, term.trim()));
  return {
    ...plain,
    length: plain.type === 'string' ? 1300 : plain.length,
    formula,
    createable: false,
    updateable: false,
    derive: (read) => terms.map((term) => term(read)).join('') || null,
  };
}

function termOf(org: Organization, schema: ObjectSchema, text: string): Term {
  const [, literal, today, path] = TERMS.exec(text) ?? refuse(text);
  if (literal !== undefined) return () => literal;
  if (today !== undefined) return () => new Date(org.clock.now()).toISOString().slice(0, 10);
  return pathOf(org, schema, path!.split('.'));
}

function pathOf(org: Organization, schema: ObjectSchema, [step = '', ...rest]: readonly string[]): Term {
  if (rest.length === 0) {
    const field = fieldOf(schema, step) ?? refuse(step);
    return (read) => plainText(field.derive === undefined ? read(field.name) : field.derive(read));
  }
  const reference = fieldOf(schema, schema.relationships.get(step.toLowerCase()) ?? '') ?? refuse(step);
  const parents = org.table(reference.referenceTo[0] ?? '') ?? refuse(step);
  const inner = pathOf(org, parents.schema, rest);
  return (read) => {
    const id = read(reference.name);
    const row = typeof id === 'string' ? parents.rowOf(id) : undefined;
    return row === undefined ? '' : inner(parents.reader(row));
  };
}

function refuse(term: string): never {
  return refuseWith(400, 'FIELD_INTEGRITY_EXCEPTION', `Formula: Field ${term} does not exist. Check spelling.`, [
    'Metadata.formula',
  ]);
}
