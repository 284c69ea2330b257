import { parse } from '@babel/parser';
import { expect, test } from 'vitest';
import { collectSignatures } from '../runtime/build/collect-signatures.ts';
import { findUnsupported } from '../runtime/build/find-unsupported.ts';
import type { ParseSource } from '../runtime/build/syntax.ts';
import { checkInput } from '../runtime/worker/check-input.ts';

const parseTyped: ParseSource = (text) =>
  parse(text, { sourceType: 'unambiguous', plugins: ['typescript'] }) as unknown as ReturnType<ParseSource>;

const read = (text: string) => collectSignatures(parseTyped(text), parseTyped);

test('types of the input become its schema: literals, unions, arrays, optional, nested and named ones', () => {
  const signatures = read(`
    type Mode = 'fast' | 'exact';
    interface Point { x: number; y: number; label?: string | null }
    interface Input { mode?: Mode; points: readonly Point[]; weights: Record<string, number>; other: Date }
    export default class Scale {
      /** Scales points. */
      perform({ points, mode = 'fast' }: Input) { return points; }
    }`);

  expect(signatures['Scale.perform']).toEqual({
    text: 'Scales points.',
    schema: {
      type: 'object',
      properties: {
        mode: { enum: ['fast', 'exact'], default: 'fast' },
        points: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              x: { type: 'number' },
              y: { type: 'number' },
              label: { anyOf: [{ type: 'string' }, { type: 'null' }] },
            },
            required: ['x', 'y'],
          },
        },
        weights: { type: 'object', additionalProperties: { type: 'number' } },
        other: {},
      },
      required: ['points', 'weights', 'other'],
      additionalProperties: false,
    },
  });
});

test.each([
  ['a function', 'export function perform({ numbers, scale = 2 }) {}'],
  ['an arrow function', 'export const perform = async ({ numbers, scale = 2 }) => {};'],
  ['a function of CommonJS', 'exports.perform = function ({ numbers, scale = 2 }) {};'],
  ['an object', 'module.exports = { perform({ numbers, scale = 2 }) {} };'],
])('parameters taken apart tell names and defaults: %s', (_title, text) => {
  expect(read(text)['perform']?.schema).toEqual({
    type: 'object',
    properties: { numbers: {}, scale: { default: 2 } },
    required: ['numbers'],
    additionalProperties: false,
  });
});

test('JSDoc tells types where the language has none', () => {
  const { perform } = read(`
    /**
     * Adds.
     * @param {object} input
     * @param {number[]} input.numbers - what is added
     * @param {number} [input.scale=1]
     */
    export function perform(input) {}`);

  expect(perform).toEqual({
    text: 'Adds.',
    schema: {
      type: 'object',
      properties: {
        numbers: { type: 'array', items: { type: 'number' }, description: 'what is added' },
        scale: { type: 'number', default: 1 },
      },
      required: ['numbers'],
      additionalProperties: false,
    },
  });
});

test('comments say what members are for, in as many lines as they take, wherever the types are', () => {
  const { perform } = read(`
    /**
     * @param {number[]} numbers - what is added,
     *   one after the other
     * @param {{ by: { n: number } }} scale - {@link scales}
     */
    export function perform({ numbers, scale = 1, rest }) {}`);
  const { typed } = read(`
    /** @param input.a - of the one kind */
    export function typed(input: { a: number }) {}`);

  expect(perform?.schema).toMatchObject({
    properties: {
      numbers: { type: 'array', description: 'what is added, one after the other' },
      scale: { properties: { by: { type: 'object' } }, description: '{@link scales}' },
      rest: {},
    },
    required: ['numbers', 'rest'],
  });
  expect(typed?.schema?.properties).toEqual({ a: { type: 'number', description: 'of the one kind' } });
});

test.each([
  [
    '(): Promise<{ total: number }> {}',
    'json',
    { type: 'object', properties: { total: { type: 'number' } } },
  ],
  ['(): number[] {}', 'json', { type: 'array', items: { type: 'number' } }],
  ['(): void {}', 'json', { type: 'null' }],
  ['(): Promise<Buffer> {}', 'bytes', undefined],
  ['(): AsyncGenerator<string> {}', 'stream', { type: 'string' }],
])('types of results are known: function%s', (text, form, schema) => {
  expect(read(`export function perform${text}`)['perform']?.result).toMatchObject(
    schema === undefined ? { form } : { form, schema },
  );
});

