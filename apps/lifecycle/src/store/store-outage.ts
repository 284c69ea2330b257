import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { PlatformError } from '@racetrack-platform/errors';

/** How often whoever waits for the store looks whether it is back. */
const RETRY_INTERVAL_MS = 500;
/** A success among failures, such as a read while nothing can be written, is no end. */
const CALM_MS = 2_000;

/** Longer than that, an answer of the store is of no use to whoever waits for it. */
const PROBE_LIMIT_MS = 2_000;

/** What callers are told; where the store is, and what exactly is wrong with it, is in the log only. */
export const STORE_AWAY = new PlatformError('STORE_UNAVAILABLE', 'the store cannot be used right now', {
  hint: 'Try again in a moment. Administrators find the reason in the log of the server, and with racetrack-server doctor.',
});

/** Whether an error says that the store is away for now, rather than that something is wrong. */
export function isStoreOutage(error: unknown): boolean {
  return PlatformError.is(error) && error.code === 'STORE_UNAVAILABLE';
}

/**
 * What everything in the background has in common when the store goes away: one line in the log at the beginning and
 * one at the end, whoever notices first, and patience in between.
 */
export class StoreOutage {
  readonly #logger: Logger;
  readonly #ask: (() => Promise<unknown>) | undefined;
  #isUnanswered = false;
  #isStopped = false;
  #since: number | undefined;
  #lastFailureAt = 0;

  /** @param ask - asks the store for something small; it is asked during an outage only. */
  constructor(logger: Logger, ask?: () => Promise<unknown>) {
    this.#logger = logger;
    this.#ask = ask;
  }

  /**
   * Answers for the store while it is known not to: whoever asked it would wait for its timeout.
   *
   * @throws PlatformError `STORE_UNAVAILABLE`.
   */
  assertAnswers(): void {
    if (this.#isUnanswered) throw STORE_AWAY;
  }

  /** Notes a failure. True: the store is away, and no more has to be said about it. */
  isCause(error: unknown): boolean {
    if (!isStoreOutage(error)) return false;
    this.#lastFailureAt = Date.now();
    if (this.#since === undefined) {
      this.#since = this.#lastFailureAt;
      this.#logger.warn({ reason: (error as PlatformError).message }, 'the store is away; waiting for it');
      void this.#probe();
    }
    return true;
  }

  /** Notes that the store answered. */
  isOver(): void {
    if (this.#since === undefined || Date.now() - this.#lastFailureAt < CALM_MS) return;
    this.#logger.info(
      { seconds: Math.round((this.#lastFailureAt - this.#since) / 1_000) },
      'the store is back',
    );
    this.#since = undefined;
  }

  /** Asks the store no more: it is about to be closed. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Runs `work`, again and again while the store is away.
   *
   * @param work - may run several times, also after a commit whose acknowledgement was lost.
   * @throws whatever else `work` throws, and the signal's reason.
   */
  async outlast<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        const result = await work();
        this.isOver();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (!this.isCause(error)) throw error;
        await this.pause(signal);
      }
    }
  }

  /**
   * Asks again and again for as long as the outage lasts. A store that answers is not refused to anybody, also when
   * something else of it does not work: it may be read-only, or only busy.
   */
  async #probe(): Promise<void> {
    const ask = this.#ask;
    if (ask === undefined) return;
    while (this.#since !== undefined && !this.#isStopped) {
      const answer = ask();
      const isLate = sleep(PROBE_LIMIT_MS, true, { ref: false });
      const isAnswered = await Promise.race([answer.then(() => true), isLate.then(() => false)]).catch(
        () => false,
      );
      this.#isUnanswered = !isAnswered;
      // One question at a time: a store that hangs must not be given a heap of them.
      const isThere = await answer.then(
        () => true,
        () => false,
      );
      this.#isUnanswered = !isThere;
      if (isThere) this.isOver();
      await sleep(RETRY_INTERVAL_MS, undefined, { ref: false });
    }
    this.#isUnanswered = false;
  }

  /** The wait between two attempts. Rejects when the signal is aborted. */
  async pause(signal: AbortSignal): Promise<void> {
    await sleep(RETRY_INTERVAL_MS, undefined, { signal });
  }
}
