const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** A child that worked for this long counts as healthy: its next end is a new story. */
const HEALTHY_AFTER_MS = 30_000;

/**
 * How long to wait before a child that died is started again.
 *
 * @param previousDelayMs - the wait before its last start; undefined for the first restart.
 * @param readyForMs - how long it had been ready when it died; 0 when it never was.
 */
export function planRestart(previousDelayMs: number | undefined, readyForMs: number): number {
  if (previousDelayMs === undefined || readyForMs >= HEALTHY_AFTER_MS) return FIRST_DELAY_MS;
  return Math.min(previousDelayMs * 2, LONGEST_DELAY_MS);
}
