import { expect, test } from 'vitest';
import { median, presentSpread } from './median.ts';

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
