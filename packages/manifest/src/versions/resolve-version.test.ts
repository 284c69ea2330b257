import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isVersionPattern, resolveVersion } from './resolve-version.ts';
import { compareVersions, isStable, parseVersion } from './version.ts';

const FAMILY = ['1.0.0', '1.1.0', '1.2.0-rc1', '1.9.9', '1.10.0', '2.0.0-alpha', '3.0.0+build', '10.0.0-dev'];
const VECTORS = ['1.0.1', '2.0.0', '2.0.4', '2.1.5', '2.2.2-dev', '3.3.0'];

describe('resolveVersion', () => {
  test.each([
    [FAMILY, 'latest', '1.10.0'],
    [FAMILY, 'x', '1.10.0'],
    [FAMILY, 'x.x.x', '1.10.0'],
    [FAMILY, '1.x', '1.10.0'],
    [FAMILY, '1.x.x', '1.10.0'],
    [FAMILY, '1.1.x', '1.1.0'],
    [FAMILY, '1.10.x', '1.10.0'],
    [FAMILY, 'x.1.0', '1.1.0'],
    [FAMILY, '1.x.0', '1.10.0'],
    [FAMILY, '1.2.0-rc1', '1.2.0-rc1'],
    [FAMILY, '3.0.0+build', '3.0.0+build'],
    [VECTORS, '2.x', '2.1.5'],
    [VECTORS, '2.0.x', '2.0.4'],
    [VECTORS, 'x', '3.3.0'],
  ])('finds in %j for %s the version %s', (available, requested, version) => {
    expect(resolveVersion(requested, available)).toEqual({ kind: 'found', version });
  });

  test.each([
    ['1.2.x', 'no-match', 'Not found any stable version matching pattern: 1.2.x'],
    ['2.x', 'no-match', 'Not found any stable version matching pattern: 2.x'],
    ['3.x', 'no-match', 'Not found any stable version matching pattern: 3.x'],
    ['x.0', 'found', ''],
    ['1.1.0.x', 'no-match', 'Not found any stable version matching pattern: 1.1.0.x'],
    ['1', 'exact', 'Job record not found for given name, version'],
    ['1.1', 'exact', 'Job record not found for given name, version'],
    ['1.X', 'exact', 'Job record not found for given name, version'],
    ['1.*', 'exact', 'Job record not found for given name, version'],
    ['1.2x', 'exact', 'Job record not found for given name, version'],
    ['1.x-dev', 'exact', 'Job record not found for given name, version'],
  ])('answers for %s with %s', (requested, reason, message) => {
    const resolution = resolveVersion(requested, FAMILY);

    expect(resolution.kind === 'found' ? ['found', ''] : [resolution.reason, resolution.message]).toEqual([
      reason,
      message,
    ]);
  });

  test.each(['latest', 'x', '1.x'])(
    'says that there is no stable version when nothing is there for %s',
    (requested) => {
      expect(resolveVersion(requested, [])).toEqual({
        kind: 'missing',
        reason: 'no-stable',
        message: 'No stable version found',
      });
    },
  );

  const available = fc.array(
    fc.oneof(
      fc.tuple(fc.nat(3), fc.nat(12), fc.nat(3)).map((parts) => parts.join('.')),
      fc.constantFrom('1.0.0-rc1', '2.0.0+b', 'not-a-version', '', '1.2', 'x', 'latest', '1.2.3.4'),
    ),
  );
  const pattern = fc
    .array(fc.constantFrom('x', '0', '1', '2', '10'), { minLength: 1, maxLength: 3 })
    .filter((parts) => parts.includes('x'));

  test('finds the highest of all stable versions that fit, whatever else is there', () => {
    fc.assert(
      fc.property(available, pattern, (versions, parts) => {
        const fitting = versions
          .map(parseVersion)
          .filter((version) => version !== undefined)
          .filter(isStable)
          .filter(({ text }) =>
            text.split('.').every((part, index) => ['x', part, undefined].includes(parts[index])),
          );
        const highest = fitting.toSorted(compareVersions).at(-1);

        const resolution = resolveVersion(parts.join('.'), versions);

        expect(resolution.kind === 'found' ? resolution.version : undefined).toBe(highest?.text);
      }),
      { numRuns: 1000 },
    );
  });

  test('latest is the same as x', () => {
    fc.assert(
      fc.property(available, (versions) => {
        expect(resolveVersion('latest', versions).kind).toBe(resolveVersion('x', versions).kind);
      }),
    );
  });

  test('every text that is no alias means itself', () => {
    fc.assert(
      fc.property(fc.string(), available, (requested, versions) => {
        fc.pre(requested !== 'latest' && !isVersionPattern(requested));
        const isThere = versions.includes(requested);
        expect(resolveVersion(requested, versions).kind).toBe(isThere ? 'found' : 'missing');
        expect(resolveVersion(requested, [...versions, requested])).toEqual({
          kind: 'found',
          version: requested,
        });
      }),
    );
  });
});

describe('isVersionPattern', () => {
  test.each(['x', '1.x', '1.x.x', '1.2.x', 'x.1.0'])('takes %s', (text) => {
    expect(isVersionPattern(text)).toBe(true);
  });

  test.each(['latest', '1.2.3', '1.2x', '1.x2', '1.x-dev', '1.X', '', 'x.', '.x', 'x\n'])(
    'does not take %j',
    (text) => {
      expect(isVersionPattern(text)).toBe(false);
    },
  );
});
