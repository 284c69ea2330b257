import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStrictVersion, suggestVersion } from './strict-version.ts';
import { compareVersions, parseVersion, type Version } from './version.ts';

const SORTED = [
  '0.0.0rc1',
  '0.0.0',
  '0.0.1-alpha',
  '0.0.1-dev',
  '0.0.1-rc2',
  '0.0.1',
  '0.0.10',
  '0.2.0',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.2',
  '1.0.0-alpha.10',
  '1.0.0-alpha.beta',
  '1.0.0-rc.9',
  '1.0.0-rc.10',
  '1.0.0+build',
  '1.0.0',
  '1.2.3.4',
  '1.2.3',
  '10.0.0',
];

const label = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^[-+.a-z0-9]{1,6}$/),
  fc.constantFrom('-1', '-01', '-1.a', '+a', '+b', '-rc+1', '-rc+2', 'rc1'),
);
const number = fc.constantFrom('0', '00', '1', '01', '2', '10');
/** Few distinct parts, so that neighbours and equals are frequent. */
const version = fc
  .tuple(number, number, number, label)
  .map(([major, minor, patch, rest]) => getVersion(`${major}.${minor}.${patch}${rest}`));

function getVersion(text: string): Version {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(`${text} is no version`);
  return parsed;
}

describe('compareVersions', () => {
  test('sorts the reference list', () => {
    const sorted = SORTED.toReversed().map(getVersion).sort(compareVersions);

    expect(sorted.map(({ text }) => text)).toEqual(SORTED);
  });

  test('is a total order: antisymmetric, transitive, and zero only for the same text', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, b) === 0).toBe(a.text === b.text);
        const isAscending = compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0;
        expect(!isAscending || compareVersions(a, c) <= 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('puts a version without label above every label of the same numbers', () => {
    fc.assert(
      fc.property(label, (text) => {
        fc.pre(text !== '' && !/^\d/.test(text));
        expect(compareVersions(getVersion(`1.2.3${text}`), getVersion('1.2.3'))).toBeLessThan(0);
      }),
    );
  });
});

describe('parseVersion', () => {
  test.each([
    ['1.2.3', ''],
    ['1.2.3-rc.1+5', '-rc.1+5'],
    ['1.2.3rc1', 'rc1'],
    ['1.2.3.4', '.4'],
  ])('reads %s with the label %j', (text, expected) => {
    expect(parseVersion(text)).toMatchObject({ major: 1, minor: 2, patch: 3, label: expected });
  });

  test.each(['', '1.2', 'v1.2.3', 'latest', '1.2.x', '-1.2.3', '1.2.3-a\nb', `1.2.${'9'.repeat(16)}`])(
    'answers undefined for %j',
    (text) => {
      expect(parseVersion(text)).toBeUndefined();
    },
  );
});

describe('isStrictVersion', () => {
  test.each(['0.0.1', '1.2.3-rc.1+build.5', '1.0.0-0a', '1.0.0+001', '1.0.0--'])('takes %s', (text) => {
    expect(isStrictVersion(text)).toBe(true);
  });

  test.each([
    '1.2',
    '01.2.3',
    '1.2.3rc1',
    '1.2.3-01',
    '1.2.3-',
    '1.2.3-a..b',
    'v1.2.3',
    '1.2.3\n',
    '',
    `1.0.0-${'a'.repeat(100)}`,
  ])('refuses %j', (text) => {
    expect(isStrictVersion(text)).toBe(false);
  });

  test('every strict version can be ordered', () => {
    fc.assert(
      fc.property(version, ({ text }) => {
        fc.pre(isStrictVersion(text));
        expect(parseVersion(text)).toBeDefined();
      }),
    );
  });
});

describe('suggestVersion', () => {
  test.each([
    ['1.2', '1.2.0'],
    ['v1.2.3', '1.2.3'],
    ['01.2.3', '1.2.3'],
    ['1.2.3rc1', '1.2.3-rc1'],
    ['7', '7.0.0'],
    ['next', undefined],
  ])('proposes for %j %j', (text, expected) => {
    expect(suggestVersion(text)).toBe(expected);
  });

  test('proposes strict versions only', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const proposal = suggestVersion(text);
        expect(proposal === undefined || isStrictVersion(proposal)).toBe(true);
      }),
    );
  });
});
