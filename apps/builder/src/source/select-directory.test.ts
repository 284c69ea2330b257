import { expect, test } from 'vitest';
import { normalizeDirectory } from './select-directory.ts';

test.each([
  ['', ''],
  ['.', ''],
  ['./', ''],
  ['jobs/a/', 'jobs/a'],
  ['./jobs//a/../b', 'jobs/b'],
  ['..a', '..a'],
])('normalizeDirectory turns %j into %j', (directory, expected) => {
  expect(normalizeDirectory(directory)).toBe(expected);
});

test.each(['..', '../a', 'a/../../b', '/', '/etc', 'a\0b'])('normalizeDirectory refuses %j', (directory) => {
  expect(() => normalizeDirectory(directory)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
});
