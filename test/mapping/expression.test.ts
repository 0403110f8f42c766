import { describe, expect, test } from 'vitest';
import { compileExpression } from '../../src/mapping/expression.ts';
import type { CompiledExpression } from '../../src/mapping/expression.ts';
import type { ExpressionFault } from '../../src/mapping/expression-syntax.ts';
import type { FieldValue, FieldValues } from '../../src/model/value.ts';
import { field } from './known-fields.ts';

const FIELDS = [
  field('FirstName', 'string'),
  field('LastName', 'string', { required: true }),
  field('Account.Name', 'string'),
  field('field/Job Title', 'string'),
  field('Visits', 'integer'),
  field('Score', 'decimal'),
  field('VIP', 'boolean'),
  field('Interests', 'set'),
  field('Birthdate', 'date'),
];
const SCOPE = { sf: new Map(FIELDS.map((item) => [item.path, item])) };
const RECORD: FieldValues = {
  FirstName: 'Ann',
  LastName: 'Lee',
  'Account.Name': 'Acme',
  'field/Job Title': 'Baker',
  Visits: 2,
  Score: 1.5,
  VIP: true,
  Interests: ['golf', 'tea'],
  Birthdate: '1999-12-31',
  Mystery: null,
};

function expression(source: string): CompiledExpression {
  const compilation = compileExpression(source, SCOPE);
  if ('faults' in compilation) throw new Error(JSON.stringify(compilation.faults));
  return compilation.expression;
}

function faults(source: string): readonly ExpressionFault[] {
  const compilation = compileExpression(source, SCOPE);
  return 'faults' in compilation ? compilation.faults : [];
}

function evaluate(source: string, changed: FieldValues = {}): unknown {
  return expression(source).evaluate({ sf: { ...RECORD, ...changed } });
}

describe('what an expression computes', () => {
  test.each<[string, FieldValue]>([
    ['[sf.FirstName, sf.LastName].filter(part, part != null).join(" ")', 'Ann Lee'],
    ['sf.FirstName + " " + sf.LastName', 'Ann Lee'],
    ['sf.Account.Name', 'Acme'],
    ['(sf.Account).Name', 'Acme'],
    ['sf["Account.Name"]', 'Acme'],
    ['sf["field/Job Title"]', 'Baker'],
    ['true', true],
    ['"Purchased"', 'Purchased'],
    ['-3', -3],
    ['""', null],
    ['null', null],
    ['sf.Visits + 1', 3],
    ['sf.Score * 2.0', 3],
    ['10 - (4 - 1) - 2', 5],
    ['(1 + 2) * 3', 9],
    ['sf.VIP ? "Yes" : "No"', 'Yes'],
    ['!sf.VIP ? "Yes" : null', null],
    ['null != sf.FirstName', true],
    ['sf.VIP != null', true],
    ['sf.Birthdate < "2000-01-01"', true],
    ['{"Ann": "Mrs", "Bob": "Mr"}[sf.FirstName]', 'Mrs'],
    ['sf.Interests.filter(x, x != "golf")', ['tea']],
    ['sf.Interests + ["art", "golf"]', ['art', 'golf', 'tea']],
    ['sf.Interests.exists(x, x.startsWith("g")) && size(sf.Interests) == 2', true],
    ['sf.Interests[0].upperAscii()', 'GOLF'],
    ['sf.FirstName.substring(0, 1) + "."', 'A.'],
    ['"line\\nbreak \\"quoted\\" " + string(1.0)', 'line\nbreak "quoted" 1'],
  ])('%s', (source, value) => {
    expect(evaluate(source)).toEqual({ value });
  });

  test('a blank first name leaves no blank in front', () => {
    expect(evaluate('[sf.FirstName, sf.LastName].filter(part, part != null).join(" ")', { FirstName: null })).toEqual({
      value: 'Lee',
    });
  });

  test('a blank boolean is false and a blank set is empty', () => {
    expect(evaluate('sf.VIP ? "Yes" : "No"', { VIP: null })).toEqual({ value: 'No' });
    expect(evaluate('size(sf.Interests)', { Interests: null })).toEqual({ value: 0 });
  });
});

