import { expect, test } from 'vitest';
import { createStopRequest } from './stop-request.ts';

test('a repeated signal within a second is the same wish, a later one forces', () => {
  let now = 5_000;
  const request = createStopRequest(() => now);
  request.receive('SIGINT');
  now += 999;
  request.receive('SIGINT');
  expect([request.graceful.aborted, request.forced.aborted]).toEqual([true, false]);

  now += 1;
  request.receive('SIGTERM');
  expect(request.forced.aborted).toBe(true);
});
