import { statSync } from 'node:fs';
import { getInstanceFiles, listInstanceIds } from '../files/instance-files.ts';
import { measureLog } from './log-use.ts';
import { rotateLog } from './rotate-log.ts';

export interface LogRotationOptions {
  readonly instancesDir: string;
  readonly maxLogBytes: number;
  readonly intervalMs: number;
  readonly onRotated: (instanceId: string, baseOffset: number) => void;
  readonly onError: (instanceId: string, error: unknown) => void;
}

/** A log that grows by this part of its limit between two looks is looked at more often. */
const FAST_PART = 1 / 16;
const FAST_FACTOR = 10;
/** Part of the limit that is kept of a log that was copied too much of late. */
const SCANT_PART = 1 / 64;

/**
 * Keeps every log within its limit, without keeping the process alive for it. Looking is one call of the system for
 * each instance; only logs that grow fast are looked at often, so that a job that prints without end fills no disk.
 * Of each no more is copied, on average, than its limit per second; beyond that only a little of its end is kept.
 */
export function startLogRotation(options: LogRotationOptions): Disposable {
  const sizes = new Map<string, number>();
  /** When as much time has passed as the copies so far may take; by the clock of `performance`. */
  const paidAt = new Map<string, number>();
  let fast: readonly string[] = [];
  let fullLookAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function look(): Promise<void> {
    const isFull = performance.now() >= fullLookAt;
    if (isFull) fullLookAt = performance.now() + options.intervalMs;
    const ids = isFull ? listInstanceIds(options.instancesDir) : fast;
    const grown = ids.filter((id) => noteGrowth(id));
    // In between the fast ones stay so: one pause of theirs means nothing.
    fast = isFull ? grown : [...new Set([...fast, ...grown])];
    if (isFull) forgetOthers(ids);
    for (const id of ids) await rotate(id);
  }

  function noteGrowth(id: string): boolean {
    const found = statSync(getInstanceFiles(options.instancesDir, id).log, { throwIfNoEntry: false });
    const size = found === undefined ? 0 : measureLog(found);
    const growth = size - (sizes.get(id) ?? 0);
    sizes.set(id, size);
    return growth > options.maxLogBytes * FAST_PART;
  }

  function forgetOthers(ids: readonly string[]): void {
    if (sizes.size === ids.length) return;
    const known = new Set(ids);
    for (const id of sizes.keys()) {
      if (known.has(id)) continue;
      sizes.delete(id);
      paidAt.delete(id);
    }
  }

  async function rotate(id: string): Promise<void> {
    if ((sizes.get(id) ?? 0) <= options.maxLogBytes) return;
    const { instancesDir, maxLogBytes: maxBytes } = options;
    const start = Math.max(performance.now(), paidAt.get(id) ?? 0);
    const isPaid = start <= performance.now();
    const limits = isPaid ? { maxBytes } : { maxBytes, copyBytes: Math.ceil(maxBytes * SCANT_PART) };
    const onRotated = (baseOffset: number): void => options.onRotated(id, baseOffset);
    try {
      const copied = await rotateLog(getInstanceFiles(instancesDir, id), limits, onRotated);
      if (copied !== null) sizes.set(id, 0);
      // What is scant is free, or a job that goes on would never be copied again.
      if (copied !== null && isPaid) paidAt.set(id, start + (copied / maxBytes) * 1_000);
    } catch (error) {
      options.onError(id, error);
    }
  }

  function schedule(): void {
    if (isStopped) return;
    const delayMs = fast.length > 0 ? options.intervalMs / FAST_FACTOR : options.intervalMs;
    timer = setTimeout(() => void look().finally(schedule), delayMs).unref();
  }

  schedule();
  return {
    [Symbol.dispose]: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
