import { PlatformError } from '@racetrack-platform/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderTemplate } from './render-template.ts';

const variables = {
  name: 'adder',
  list: ['a', 'b'],
  env: { A: '1', n: { deep: [1, 2.5, null, true] } },
  n: 3,
};

function render(source: string): string {
  return renderTemplate({ source, name: 'hostile', variables });
}

describe('a hostile template', () => {
  test.each([
    ['a loop over a billion', '{% for i in range(1000000000) %}x{% endfor %}'],
    ['loops in loops', `${'{% for i in range(999) %}'.repeat(9)}x${'{% endfor %}'.repeat(9)}`],
    [
      'loops that put nothing out',
      '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
    ],
    ['a text that is multiplied', '{{ "x" * 10 ** 12 }}'],
    [
      'a text that doubles',
      '{% set ns = namespace(x="x") %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}',
    ],
    [
      'a list that holds itself twice',
      '{% set ns = namespace(x=[]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}',
    ],
    [
      'two such lists that are compared',
      '{% set a = namespace(x=[], y=[]) %}{% for i in range(90) %}{% set a.x = [a.x, a.x] %}{% set a.y = [a.y, a.y] %}{% endfor %}{{ a.x == a.y }}',
    ],
    ['a list that holds itself', '{% set l = [] %}{% set _ = l.append(l) %}{{ l }}'],
    ['padding without end', '{{ "x".ljust(10 ** 15) }}'],
    ['a format without end', '{{ "%999999999999d" % 1 }}'],
    ['an indent without end', '{{ "x" | indent(10 ** 9, true) }}'],
    ['a number without end', '{{ 9 ** 9 ** 9 ** 9 ** 9 ** 9 }}'],
    [
      'a number that grows',
      '{% set ns = namespace(x=9) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}',
    ],
    ['columns without end', '{{ [1] | slice(10 ** 12) }}'],
    ['an infinite recursion', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    [
      'a macro that calls itself twice',
      '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}',
    ],
    ['a thousand brackets', `{{ ${'('.repeat(1000)}1${')'.repeat(1000)} }}`],
    ['a thousand signs', `{{ ${'-'.repeat(1000)}1 }}`],
    ['a thousand blocks', `${'{% if n %}'.repeat(1000)}${'{% endif %}'.repeat(1000)}`],
    ['a chain of ten thousand attributes', `{{ env${'.n'.repeat(10_000)} }}`],
    ['a chain of ten thousand filters', `{{ name${'|upper'.repeat(10_000)} }}`],
    ['a sum of ten thousand', `{{ 1${'+1'.repeat(10_000)} }}`],
    ['ten thousand digits', `{{ ${'9'.repeat(10_000)} }}`],
    ['a very long template', 'x'.repeat(1_000_001)],
    ['the constructor of a text', '{{ name.constructor("return process")() }}'],
    ['the prototype of a list', '{{ list.__proto__.push }}'],
    ['the class of a text', '{{ "".__class__.__mro__ }}'],
    ['the globals of a function', '{{ range.__globals__.x }}'],
    ['the constructor of a method', '{{ name.upper.constructor.constructor("x") }}'],
    ['a place that is named like a property', '{{ list["length"]["x"] }}'],
    ['a filter that is named like a property', '{{ name | constructor }}'],
    ['a test that is named like a property', '{{ name is toString }}'],
    ['a filter by the name of a property', '{{ list | map("__proto__") }}'],
    ['a format that reads attributes', '{{ "{0.__class__}".format(name) }}'],
    ['the name of a class', '{{ constructor.x }}{{ __proto__.x }}'],
    ['writing to an object', '{% set name.x = 1 %}'],
    ['files', '{% include "/etc/passwd" %}'],
  ])('ends with an error: %s', (_title, source) => {
    expect(() => render(source)).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID' }));
  });

  test('cannot change the variables that it was given', () => {
    render('{% set _ = list.append("c") %}{% set _ = env.clear() %}');

    expect(variables.list).toEqual(['a', 'b']);
    expect(variables.env.A).toBe('1');
  });
});

/** Any of these words. */
function oneOf(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.trim().split(/\s+/));
}

const TAG_WORDS = `{{ }} {% %} {# #} {%- -%} name list env n x . | ( ) [ ] { } , : = == < + - * / // % ** ~ "a" ' 1 2.5 0
  if else elif endif for in endfor set endset is not and or defined none macro endmacro call raw endraw with filter upper
  join sort length tojson items`;
const VALUES = 'name list env n none missing 1 2.5 "x" [] {} (1,"a") -3 true';
const OPERATORS = '+ - * / // % ~ < == in and or';
const FILTERS = `upper join length list sort first last int float round tojson unique sum reverse title trim dictsort items
  indent batch(2) slice(2) map("string") select groupby(0) replace("a","b") default(1) truncate(9) urlencode
  quote min abs center(9) filesizeformat wordcount`;
