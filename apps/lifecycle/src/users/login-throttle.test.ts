import { describe, expect, test } from 'vitest';
import { createLoginThrottle } from './login-throttle.ts';

const busy = expect.objectContaining({ code: 'TOO_MANY_ATTEMPTS' });

function createTestThrottle(limits = {}) {
  const clock = { nowMs: 0 };
  const throttle = createLoginThrottle({
    now: () => clock.nowMs,
    limits: { windowMs: 1_000, perPair: 2, perAddress: 4, perAccount: 5, ...limits },
  });
  return { clock, throttle };
}

describe('a login throttle', () => {
  test('refuses an account from an address after too many failures, and says for how long', () => {
    const { throttle } = createTestThrottle();
    throttle.begin('bob', 'a');
    throttle.begin('BOB', 'a');

    expect(() => throttle.begin('bob', 'a')).toThrow(busy);
    expect(() => throttle.begin('bob', 'a')).toThrow(
      expect.objectContaining({ hint: 'Try again in 1 seconds.' }),
    );
    expect(() => throttle.begin('bob', 'b')).not.toThrow();
    expect(() => throttle.begin('eve', 'a')).not.toThrow();
  });

  test('refuses an address that tries many accounts', () => {
    const { throttle } = createTestThrottle();
    for (const name of ['a', 'b', 'c', 'd']) throttle.begin(name, 'x');

    expect(() => throttle.begin('e', 'x')).toThrow(busy);
  });

  test('refuses an account that many addresses try', () => {
    const { throttle } = createTestThrottle();
    for (const address of ['a', 'b', 'c', 'd', 'e']) throttle.begin('bob', address);

    expect(() => throttle.begin('bob', 'f')).toThrow(busy);
  });

  test('is not made to forget by attempts that it refuses', () => {
    const { throttle } = createTestThrottle();
    for (const name of ['bob', 'bob', 'c', 'd']) throttle.begin(name, 'x');

    for (let turn = 0; turn < 40_000; turn += 1) {
      try {
        throttle.begin(`user-${turn}`, 'x');
      } catch {
        // As it should be.
      }
    }

    expect(() => throttle.begin('bob', 'x')).toThrow(busy);
  });

  test('does not count what succeeded', () => {
    const { throttle } = createTestThrottle();
    for (let turn = 0; turn < 20; turn += 1) throttle.begin('bob', 'a')();

    expect(() => throttle.begin('bob', 'a')).not.toThrow();
  });

  test('forgets when the window is over', () => {
    const { throttle, clock } = createTestThrottle();
    throttle.begin('bob', 'a');
    throttle.begin('bob', 'a');
    clock.nowMs = 1_000;

    expect(() => throttle.begin('bob', 'a')).not.toThrow();
  });
});