test('so are generators and what JSDoc says of results', () => {
  expect(read('export async function* perform() {}')['perform']?.result).toEqual({ form: 'stream' });
  expect(
    read('/** @returns {Promise<number>} */ export async function perform() {}')['perform']?.result,
  ).toEqual({ form: 'json', schema: { type: 'number' } });
  expect(read('/** @yields {number} */ export function* perform() {}')['perform']?.result).toEqual({
    form: 'stream',
    schema: { type: 'number' },
  });
  expect(read('export function perform(): Other {}')['perform']).toEqual({ text: '' });
});

test('nothing is claimed of an input that says nothing', () => {
  expect(read('export function perform(input) {}')['perform']).toEqual({ text: '' });
  expect(read('export function perform({ a, ...rest }) {}')['perform']?.schema).toMatchObject({
    additionalProperties: true,
  });
  expect(read('type T = { t: T }; export function perform(t: T) {}')['perform']?.schema).toMatchObject({
    properties: { t: {} },
  });
});

test.each([
  ['types', (before: string) => `{ a: ${before}; b: ${before} }`],
  ['unions', (before: string) => `${before} | ${before} | { a: ${before} }`],
  ['comments', (before: string) => `{ /** ${'About it. '.repeat(1000)} */ a: ${before}; b: ${before} }`],
  ['names', (before: string) => `{ ${'a'.repeat(10_000)}: ${before}; b: ${before} }`],
  ['literals', (before: string) => `'${'a'.repeat(10_000)}' | ${before} | ${before}`],
])(
  '%s that stand for more than can be told are told in part, and every input is taken there',
  (_title, make) => {
    const types = Array.from({ length: 40 }, (_, n) => `type T${n} = ${n === 0 ? '1' : make(`T${n - 1}`)};`);
    const { perform, other } = read(`${types.join('\n')}
    export function perform(input: { known: number; large: T39 }) {}
    export function other(input: { known: number }) {}`);

    expect(JSON.stringify(perform).length).toBeLessThan(300_000);
    expect(perform?.schema).toMatchObject({
      properties: { known: { type: 'number' } },
      required: ['known', 'large'],
    });
    expect(other?.schema).toMatchObject({ properties: { known: { type: 'number' } } });
  },
);

test('interfaces that extend each other many times, and types that nest deeply, end as well', () => {
  const interfaces = Array.from({ length: 40 }, (_, n) =>
    n === 0 ? 'interface I0 { a: number }' : `interface I${n} extends I${n - 1}, I${n - 1} {}`,
  );
  const types = Array.from({ length: 2_000 }, (_, n) => `type T${n} = ${n === 0 ? '1' : `T${n - 1}[]`};`);
  const signatures = read(`${interfaces.join('\n')}\n${types.join('\n')}
    export function perform(input: { many: I39; deep: T1999 }) {}`);

  expect(Object.keys(signatures['perform']?.schema?.properties ?? {})).toEqual(['many', 'deep']);
});

test('what Node does not take of TypeScript is told with its line', () => {
  expect(findUnsupported(parseTyped('type A = 1;\nexport enum B { C }').program)).toMatchObject({ line: 2 });
  expect(findUnsupported(parseTyped('class A { constructor(readonly b: number) {} }').program)).toMatchObject(
    {
      line: 1,
    },
  );
  expect(findUnsupported(parseTyped('declare enum B { C }').program)).toBeUndefined();
});

test.each([
  [{}, 'missing argument: points'],
  [{ points: [], more: 1 }, 'unknown argument: more (known: points, mode)'],
  [{ piont: [], more: 1 }, 'missing argument: points; unknown arguments: piont, more (known: points, mode)'],
  [{ points: 1 }, 'argument points must be of type array, but is number'],
  [{ points: [{ x: 'a' }] }, 'argument points[0].x must be of type number, but is string'],
  [{ points: [{}] }, 'argument points[0].x is missing'],
  [{ points: [], mode: 'slow' }, 'argument mode must be one of "fast", "exact"'],
  [{ points: [], constructor: 1 }, 'unknown argument: constructor'],
])('an input that does not fit is refused by the name of the field: %j', (input, message) => {
  const { perform } = read(
    `export function perform(i: { points: { x: number }[]; mode?: 'fast' | 'exact' }) {}`,
  );

  expect(() => checkInput(input, perform?.schema ?? {})).toThrow(message);
});
