import { expect, test } from 'vitest';
import { nextPollDelayMs } from './poll-delay.ts';

test('a deployment is noticed at most 50 ms or 15 % late, and asked for at most once a second in the end', () => {
  expect(nextPollDelayMs(0)).toBe(50);
  expect(nextPollDelayMs(500)).toBe(75);
  expect(nextPollDelayMs(60_000)).toBe(1_000);
});

test('a minute takes no more than a hundred looks', () => {
  let elapsedMs = 0;
  let looks = 0;
  for (; elapsedMs < 60_000; looks += 1) elapsedMs += nextPollDelayMs(elapsedMs);

  expect(looks).toBeLessThan(100);
});
