import { describe, expect, test } from 'vitest';
import { Starvation } from './starvation.ts';

/** Looks once a second. @returns the second in which the build counted as starved. */
function watch(
  seconds: number,
  cpuShare: number,
  isRunnable: (second: number) => boolean,
): number | undefined {
  const starvation = new Starvation();
  for (let second = 0; second <= seconds; second += 1) {
    const glance = { atMs: second * 1000, cpuSeconds: second * cpuShare, isRunnable: isRunnable(second) };
    if (starvation.notice(glance)) return second;
  }
  return undefined;
}

describe('a build', () => {
  test('that wants to compute and gets next to nothing starves, after a quarter of a minute', () => {
    expect(watch(60, 0.02, () => true)).toBe(15);
    expect(watch(60, 0.02, (second) => second % 4 !== 0)).toBe(15);
  });

  test('that gets a fifth of a processor does not', () => {
    expect(watch(60, 0.2, () => true)).toBeUndefined();
  });

  test('that waits for the network does not, however little it computes', () => {
    expect(watch(60, 0.01, (second) => second % 4 === 0)).toBeUndefined();
  });

  test('that starves late is noticed late', () => {
    expect(watch(90, 0.01, (second) => second > 40)).toBeGreaterThan(45);
  });
});
