import { expect, test } from 'vitest';
import { median, presentSpread, quantile } from './median.ts';

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('presentSpread names both ends', () => {
  expect(presentSpread([2.26, 1, 3], 1)).toBe('1.0 to 3.0');
});

test('quantile finds the value that few exceed', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);

  expect([quantile(values, 0.5), quantile(values, 0.95), quantile([7], 0.95)]).toEqual([51, 96, 7]);
});