describe('what an expression reads', () => {
  test('the paths follow from the expression, sorted, each once', () => {
    const { reads } = expression('sf.LastName + sf.Account.Name + sf["field/Job Title"] + sf.LastName');

    expect(reads).toEqual({ sf: ['Account.Name', 'LastName', 'field/Job Title'] });
  });

  test('an element of a loop is no field', () => {
    expect(expression('sf.Interests.map(Visits, Visits + "!")').reads).toEqual({ sf: ['Interests'] });
  });

  test('formatting does not change the canonical form', () => {
    const spaced = expression('( sf . FirstName+" "  ) + (sf["LastName"])').canonical;

    expect(spaced).toBe(expression('sf.FirstName + " " + sf.LastName').canonical);
    expect(spaced).not.toBe(expression('sf.FirstName + (" " + sf.LastName)').canonical);
  });

  test('fields that must not be blank are told, required ones are not', () => {
    expect(expression('sf.FirstName + " " + sf.LastName').needs).toEqual([{ variable: 'sf', path: 'FirstName' }]);
    expect(expression('sf.FirstName == null ? sf.LastName : sf.FirstName').needs).toEqual([]);
  });
});

describe('expressions that are refused', () => {
  test.each<[string, ExpressionFault['code'], RegExp]>([
    ['', 'MAPPING_EXPRESSION_INVALID', /Unexpected token/],
    ['sf.FirstName +', 'MAPPING_EXPRESSION_INVALID', /Unexpected token/],
    ['sf', 'MAPPING_EXPRESSION_INVALID', /is a record/],
    ['sf[sf.FirstName]', 'MAPPING_EXPRESSION_INVALID', /is a record/],
    ['ac.email', 'MAPPING_EXPRESSION_INVALID', /There is no "ac" in this expression/],
    ['sf.Visits.trim()', 'MAPPING_EXPRESSION_INVALID', /int\.trim\(\)/],
    ['sf.FirstName + 1', 'MAPPING_EXPRESSION_INVALID', /no such overload: string \+ int/],
    ['sf.Score * 2', 'MAPPING_EXPRESSION_INVALID', /no such overload: double \* int/],
    ['sf.VIP ? 1 : "a"', 'MAPPING_EXPRESSION_INVALID', /Ternary branches/],
    ['sf.FirstName.tirm()', 'MAPPING_EXPRESSION_INVALID', /no function "tirm"/],
    ['has(sf.FirstName)', 'MAPPING_EXPRESSION_INVALID', /"has" is always true/],
    ['guarded__(sf.Interests)', 'MAPPING_EXPRESSION_INVALID', /no function/],
    ['cel.bind(x, sf.FirstName, x + x)', 'MAPPING_EXPRESSION_INVALID', /no function "bind"/],
    ['timestamp("2020-01-01T00:00:00Z").getHours("Europe/Rome")', 'MAPPING_EXPRESSION_INVALID', /no function/],
    ['b"bytes"', 'MAPPING_EXPRESSION_INVALID', /Bytes/],
    ['sf.Interests.map(sf, "x")', 'MAPPING_EXPRESSION_INVALID', /names an end/],
    ['sf.FirstName.matches("(a+)+b")', 'MAPPING_EXPRESSION_LIMIT', /Regular expressions/],
    [`"${'a'.repeat(2_000)}"`, 'MAPPING_EXPRESSION_LIMIT', /2002 characters/],
    [`${'!'.repeat(40)}sf.VIP`, 'MAPPING_EXPRESSION_LIMIT', /nested more than 32/],
    [`${'('.repeat(400)}1${')'.repeat(400)}`, 'MAPPING_EXPRESSION_LIMIT', /too large or nested too deep/],
    [`${'['.repeat(33)}${']'.repeat(33)}`, 'MAPPING_EXPRESSION_LIMIT', /nested/],
    [
      'sf.Interests.map(a, sf.Interests.map(b, sf.Interests.map(c, c)))',
      'MAPPING_EXPRESSION_LIMIT',
      /Loops are nested more than 2/,
    ],
  ])('%s', (source, code, detail) => {
    expect(faults(source)).toHaveLength(1);
    expect(faults(source)[0]).toMatchObject({ code, detail: expect.stringMatching(detail) as unknown });
  });

  test('a misspelt end is named with the one that was meant', () => {
    expect(faults('sff.FirstName')[0]?.hint).toContain('"sf"');
  });

  test('mixed numbers come with the way out', () => {
    expect(faults('sf.Score * 2')[0]?.hint).toContain('2.0');
  });
});

