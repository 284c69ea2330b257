/** See steady-work.ts: a millisecond or so of computing, fifty times a second, until told to stop. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const PERIOD_MS = 20;
const PIECE = Buffer.alloc(256 * 1_024, 7);

const durationsMs: number[] = [];
const stopped = new AbortController();
process.once('message', () => stopped.abort());
while (!stopped.signal.aborted) {
  const startedAt = performance.now();
  createHash('sha256').update(PIECE).digest();
  durationsMs.push(performance.now() - startedAt);
  await sleep(PERIOD_MS);
}
process.send?.(durationsMs);
process.disconnect?.();
