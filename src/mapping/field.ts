/** Compiled fields: those with a path at both ends, and those that an expression computes. */
import type { FieldDescription, FieldType, FieldValue, FieldValues } from '../model/value.ts';
import { convert } from './conversion.ts';
import { isBlank, sameValue, valueAt } from './equality.ts';
import type { CompiledExpression } from './expression.ts';
import { fieldId } from './field-id.ts';
import type { Carried, CompiledField, EndName } from './mapping.ts';
import type { Transform } from './transform.ts';

interface FieldParts {
  readonly ends: readonly [EndName, EndName];
  readonly between: Readonly<Record<EndName, string>>;
  readonly targets: readonly EndName[];
  readonly createOnly: boolean;
  readonly creates: readonly EndName[];
  readonly owner: EndName | undefined;
  readonly whenBlank: Readonly<Record<EndName, FieldValue>>;
  readonly descriptions: Readonly<Record<EndName, FieldDescription | undefined>>;
}

interface PathFieldParts extends FieldParts {
  readonly paths: Readonly<Record<EndName, string>>;
  readonly transform: Transform | undefined;
}

interface ComputedFieldParts extends FieldParts {
  readonly target: EndName;
  readonly path: string;
  readonly expression: CompiledExpression;
}

export function compilePathField(parts: PathFieldParts): CompiledField {
  const { ends, targets, paths, transform, descriptions, whenBlank } = parts;
  const plain = transform === undefined && Object.keys(whenBlank).length === 0;
  const kinds = record(ends, (end) => comparedAs(descriptions[end]?.type, descriptions[otherEnd(ends, end)]?.type, transform));

  function carry(to: EndName, source: FieldValues): Carried {
    if (!isWritten(to)) return notWritten(to);
    const from = otherEnd(ends, to);
    const value = valueAt(source, paths[from]!);
    if (value === undefined) return { problem: `${paths[from]} was not read at "${from}".` };
    if (isBlank(value) || isDefault(from, value)) return fitted(null, to, parts);
    const transformed = transform === undefined ? { value } : transform.apply(value, descriptions[to]?.type);
    return 'problem' in transformed ? transformed : fitted(transformed.value, to, parts);
  }

  function isWritten(end: EndName): boolean {
    return targets.includes(end) || parts.creates.includes(end);
  }

  function isDefault(end: EndName, value: FieldValue): boolean {
    return Object.hasOwn(whenBlank, end) && sameValue(value, whenBlank[end], undefined);
  }

  return {
    targets,
    createOnly: parts.createOnly,
    owner: parts.owner,
    set: transform === undefined && ends.every((end) => descriptions[end]?.type === 'set'),
    id: fieldId({ between: parts.between, paths, transform: transform?.name, whenBlank }),
    name: paths[targets.length === 1 ? targets[0]! : ends[0]]!,
    read: record(ends, (end) => [paths[end]!]),
    write: record(ends, (end) => (isWritten(end) ? paths[end] : undefined)),
    carry,
    agrees(values) {
      if (plain && sameValue(valueIn(values, ends[0]), valueIn(values, ends[1]), kinds[ends[0]])) return true;
      return targets.some((to) => {
        const carried = carry(to, values[otherEnd(ends, to)] ?? {});
        return 'value' in carried && sameValue(carried.value, valueIn(values, to), kinds[to]);
      });
    },
    blank(end, values) {
      const value = paths[end] === undefined ? undefined : valueAt(values, paths[end]);
      return value === undefined || isBlank(value) || isDefault(end, value);
    },
  };

  function valueIn(values: Readonly<Record<EndName, FieldValues>>, end: EndName): FieldValue | undefined {
    return valueAt(values[end] ?? {}, paths[end]!);
  }
}

export function compileComputedField(parts: ComputedFieldParts): CompiledField {
  const { ends, target, path, expression, descriptions, whenBlank } = parts;
  const source = otherEnd(ends, target);

  function carry(to: EndName, values: FieldValues): Carried {
    if (to !== target) return notWritten(to);
    const computed = expression.evaluate({ [source]: values });
    return 'problem' in computed ? computed : fitted(computed.value, target, parts);
  }

  return {
    targets: parts.targets,
    createOnly: parts.createOnly,
    owner: undefined,
    set: false,
    id: fieldId({ between: parts.between, paths: { [target]: path }, whenBlank, expression: expression.canonical }),
    name: path,
    read: record(ends, (end) => (end === target ? [path] : (expression.reads[source] ?? []))),
    write: record(ends, (end) => (end === target ? path : undefined)),
    carry,
    agrees(values) {
      const carried = carry(target, values[source] ?? {});
      return 'value' in carried && sameValue(carried.value, valueAt(values[target] ?? {}, path), descriptions[target]?.type);
    },
    blank(end, values) {
      if (end === target) {
        const value = valueAt(values, path);
        return isBlank(value) || (Object.hasOwn(whenBlank, target) && sameValue(value, whenBlank[target], undefined));
      }
      const carried = carry(target, values);
      return 'value' in carried && isBlank(carried.value);
    },
  };
}

export function otherEnd(ends: readonly [EndName, EndName], end: EndName): EndName {
  return ends[0] === end ? ends[1] : ends[0];
}

/** The value as the target stores it, or the one that stands there for a blank. */
function fitted(value: FieldValue, to: EndName, { whenBlank, descriptions }: FieldParts): Carried {
  if (isBlank(value) && Object.hasOwn(whenBlank, to)) return { value: whenBlank[to]! };
  return convert(value, descriptions[to]);
}

function notWritten(end: EndName): Carried {
  return { problem: `The field is not written to "${end}".` };
}

/** Addresses are compared as such at both ends as soon as one of the ends knows that it holds one. */
function comparedAs(
  type: FieldType | undefined,
  otherType: FieldType | undefined,
  transform: Transform | undefined,
): FieldType | undefined {
  if (transform !== undefined) return type;
  return type === 'email' || otherType === 'email' ? 'email' : (type ?? otherType);
}

function record<Value>(ends: readonly [EndName, EndName], value: (end: EndName) => Value): Readonly<Record<EndName, Value>> {
  return Object.fromEntries(ends.map((end) => [end, value(end)]));
}