describe('limits of an expression', () => {
  test('2,000 characters, a nesting of 32 and loops two deep are allowed', () => {
    expect(faults(`"${'a'.repeat(1_998)}"`)).toEqual([]);
    expect(faults(`${'!'.repeat(31)}sf.VIP`)).toEqual([]);
    expect(evaluate('sf.Interests.map(a, sf.Interests.map(b, a + b).join("-")).join(" ")')).toEqual({
      value: 'golfgolf-golftea teagolf-teatea',
    });
  });

  test('a long chain of one operator is not nested', () => {
    expect(evaluate(Array.from({ length: 300 }, () => '1').join(' + '))).toEqual({ value: 300 });
  });

  test('loops take at most 10,000 steps together', () => {
    const nested = 'sf.Interests.map(a, sf.Interests.map(b, a + b).join("")).size()';
    const of = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `x${index}`);

    expect(evaluate(nested, { Interests: of(99) })).toEqual({ value: 99 });
    expect(evaluate(nested, { Interests: of(100) })).toEqual({
      problem: 'The expression takes more than 10000 steps for this record.',
    });
  });

  test('a loop that hides its errors does not hide the limit', () => {
    const hiding = 'sf.FirstName.split("").exists(a, a == "z" || sf.Interests.exists(b, b == a))';

    expect(
      evaluate(hiding, { FirstName: `${'a'.repeat(500)}z`, Interests: Array.from({ length: 500 }, () => 'x') }),
    ).toHaveProperty('problem');
  });

  test('a text split into more than 1,000 pieces cannot be looped over', () => {
    const split = 'sf.FirstName.split("").map(a, a).size()';

    expect(evaluate(split, { FirstName: 'a'.repeat(1_000) })).toEqual({ value: 1_000 });
    expect(evaluate(split, { FirstName: 'a'.repeat(1_001) })).toHaveProperty('problem');
  });

  test('sets of more than 1,000 elements and texts of more than 32,768 characters are not taken in', () => {
    expect(
      evaluate('size(sf.Interests)', { Interests: Array.from({ length: 1_001 }, (_, index) => `x${index}`) }),
    ).toHaveProperty('problem');
    expect(evaluate('sf.FirstName', { FirstName: 'a'.repeat(32_769) })).toHaveProperty('problem');
  });

  test('each record starts counting anew', () => {
    const counted = expression('sf.Interests.map(a, a).size()');
    const record = { Interests: Array.from({ length: 900 }, (_, index) => `x${index}`) };

    for (let round = 0; round < 20; round += 1) expect(counted.evaluate({ sf: record })).toEqual({ value: 900 });
  });
});

describe('values that an expression cannot compute', () => {
  test.each<[string, FieldValues, RegExp]>([
    ['sf.FirstName + "!"', { FirstName: null }, /blank: sf\.FirstName/],
    ['10 / sf.Visits', { Visits: 0 }, /divided by zero/],
    ['{"a": "b"}[sf.FirstName]', {}, /not in the map/],
    ['int(sf.FirstName)', {}, /no whole number/],
    ['bool(sf.FirstName)', {}, /neither true nor false/],
    ['sf.Interests[5]', {}, /cannot be computed/],
    ['sf.FirstName.substring(10)', {}, /outside the text/],
    ['9223372036854775807 + sf.Visits', {}, /too large/],
    ['9007199254740992', {}, /too large/],
    ['double("inf")', {}, /no finite number/],
    ['[1, 2]', {}, /hold text only/],
    ['{"a": 1}', {}, /no field can store/],
    ['sf.FirstName', { FirstName: 5 }, /not of the type string/],
    ['sf.Visits', { Visits: 1.5 }, /not of the type integer/],
  ])('%s', (source, changed, problem) => {
    expect(evaluate(source, changed)).toEqual({ problem: expect.stringMatching(problem) as unknown });
  });

  test('a field that was not read is no blank', () => {
    expect(expression('sf.FirstName == null').evaluate({ sf: {} })).toEqual({ problem: 'sf.FirstName: the field was not read.' });
  });

  test('problems do not repeat the values of the person', () => {
    const { problem } = evaluate('bool(sf.FirstName) ? {"x": 1}[sf.LastName] : 1', { FirstName: 'Secretive' }) as {
      problem: string;
    };

    expect(problem).not.toContain('Secretive');
    expect(problem).not.toContain('Lee');
  });
});
