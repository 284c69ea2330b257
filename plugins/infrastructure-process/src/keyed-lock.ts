/** Lets one at a time do something to each of many things. */
export interface KeyedLock {
  /** Runs `work` when nobody else works on this key; others wait in order. */
  readonly run: <T>(key: string, work: () => Promise<T>) => Promise<T>;
  readonly isHeld: (key: string) => boolean;
}

export function createKeyedLock(): KeyedLock {
  const tails = new Map<string, Promise<void>>();
  return {
    async run(key, work) {
      const before = tails.get(key);
      const done = Promise.withResolvers<void>();
      tails.set(key, done.promise);
      try {
        await before;
        return await work();
      } finally {
        if (tails.get(key) === done.promise) tails.delete(key);
        done.resolve();
      }
    },
    isHeld: (key) => tails.has(key),
  };
}
