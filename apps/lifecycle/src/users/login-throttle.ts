import { PlatformError } from '@racetrack-platform/errors';

/** How many failures are too many, within the window. */
export interface ThrottleLimits {
  readonly windowMs: number;
  /** Of one account from one address: somebody guessing. */
  readonly perPair: number;
  /** From one address, whatever the account: somebody trying many accounts. */
  readonly perAddress: number;
  /** Of one account, wherever from: many guessing together. High, so that nobody can lock others out in passing. */
  readonly perAccount: number;
}

const DEFAULT_LIMITS: ThrottleLimits = { windowMs: 300_000, perPair: 10, perAddress: 50, perAccount: 200 };

/** Keys remembered at most; beyond it the oldest go. */
const MAX_KEYS = 30_000;

export interface LoginThrottle {
  /**
   * Counts an attempt as failed until it turns out otherwise, so that many at the same time count as many.
   *
   * @returns what to call when the attempt succeeded.
   * @throws PlatformError `SERVER_BUSY` when there were too many failures.
   */
  begin(username: string, address: string): () => void;
}

interface Counter {
  failures: number;
  readonly since: number;
}

/** Slows down guessing of passwords, in the memory of this process. */
export function createLoginThrottle(
  deps: { now?: () => number; limits?: Partial<ThrottleLimits> } = {},
): LoginThrottle {
  const { now = Date.now } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const counters = new Map<string, Counter>();

  function counterOf(key: string): Counter {
    const known = counters.get(key);
    if (known && now() - known.since < limits.windowMs) return known;
    const fresh: Counter = { failures: 0, since: now() };
    counters.delete(key);
    counters.set(key, fresh);
    if (counters.size > MAX_KEYS) {
      const [oldest] = counters.keys();
      if (oldest !== undefined) counters.delete(oldest);
    }
    return fresh;
  }

  return {
    begin(username, address) {
      const account = username.slice(0, 256).toLowerCase();
      const checks = [
        { counter: counterOf(`pair ${address} ${account}`), limit: limits.perPair },
        { counter: counterOf(`address ${address}`), limit: limits.perAddress },
        { counter: counterOf(`account ${account}`), limit: limits.perAccount },
      ];
      for (const { counter, limit } of checks) {
        if (counter.failures >= limit) throw refuse(counter.since + limits.windowMs - now());
      }
      for (const { counter } of checks) counter.failures += 1;
      return () => {
        for (const { counter } of checks) counter.failures -= 1;
      };
    },
  };
}

function refuse(waitMs: number): PlatformError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new PlatformError('SERVER_BUSY', 'too many attempts to sign in', {
    hint: `Try again in ${seconds} seconds.`,
  });
}
