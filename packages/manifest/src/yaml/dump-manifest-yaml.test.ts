import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dumpManifestYaml } from './dump-manifest-yaml.ts';
import { readManifestYaml } from './read-manifest-yaml.ts';

/** Taken for line ends by some readers of YAML. */
const LINE_ENDS = ['a\u0085b', 'a\u2028b', '\u2029', '\uFEFFa'];
const AMBIGUOUS = [
  'yes',
  'y',
  'No',
  '010',
  '1:30',
  '1e3',
  '1.5e+3',
  '2024-01-02',
  '~',
  '',
  '<<',
  '=',
  '.inf',
  '0b_',
];

describe('dumpManifestYaml', () => {
  test('leaves out what is not set and keeps the order of the keys', () => {
    const data = {
      name: 'adder',
      labels: null,
      git: { remote: 'https://a/b', branch: null },
      resources: { cpu_max: null },
      jobtype_extra: { home_page: null },
      system_dependencies: ['git'],
    };

    expect(dumpManifestYaml(data)).toBe(
      'name: adder\ngit:\n  remote: https://a/b\njobtype_extra:\n  home_page: null\nsystem_dependencies:\n- git\n',
    );
  });

  test('sorts the keys on request', () => {
    expect(dumpManifestYaml({ b: { d: 1, c: 2 }, a: 3 }, { sortKeys: true })).toBe(
      'a: 3\nb:\n  c: 2\n  d: 1\n',
    );
  });

  test.each(AMBIGUOUS)('puts the text %j in quotes', (text) => {
    expect(dumpManifestYaml({ a: text })).toMatch(/^a: ['"]/);
  });

  test.each(LINE_ENDS)('escapes %j', (text) => {
    expect(dumpManifestYaml({ a: text })).toMatch(/^[ -~]*\n$/);
  });

  test('writes large numbers so that they stay numbers', () => {
    expect(dumpManifestYaml({ a: 1e21, b: 1.5e-7 })).toBe('a: 1.0e+21\nb: 1.5e-7\n');
  });

  test('writes what reads back as the same', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...AMBIGUOUS, ...LINE_ENDS),
    );
    const usable = text.filter(
      (value) => value !== '__proto__' && !value.includes('\0') && value.isWellFormed(),
    );
    const number = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }));
    const plain = number.filter(
      (value) => !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value)),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        usable,
        fc.boolean(),
        plain,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(usable, tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('name', 'labels', 'yes', '1:30', 'a b'), value), (data) => {
        const yaml = dumpManifestYaml(data);
        fc.pre(Object.keys(data).length > 0);
        expect(readManifestYaml(yaml, { source: 'dumped' }).data).toEqual({ ...data });
      }),
      { numRuns: 200 },
    );
  });
});
