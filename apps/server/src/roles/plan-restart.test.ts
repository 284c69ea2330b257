import { expect, test } from 'vitest';
import { NO_RESTARTS, planRestart } from './plan-restart.ts';

/** The waits of a child that is ready for so long each time, and dies again and again. */
function listDelays(readyForMs: number, count: number, startMs = 500): number[] {
  const delays: number[] = [];
  let history = NO_RESTARTS;
  let nowMs = 1_000_000;
  for (let death = 0; death < count; death += 1) {
    nowMs += readyForMs;
    const plan = planRestart(history, readyForMs, nowMs);
    history = plan.history;
    nowMs += plan.delayMs + startMs;
    delays.push(plan.delayMs);
  }
  return delays;
}

test('what worked is started again at once, also for the ninth time within minutes', () => {
  expect(listDelays(5_000, 9)).toEqual(Array.from({ length: 9 }, () => 0));
});

test('what dies again before it has come up waits, twice as long each time up to five seconds', () => {
  expect(listDelays(0, 10)).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
});

test('once it has worked, it is started at once again', () => {
  const failing = planRestart(planRestart(NO_RESTARTS, 0, 0).history, 999, 1);

  expect(failing.delayMs).toBe(100);
  expect(planRestart(failing.history, 1_000, 2).delayMs).toBe(0);
});

test('what dies more than twenty times within a minute is slowed down', () => {
  expect(listDelays(1_000, 21).slice(-2)).toEqual([0, 1_000]);
});
