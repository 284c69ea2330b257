import { stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputOf } from './processes.ts';

const POLL_MS = 200;

/** The lines of an instance's output, oldest first; with `follow` those that are written later as well. */
export async function* readLines(
  dir: string,
  { tail, follow }: { readonly tail: number | null; readonly follow: boolean },
  signal: AbortSignal,
): AsyncIterable<string> {
  let end = (await stat(outputOf(dir))).size;
  const lines = await collect(dir, 0, end);
  yield* tail === null ? lines : lines.slice(Math.max(0, lines.length - tail));
  if (!follow) return;
  while (!signal.aborted) {
    await sleep(POLL_MS, undefined, { signal });
    const size = await stat(outputOf(dir)).then(
      (file) => file.size,
      () => undefined,
    );
    if (size === undefined) return;
    if (size === end) continue;
    yield* await collect(dir, end, size);
    end = size;
  }
}

async function collect(dir: string, start: number, end: number): Promise<string[]> {
  if (start >= end) return [];
  const input = createReadStream(outputOf(dir), { start, end: end - 1 });
  return await Array.fromAsync(createInterface({ input, crlfDelay: Infinity }));
}
