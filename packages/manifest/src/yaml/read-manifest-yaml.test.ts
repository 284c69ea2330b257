import { PlatformError } from '@racetrack-platform/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifestYaml } from './read-manifest-yaml.ts';

function read(text: string): Record<string, unknown> {
  return readManifestYaml(text, { source: 'job.yaml' }).data;
}

function explain(text: string, strict = false): string {
  try {
    readManifestYaml(text, { source: 'job.yaml', strict });
  } catch (thrown) {
    if (PlatformError.is(thrown) && thrown.code === 'MANIFEST_INVALID') return thrown.message;
    throw thrown;
  }
  return 'no error';
}

describe('readManifestYaml', () => {
  test.each([
    ['yes', true],
    ['No', false],
    ['ON', true],
    ['off', false],
    ['true', true],
    ['y', 'y'],
    ['n', 'n'],
    ['tRue', 'tRue'],
    ['010', 8],
    ['08', '08'],
    ['0o10', '0o10'],
    ['0x1F', 31],
    ['0b101', 5],
    ['0b_', '0b_'],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['1:30', 90],
    ['22:22:22', 80_542],
    ['1:30.5', 90.5],
    ['1:60', '1:60'],
    ['1_000', 1000],
    ['-1_000', -1000],
    ['+12', 12],
    ['.5', 0.5],
    ['-.5', '-.5'],
    ['5.', 5],
    ['~', null],
    ['', null],
    ['Null', null],
    ['2024-01-02', '2024-01-02'],
    ['2024-01-02 10:00:00', '2024-01-02 10:00:00'],
    ['.inf', '.inf'],
    ['12345678901234567890', '12345678901234567890'],
    ['"010"', '010'],
    ["'yes'", 'yes'],
    ['!!str 010', '010'],
    ['!!int "7"', 7],
    ['=', '='],
    ['&a text', 'text'],
  ])('reads %s as %j', (text, expected) => {
    expect(read(`key: ${text}`)).toEqual({ key: expected });
  });

  test('takes keys as they are written', () => {
    expect(read('env: {on: a, 1: b, "x": c}')).toEqual({ env: { on: 'a', 1: 'b', x: 'c' } });
  });

  test('merges mappings, what is written beside them first', () => {
    const text =
      'base: &b {a: 1, b: 2}\nother: &o {a: 3, c: 4}\nx: {b: 5, <<: [*b, *o]}\ny: {<<: *b, "<<": z}';

    expect(read(text)).toMatchObject({ x: { a: 1, b: 5, c: 4 }, y: { a: 1, b: 2, '<<': 'z' } });
  });

  test('resolves an alias to the anchor before it, even when the name is used again', () => {
    expect(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: &y [*x]\nf: &x 3\ng: *y')).toMatchObject({
      b: 1,
      d: 2,
      e: [2],
      g: [2],
    });
  });

  test('gives every use of an anchor a copy of its own', () => {
    const { a, b } = read('a: &x {k: 1}\nb: *x');

    expect(a).toEqual(b);
    expect(a).not.toBe(b);
  });

  test('warns about a doubled key and takes the last one, or refuses it when strict', () => {
    const text = 'env:\n  A: 1\n  B: 2\n  A: 3\n';

    expect(readManifestYaml(text, { source: 'job.yaml' })).toMatchObject({
      data: { env: { A: 3, B: 2 } },
      warnings: ['job.yaml:4: env.A: is written twice, first on line 2; the last one counts'],
    });
    expect(explain(text, true)).toContain('job.yaml:4: env.A: is written twice');
  });

  test('finds the line of a field, else of the nearest one around it', () => {
    const { locate, textOf, has } = readManifestYaml('a: 1\nb:\n  c: 1.10\n  d:\n  - x\n  - y\n', {
      source: 's',
    });

    expect([['b'], ['b', 'c'], ['b', 'd', 1], ['b', 'z'], ['z'], []].map((path) => locate(path))).toEqual([
      2,
      3,
      6,
      2,
      undefined,
      undefined,
    ]);
    expect(textOf(['b', 'c'])).toBe('1.10');
    expect([has(['b', 'c']), has(['b', 'z'])]).toEqual([true, false]);
  });

  test.each([
    ['', 'job.yaml: is empty; write fields'],
    ['# nothing', 'job.yaml: is empty'],
    ['- a', 'job.yaml: holds a list instead of fields'],
    ['text', 'job.yaml: holds a single value instead of fields'],
    ['a: 1\n---\nb: 2', 'job.yaml:2: not valid YAML: a second document begins here'],
    ['a: 1\n\tb: 2', 'job.yaml:2: not valid YAML: '],
    ['a: "x', 'job.yaml:1: not valid YAML: something is missing here: a closing quote'],
    ['a:\n  - b: [1, 2', 'job.yaml:2: not valid YAML: '],
    ['a: @x', 'job.yaml:1: not valid YAML: the value begins with a sign'],
    ['a: b: c', 'job.yaml:1: not valid YAML: a second "key: value" stands on one line'],
    ['a: *none', 'job.yaml:1: a: refers to *none'],
    ['a: &x [*x]', 'job.yaml:1: a[0]: contains itself through *x'],
    ['a: {<<: 5}', 'job.yaml:1: a."<<": merges something that is no mapping'],
    ['a: !!python/object:os.system x', 'job.yaml:1: a: has the tag !!python/object:os.system'],
    ['a: !!binary aGk=', 'job.yaml:1: a: has the tag !!binary'],
    ['? [1, 2]\n: 3', 'job.yaml:1: has a key that is no plain text'],
    ['__proto__: {a: 1}', 'job.yaml:1: has a key that is no plain text'],
    ['a: b\0c', 'job.yaml:1: holds a "\\u0000"'],
  ])('refuses %j and says where', (text, message) => {
    expect(explain(text)).toContain(message);
  });

  test.each([
    ['a large file', `a: ${'x'.repeat(1_000_001)}`, 'is larger than 1000000 characters'],
    ['many parts', 'a: 1\n'.repeat(150_000), 'has too many parts'],
    ['many quoted parts', '["",'.repeat(200_000), 'has too many parts'],
    ['deep brackets', '['.repeat(20_000), 'nested too deeply'],
    ['deep lists', '- '.repeat(20_000), 'nested too deeply'],
    ['moderately deep brackets', `a: ${'['.repeat(60)}${']'.repeat(60)}`, 'is nested deeper than 50 levels'],
    ['an alias bomb', aliasBomb(), 'holds more than 50000 values'],
  ])('refuses %s quickly', (_name, text, message) => {
    const startedAt = performance.now();

    expect(explain(text)).toContain(message);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  test('throws nothing but MANIFEST_INVALID, whatever it reads', () => {
    const signs = [
      'a',
      'b',
      ': ',
      ':',
      '- ',
      '\n',
      '  ',
      '\t',
      '&x ',
      '*x',
      '<<',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
    ];
    const more = [
      '#',
      '|',
      '>',
      '!',
      '!!int ',
      '? ',
      '---\n',
      '...',
      '%',
      '@',
      '1',
      '0x',
      '\r',
      '\0',
      '\\',
      '=',
      '~',
    ];
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...signs, ...more), { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        expect(typeof explain(input)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});

function aliasBomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const lines = names.map((name, index) => {
    const item = index === 0 ? 'x' : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(', ')}]`;
  });
  return lines.join('\n');
}