const SUFFIXES = `.items() .split() .get("A") [0] ["A"] [::-1] .x .upper() .pop() .format(1) .title() () .rsplit(none,1)
  .splitlines() .update(a=1) .sort()`;
const TESTS = 'defined none odd string iterable lower divisibleby(2) eq(1)';

const expressions = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    oneOf(VALUES),
    fc.tuple(tie('node'), oneOf(OPERATORS), tie('node')).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(tie('node'), oneOf(FILTERS)).map(([a, filter]) => `(${a} | ${filter})`),
    fc.tuple(tie('node'), oneOf(SUFFIXES)).map(([a, suffix]) => `${a}${suffix}`),
    fc.tuple(tie('node'), oneOf(TESTS)).map(([a, name]) => `(${a} is ${name})`),
  ),
}));

const templates = fc.oneof(
  fc.array(oneOf(TAG_WORDS), { maxLength: 30 }).map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary' }),
  fc.array(expressions.node, { minLength: 1, maxLength: 4 }).map((nodes) => `{{ ${nodes.join(' }}{{ ')} }}`),
);

/** Both 400,000 characters long, and equal. */
const TWINS = '{% set a = "x" * 400000 %}{% set b = "x" * 399999 ~ "x" %}';

function often(expression: string): string {
  return `{% for i in range(60000) %}{% set _ = ${expression} %}{% endfor %}`;
}

describe('work that an innocent expression hides is counted', () => {
  test.each([
    ['texts that are compared', TWINS + often('a < b')],
    ['texts that are equal', TWINS + often('a == b')],
    ['the smallest of long texts', `${TWINS}{{ ([a, b] * 10000) | min }}`],
    ['long texts that are sorted', `${TWINS}{{ ([a, b] * 10000) | sort }}`],
    ['long texts that are told apart', `${TWINS}{{ ([a, b] * 10000) | unique }}`],
    ['a long key', `${TWINS}{% set d = {a: 1} %}${often('d[b]')}`],
    ['a long text that is only passed on', TWINS + often('a | default("")')],
    ['long beginnings', `${TWINS}${often('a.startswith(("y" ~ b, b))')}`],
    [
      'a key that doubles',
      '{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}',
    ],
    ['a long text that is looked for', '{{ ("a" * 400000).find("a" * 100000 ~ "b" ~ "a" * 100000) }}'],
    ['a long text that is contained', '{{ ("b" ~ "a" * 200000) in "a" * 400000 }}'],
    ['a long text that is replaced', '{{ ("a" * 400000) | replace("b" ~ "a" * 200000, "") }}'],
    ['numbers of many digits', `{% set n = 9 ** 2500 %}${often('n * n')}`],
    ['many long numbers as text', '{{ [9 ** 2500] * 100000 }}'],
    ['a long text many times', `${TWINS}{{ ("%s" * 2000) % ((a,) * 2000) }}`],
    ['quotes that are quoted', `{{ "'"${' | quote'.repeat(40)} }}`],
    ['a name as long as the template', often('n'.repeat(900_000))],
    ['a column of names without end', '{{ ("%(" * 40000) % 1 }}'],
  ])(
    'and ends with an error: %s',
    (_title, source) => {
      expect(() => render(source)).toThrow(expect.objectContaining({ code: 'TEMPLATE_INVALID' }));
    },
    30_000,
  );

  test.each([
    ['comments that are never closed', '{{ ("<!--" * 40000) | striptags | length }}', '160000'],
    ['tags that are never closed', '{{ ("<" * 40000) | striptags | length }}', '40000'],
    ['a number that ends with a letter', '{{ ("1" * 200000 ~ "x") | float }}', '0.0'],
    ['numbers that end alike', '{{ [2 ** 64, 2 ** 65, 2 ** 64] | unique | length }}', '2'],
    ['a text in its right place', '{{ ("a" * 100000 ~ "b").find("b") }}', '100000'],
  ])(
    'or is done at once: %s',
    (_title, source, expected) => {
      expect(render(source)).toBe(expected);
    },
    30_000,
  );

  test('and an error quotes only the beginning of a word without end', () => {
    expect(() => render(`{{ name | ${'e'.repeat(900_000)} }}`)).toThrow(/^hostile:1:11: .{400,600}$/);
  }, 30_000);
});

describe('any template', () => {
  test('renders, or is refused with the one error that templates have', () => {
    const runs = fc.property(templates, (source) => {
      try {
        expect(render(source)).toBeTypeOf('string');
      } catch (error) {
        if (!PlatformError.is(error) || error.code !== 'TEMPLATE_INVALID') throw error;
      }
    });

    fc.assert(runs, { numRuns: 1_500 });
  });

  test('without tags renders as it is, but for the forms of line ends', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 300 }).filter((text) => !/\{[{%#]/.test(text));
    const runs = fc.property(texts, (source) => {
      expect(render(source)).toBe(source.replace(/\r\n?/g, '\n').replace(/\n$/, ''));
    });

    fc.assert(runs, { numRuns: 300 });
  });
});
