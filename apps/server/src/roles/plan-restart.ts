const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** A child that worked for less than this has not really come up: the next attempt will most likely end the same way. */
const EARLY_MS = 1_000;
/** So many restarts within the window are granted at once; a child that needs more is slowed down, to spare the machine. */
const QUICK_RESTARTS = 20;
const WINDOW_MS = 60_000;
const CROWDED_DELAY_MS = 1_000;

/** What is remembered of a child's former lives. */
export interface RestartHistory {
  /** Lives on end that were over before the child was ready, or right after. */
  readonly earlyDeaths: number;
  /** When it died lately, in milliseconds of the epoch. */
  readonly recentDeaths: readonly number[];
}

export const NO_RESTARTS: RestartHistory = { earlyDeaths: 0, recentDeaths: [] };

/**
 * How long to wait before a child that died is started again: not at all, for somebody waits for it. Only what dies
 * again before it has come up waits, twice as long each time, and what dies all the time waits a second.
 *
 * @param history - as the last call answered it, {@link NO_RESTARTS} at first.
 * @param readyForMs - how long it had been ready when it died; 0 when it never was.
 * @param nowMs - time of its death, in milliseconds of the epoch.
 */
export function planRestart(
  history: RestartHistory,
  readyForMs: number,
  nowMs: number,
): { readonly delayMs: number; readonly history: RestartHistory } {
  const isEarly = readyForMs < EARLY_MS;
  const earlyDeaths = isEarly ? history.earlyDeaths + 1 : 0;
  const recentDeaths = [...history.recentDeaths.filter((at) => nowMs - at < WINDOW_MS), nowMs];
  const backoffMs = earlyDeaths < 2 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (earlyDeaths - 2), LONGEST_DELAY_MS);
  const crowdedMs = recentDeaths.length > QUICK_RESTARTS ? CROWDED_DELAY_MS : 0;
  return { delayMs: Math.max(backoffMs, crowdedMs), history: { earlyDeaths, recentDeaths } };
}
