import { describe, expect, test } from 'vitest';
import { resolveRouted, type VersionState } from './resolve-routed.ts';
import { matchesAlias } from './resolve-version.ts';

const VERSIONS: readonly VersionState[] = [
  { version: '1.0.0', isRouted: true, isStarting: false },
  { version: '1.2.0', isRouted: true, isStarting: true },
  { version: '1.10.0', isRouted: false, isStarting: false },
  { version: '2.0.0-rc1', isRouted: true, isStarting: false },
  { version: '3.0.0', isRouted: false, isStarting: true },
];

function resolve(requested: string, pinned?: string): string {
  const resolution = resolveRouted(requested, VERSIONS, pinned);
  return resolution.kind === 'found' ? resolution.version : resolution.reason;
}

describe('an alias among the versions of a family', () => {
  test.each([
    ['latest', '1.2.0'],
    ['1.x', '1.2.0'],
    ['1.10.x', '1.10.0'],
    ['3.x', 'no-match'],
    ['3.0.0', '3.0.0'],
    ['9.9.9', 'exact'],
  ])('%s means %s without a pin', (requested, expected) => expect(resolve(requested)).toBe(expected));

  test.each([
    ['latest', '1.0.0', '1.0.0'],
    ['latest', '2.0.0-rc1', '2.0.0-rc1'],
    ['1.x', '1.0.0', '1.0.0'],
    // What cannot be called, or is gone, is passed over.
    ['latest', '1.10.0', '1.2.0'],
    ['latest', '0.9.0', '1.2.0'],
    // An exact version is no alias.
    ['1.0.0', '1.2.0', '1.0.0'],
  ])('%s, pinned to %s, means %s', (requested, pinned, expected) => {
    expect(resolve(requested, pinned)).toBe(expected);
  });
});

test.each([
  ['latest', '1.2.0', true],
  ['latest', '1.2.0-rc1', true],
  ['1.x', '1.2.0', true],
  ['1.x', '2.0.0', false],
  ['1.x', '1.2.0-rc1', false],
  ['1.2.0', '1.2.0', false],
  ['stable', '1.2.0', false],
])('may %s be pinned to %s? %j', (alias, version, expected) => {
  expect(matchesAlias(alias, version)).toBe(expected);
});
