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

/** Keys remembered at most; beyond it those go that were not used for longest. */
const MAX_KEYS = 30_000;

export interface LoginThrottle {
  /**
   * Counts an attempt as failed until it turns out otherwise, so that many at the same time count as many.
   *
   * @returns what to call when the attempt succeeded.
   * @throws PlatformError `TOO_MANY_ATTEMPTS` when there were too many failures.
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

  function find(key: string): Counter | undefined {
    const known = counters.get(key);
    return known !== undefined && now() - known.since < limits.windowMs ? known : undefined;
  }

  /** Only for what is let pass: whoever is refused must not push out what is remembered of others, and of himself. */
  function count(key: string): () => void {
    const counter = find(key) ?? { failures: 0, since: now() };
    counter.failures += 1;
    counters.delete(key);
    counters.set(key, counter);
    if (counters.size > MAX_KEYS) {
      const [oldest] = counters.keys();
      if (oldest !== undefined) counters.delete(oldest);
    }
    return () => {
      counter.failures -= 1;
      if (counter.failures === 0 && counters.get(key) === counter) counters.delete(key);
    };
  }

  return {
    begin(username, address) {
      const account = username.slice(0, 256).toLowerCase();
      const checks = [
        { key: `address ${address}`, limit: limits.perAddress },
        { key: `pair ${address} ${account}`, limit: limits.perPair },
        { key: `account ${account}`, limit: limits.perAccount },
      ];
      for (const { key, limit } of checks) {
        const counter = find(key);
        if (counter !== undefined && counter.failures >= limit) {
          throw refuse(counter.since + limits.windowMs - now());
        }
      }
      const forgets = checks.map(({ key }) => count(key));
      return () => {
        for (const forget of forgets) forget();
      };
    },
  };
}

function refuse(waitMs: number): PlatformError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new PlatformError('TOO_MANY_ATTEMPTS', 'too many attempts to sign in', {
    hint: `Try again in ${seconds} seconds.`,
  });
}
