/**
 * Signals that come closer together than this are one wish: a single Ctrl-C reaches us from the terminal and once more
 * from each parent, such as npm, that passes signals on.
 */
const SAME_WISH_MS = 1_000;

/** The wish to stop, and after it the wish to stop at once. */
export interface StopRequest {
  /** Aborted by the first signal; its reason is the name of the signal. */
  readonly graceful: AbortSignal;
  /** Aborted by the second. */
  readonly forced: AbortSignal;
  /** Takes note of a signal. */
  receive(signal: NodeJS.Signals): void;
}

/**
 * Creates a request that nobody has made yet.
 *
 * @param now - the clock, in milliseconds.
 */
export function createStopRequest(now: () => number = Date.now): StopRequest {
  const graceful = new AbortController();
  const forced = new AbortController();
  let firstAt = 0;
  return {
    graceful: graceful.signal,
    forced: forced.signal,

    receive(signal) {
      if (!graceful.signal.aborted) {
        firstAt = now();
        graceful.abort(signal);
      } else if (now() - firstAt >= SAME_WISH_MS) {
        forced.abort(signal);
      }
    },
  };
}
