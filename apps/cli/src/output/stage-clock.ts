import type { Log } from './log.ts';

const LINE_EVERY_MS = 10_000;
const DRAW_EVERY_MS = 1_000;

/** Shows that something is still going on, and for how long. */
export interface StageClock extends Disposable {
  /**
   * Something begins.
   *
   * @param text - such as `building: installing requirements`.
   */
  begin(text: string): void;
  /** Nothing is going on. */
  end(): void;
}

/**
 * Creates a clock: on a terminal a line that counts, elsewhere a further line every ten seconds, so that nobody takes
 * what is slow for what hangs.
 *
 * @param nowMs - a clock that only goes forward.
 */
export function createStageClock(
  log: Pick<Log, 'note' | 'setStatus' | 'isLive'>,
  nowMs: () => number,
): StageClock {
  let stage: { readonly text: string; readonly since: number } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    if (stage === undefined) return;
    const elapsed = `${Math.round((nowMs() - stage.since) / 1_000)} s`;
    if (log.isLive) log.setStatus(`${stage.text} … ${elapsed}`);
    else log.note(`still ${stage.text} (${elapsed})`);
  }

  function end(): void {
    clearInterval(timer);
    stage = undefined;
  }

  return {
    begin(text) {
      if (text === stage?.text) return;
      end();
      stage = { text, since: nowMs() };
      log.setStatus(`${text} …`);
      timer = setInterval(tell, log.isLive ? DRAW_EVERY_MS : LINE_EVERY_MS);
    },
    end,
    [Symbol.dispose]: end,
  };
}
