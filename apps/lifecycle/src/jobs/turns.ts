import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** How a long piece of work is shared out, in milliseconds. */
export interface Pace {
  /** Longer than this nobody else waits. */
  readonly workMs: number;
  /** What others have for themselves in between; 0: what they have to do just then. */
  readonly restMs: number;
}

/** Somebody waits for it. */
export const BRISK: Pace = { workMs: 20, restMs: 0 };
/** In the background, with half of the time left to others. */
export const EASY: Pace = { workMs: 10, restMs: 10 };

/** Lets others have their turn in a long piece of work: the first look at ten thousand manifests takes seconds. */
export class Turns {
  readonly #pace: Pace;
  #startedAt = performance.now();

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** To be awaited after each small step. */
  async next(): Promise<void> {
    const { workMs, restMs } = this.#pace;
    if (performance.now() - this.#startedAt < workMs) return;
    await (restMs === 0 ? nextTurn() : sleep(restMs));
    this.#startedAt = performance.now();
  }
}
