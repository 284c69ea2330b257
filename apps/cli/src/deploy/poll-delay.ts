const SHORTEST_MS = 50;
const LONGEST_MS = 1_000;
/** Share of the elapsed time that one more wait may add. */
const SHARE = 0.15;

/**
 * How long to wait before the next look at a deployment: in proportion to the time it took so far, so that a fast one
 * is noticed at once and a slow one causes few requests.
 */
export function nextPollDelayMs(elapsedMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, elapsedMs * SHARE));
}
