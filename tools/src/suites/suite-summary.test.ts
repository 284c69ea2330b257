import { expect, test } from 'vitest';
import { presentSkipped } from './suite-summary.ts';

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
