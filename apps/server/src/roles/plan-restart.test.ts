import { expect, test } from 'vitest';
import { planRestart } from './plan-restart.ts';

test('planRestart doubles the wait up to five seconds', () => {
  const delays: number[] = [];
  for (let count = 0; count < 8; count += 1) delays.push(planRestart(delays.at(-1), 0));

  expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

test('planRestart begins anew after half a minute of health', () => {
  expect(planRestart(5_000, 29_999)).toBe(5_000);
  expect(planRestart(5_000, 30_000)).toBe(100);
});
