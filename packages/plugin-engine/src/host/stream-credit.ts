/** How many items of a stream may still be sent before the reader has to ask for more. */
export interface StreamCredit {
  /** Resolves when one more item may be sent. Rejects with the signal's reason. */
  take(): Promise<void>;
  grant(count: number): void;
}

/** @param initial - items that may be sent unasked. */
export function createStreamCredit(initial: number, signal: AbortSignal): StreamCredit {
  let left = initial;
  let wake: (() => void) | undefined;
  signal.addEventListener('abort', () => wake?.(), { once: true });
  return {
    async take() {
      if (left === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      signal.throwIfAborted();
      left -= 1;
    },
    grant(count) {
      left += count;
      wake?.();
    },
  };
}
