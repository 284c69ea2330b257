import type { Readable } from 'node:stream';

/** What a host may write to each of its pipes. */
export interface OutputBudget {
  /** Longest answer, in bytes. */
  readonly lineBytes: number;
  readonly bytesPerSecond: number;
  readonly linesPerSecond: number;
  /** One that has written as much as it may for so long, and nothing of it was asked for, is ended. */
  readonly endAfterMs: number;
}

/** Of a host that an installed plugin has for itself: what reading it costs stays far below one processor. */
export const OUTPUT_BUDGET: OutputBudget = {
  lineBytes: 4 * 1024 ** 2,
  bytesPerSecond: 4 * 1024 ** 2,
  linesPerSecond: 10_000,
  endAfterMs: 10_000,
};

/** What may be written at once after a quiet time, as the time in which it may be written. */
const BURST_MS = 2_000;
const MIN_PAUSE_MS = 50;

export interface BudgetedReading {
  /** What came last was asked for. */
  excuse(): void;
  stop(): void;
}

/**
 * Reads a pipe, and leaves it unread for a while when more comes than may: the writer has to wait.
 *
 * @param onOver - told, perhaps again and again, that it goes on for longer than it may.
 */
export function readWithinBudget(
  pipe: Readable,
  budget: OutputBudget,
  onChunk: (chunk: Buffer) => void,
  onOver: () => void,
): BudgetedReading {
  let leftMs = BURST_MS;
  let at = performance.now();
  let overSince: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  pipe.on('data', (chunk: Buffer) => {
    const now = performance.now();
    leftMs = Math.min(BURST_MS, leftMs + now - at);
    at = now;
    if (leftMs > BURST_MS / 2) overSince = undefined;
    leftMs -= costOf(chunk, budget);
    onChunk(chunk);
    if (leftMs >= 0) return;
    overSince ??= now;
    if (now - overSince > budget.endAfterMs) onOver();
    pipe.pause();
    timer = setTimeout(() => pipe.resume(), Math.max(MIN_PAUSE_MS, -leftMs));
  });

  return {
    excuse() {
      overSince = undefined;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

/** Milliseconds. A chunk counts as a line more: small pieces cost as much as short lines. */
function costOf(chunk: Buffer, { bytesPerSecond, linesPerSecond }: OutputBudget): number {
  let lines = 1;
  for (let at = chunk.indexOf('\n'); at !== -1; at = chunk.indexOf('\n', at + 1)) lines += 1;
  return 1_000 * Math.max(chunk.length / bytesPerSecond, lines / linesPerSecond);
}
