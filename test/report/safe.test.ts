import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, markdownBlock, markdownCode, quote, safe } from '../../src/report/safe.ts';

/** Texts in which the characters that matter are frequent. */
const ANY_TEXT = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '\r',
      '\n',
      '\u0007',
      '\u009b',
      '\u007f',
      '\u202e',
      '\u2066',
      '\u200b',
      '\ufeff',
      '\u2028',
      '\ud800',
      ':',
      '#',
      '[',
      '`',
      '<',
      '>',
      '&',
      '"',
      '\\',
      '@',
      '|',
      '*',
      ' ',
    ),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  ),
  maxLength: 300,
});
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('a text made safe for a terminal', () => {
  it.each([
    ['a\u001b[31mb', 'a\\x1b[31mb'],
    ['a\r\nb', 'a\\x0d⏎b'],
    ['\u009b31m\u007f', '\\x9b31m\\x7f'],
    ['\u202egpj.exe', '\\u{202e}gpj.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['::add-mask::x', '\\x3a:add-mask::x'],
    ['  ::group::', '  \\x3a:group::'],
    ['see ##[error]x and ##vso[task.x]', 'see \\x23#[error]x and \\x23#vso[task.x]'],
    ['Zoë 李 😀', 'Zoë 李 😀'],
    ['\ud800', '\\u{d800}'],
  ])('shows %j as %s', (text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  it('holds nothing that moves the cursor, hides or reorders text', () => {
    fc.assert(fc.property(ANY_TEXT, (text) => !INVISIBLE.test(safe(text)) && !INVISIBLE.test(quote(text))));
  });

  it('is no command to the runner of a pipeline', () => {
    fc.assert(fc.property(ANY_TEXT, (text) => !/^\s*::/.test(safe(text)) && !/##\w*\[/.test(safe(text))));
  });

  it('is cut at the number of columns asked for', () => {
    fc.assert(
      fc.property(ANY_TEXT, fc.integer({ min: 2, max: 400 }), (text, most) => Array.from(safe(text, most)).length <= most + 3),
    );
    expect(safe('a'.repeat(1000))).toBe(`${'a'.repeat(199)}…`);
  });

  it('stays as it is when it is made safe again', () => {
    fc.assert(fc.property(ANY_TEXT, (text) => safe(safe(text, 10_000), 10_000) === safe(text, 10_000)));
  });
});

describe('a quoted text', () => {
  it('ends at its own last quote only', () => {
    fc.assert(
      fc.property(ANY_TEXT, (text) => {
        const inside = quote(text, 10_000).slice(1, -1);
        return !/(?<!\\)(?:\\\\)*"/.test(inside.replace(/^(?:[^"\\]|\\.)*$/s, ''));
      }),
    );
  });
});

describe('a text in Markdown', () => {
  it('is letters and references only, so nothing in it is markup, a mention or a link', () => {
    fc.assert(
      fc.property(ANY_TEXT, (text) => {
        const inside = /^<code>(.*)<\/code>$/s.exec(markdownCode(text))![1]!;
        return !/[<>@|`*_[\]\\!:./~{}"']/.test(inside.replace(/&#\d+;/g, '')) && !/[&#]/.test(inside.replace(/&#\d+;/g, ''));
      }),
    );
  });

  it('does not end the block that it stands in', () => {
    fc.assert(
      fc.property(fc.array(ANY_TEXT, { maxLength: 5 }), (texts) => {
        const [open = '', ...rest] = markdownBlock(
          'diff',
          texts.map((text) => safe(text)),
        ).split('\n');
        const fence = open.slice(0, -'diff'.length);
        return rest.filter((line) => line.includes(fence)).length === 1 && rest.at(-1) === fence;
      }),
    );
  });
});

describe('a text in HTML', () => {
  it('starts no tag, no reference and ends no attribute', () => {
    fc.assert(fc.property(ANY_TEXT, (text) => !/[<>"'`]/.test(escapeHtml(text)) && !/&(?!#\d+;)/.test(escapeHtml(text))));
  });
});
