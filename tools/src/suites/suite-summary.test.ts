import { expect, test } from 'vitest';
import { presentFailure, presentSkipped } from './suite-summary.ts';

test('presentSkipped gathers skipped tests by reason', () => {
  const skipped = [
    { title: 'a > b', reason: 'needs nginx' },
    { title: 'a > c', reason: 'needs root' },
    { title: 'a > d', reason: 'needs root' },
  ];

  expect(presentSkipped(skipped)).toEqual([
    '2 skipped: needs root (a > c, …)',
    '1 skipped: needs nginx (a > b)',
  ]);
});

test('presentFailure puts what went wrong on one line', () => {
  const errors = [{ message: '\u001b[31mexpected 1\n  to be 2\u001b[39m' }, {}];

  expect(presentFailure('a.test.ts > adds', errors)).toBe('a.test.ts > adds: expected 1 to be 2; no message');
});
