import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStageClock } from './stage-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('elsewhere than on a terminal, what takes long is told every ten seconds', () => {
  const lines: string[] = [];
  using clock = createStageClock(
    { isLive: false, note: (text) => void lines.push(text), setStatus: () => {} },
    () => Date.now(),
  );

  clock.begin('planning');
  vi.advanceTimersByTime(3_000);
  clock.begin('building: installing requirements');
  vi.advanceTimersByTime(20_000);
  clock.end();
  vi.advanceTimersByTime(20_000);

  expect(lines).toEqual([
    'still building: installing requirements (10 s)',
    'still building: installing requirements (20 s)',
  ]);
});
