/**
 * Whether the tables are still those that an earlier process left on disk. They serve calls at once, but what they do
 * not know may have come since: whoever they refuse waits for lifecycle's first word, for a short while.
 */
export interface Confirmation {
  /** Starts the clock. */
  begin(): void;
  /** Lifecycle has told all it knows, or this process ends: nobody waits any more. */
  confirm(): void;
  /** Resolves when waiting makes no more sense; `undefined`: it makes none now. */
  wait(): Promise<void> | undefined;
}

/**
 * Creates it, waiting.
 *
 * @param patienceMs - counted from the start of this process: with lifecycle away for longer, its tables are the best
 * there are, and refusals come at once.
 */
export function createConfirmation(patienceMs: number): Confirmation {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    isOver = true;
    clearTimeout(timer);
    resolve();
  };
  return {
    begin: () => {
      if (!isOver) timer = setTimeout(end, patienceMs);
    },
    confirm: end,
    wait: () => (isOver ? undefined : promise),
  };
}
