import { afterEach, expect, test, vi } from 'vitest';
import { createTunnels } from './tunnels.ts';

afterEach(() => void vi.useRealTimers());

test('connections are looked at every two seconds without any change, as long as there are some', () => {
  vi.useFakeTimers();
  const tunnels = createTunnels();
  const review = vi.fn();
  const leave = tunnels.add(review);

  vi.advanceTimersByTime(4_000);
  expect(review).toHaveBeenCalledTimes(2);
  leave();
  expect(vi.getTimerCount()).toBe(0);
});
