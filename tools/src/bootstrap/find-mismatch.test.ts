import { describe, expect, test } from 'vitest';
import { findMismatch } from '../../bootstrap/find-mismatch.mjs';

const machine = { os: 'linux', cpu: 'x64' };
const plain = { version: '1.0.0', integrity: 'sha512-a' };
const lock = {
  packages: {
    '': { version: '0.1.0' },
    'apps/cli': { version: '0.1.0' },
    'node_modules/@scope/cli': { link: true },
    'node_modules/plain': plain,
    'node_modules/for-mac': { ...plain, optional: true, os: ['darwin'] },
    'node_modules/for-us': { ...plain, optional: true, os: ['linux'], cpu: ['x64'] },
    'node_modules/for-musl': { ...plain, optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    'node_modules/of-for-mac': { ...plain, optional: true },
  },
};
const installed = {
  'node_modules/@scope/cli': { link: true },
  'node_modules/plain': plain,
  'node_modules/for-us': plain,
};

describe('findMismatch', () => {
  test('accepts a tree without the optional packages of other machines', () => {
    expect(findMismatch(lock, { packages: installed }, machine)).toBeUndefined();
  });

  test.each([
    ['what the lock file does not know', { 'node_modules/more': plain }, 'node_modules/more'],
    ['a missing package', { 'node_modules/plain': undefined }, 'node_modules/plain'],
    ['a missing workspace', { 'node_modules/@scope/cli': undefined }, 'node_modules/@scope/cli'],
    ['an optional package of this machine', { 'node_modules/for-us': undefined }, 'node_modules/for-us'],
    ['another version', { 'node_modules/plain': { ...plain, version: '1.0.1' } }, 'node_modules/plain'],
    [
      'other contents of the same version',
      { 'node_modules/plain': { ...plain, integrity: 'sha512-b' } },
      'node_modules/plain',
    ],
  ])('names %s', (_title, change, expected) => {
    const packages: Record<string, object> = { ...installed };
    for (const [folder, entry] of Object.entries(change)) {
      if (entry === undefined) delete packages[folder];
      else packages[folder] = entry;
    }

    expect(findMismatch(lock, { packages }, machine)).toBe(expected);
  });

  test('names the first package when nothing was recorded', () => {
    expect(findMismatch(lock, {}, machine)).toBe('node_modules/@scope/cli');
  });
});
