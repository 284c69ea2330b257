import { setTimeout as wait } from 'node:timers/promises';
import { measureDirectories } from '../files/measure-directory.ts';
import { measureDeletedFiles } from './measure-deleted-files.ts';
import { measureTreeMemory } from './measure-tree-memory.ts';

/** Something that is measured in turn. */
export interface Watched {
  readonly id: string;
  /** Limit of the memory of {@link pids} together; `null` when there is none, or when a cgroup holds it. */
  readonly memoryBytes: number | null;
  /** Limit of what is in {@link directories}, deleted files that {@link pids} hold included; `null` when there is none. */
  readonly diskBytes: number | null;
  /** The first one's owner is who the processes run as. */
  readonly directories: readonly string[];
  pids(): Promise<readonly number[]> | readonly number[];
}

export interface Excess {
  readonly id: string;
  readonly what: 'memory' | 'disk';
  /** `Infinity`: so many open files that they could not be looked at. */
  readonly measuredBytes: number;
  readonly limitBytes: number;
}

export interface WatchdogOptions {
  /** From the start of one round to the start of the next one, in milliseconds, unless a round takes longer. */
  readonly intervalMs: number;
  /** Asked at the start of each round. */
  list(): Promise<Iterable<Watched>> | Iterable<Watched>;
  /** Called each round in which it is exceeded. */
  onExceeded(excess: Excess): Promise<void> | void;
  /**
   * Something could not be measured, a tree took more than a minute, or one of the other functions threw. The round
   * goes on with the next one.
   *
   * @param id - `undefined` when it was listing that failed.
   */
  onError(error: unknown, id: string | undefined): void;
}

export interface Watchdog extends AsyncDisposable {
  /** Stops measuring; resolves when no more calls will come. */
  stop(): Promise<void>;
}

/** After each measurement, pause so many times as long as it took: all of it takes at most a fifth of one processor. */
const PAUSE_FACTOR = 4;
const DISK_TIMEOUT_MS = 60_000;

/**
 * Watches limits that no kernel holds for us. A limit may be exceeded until it is noticed: for about an interval, and
 * longer with very many or very large ones, since measuring is kept cheap.
 *
 * Memory and disks go round apart, so that a huge directory delays no look at the memory.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const controller = new AbortController();
  const { signal } = controller;
  const rounds = [
    repeat(options, checkMemory, signal),
    repeat(options, async (watched) => await checkDisk(watched, signal), signal),
  ];
  const stop = async (): Promise<void> => {
    controller.abort();
    await Promise.all(rounds);
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

type Check = (watched: Watched) => Promise<Excess | undefined>;

async function repeat(options: WatchdogOptions, check: Check, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAt = performance.now();
    await goRound(options, check, signal);
    await pause(Math.max(1, options.intervalMs - (performance.now() - startedAt)), signal);
  }
}

async function goRound(options: WatchdogOptions, check: Check, signal: AbortSignal): Promise<void> {
  const all = await attempt(async () => [...(await options.list())], undefined, options, signal);
  for (const watched of all ?? []) {
    if (signal.aborted) return;
    const startedAt = performance.now();
    const excess = await attempt(async () => await check(watched), watched.id, options, signal);
    const elapsed = performance.now() - startedAt;
    if (excess !== undefined && !signal.aborted) {
      await attempt(async () => await options.onExceeded(excess), watched.id, options, signal);
    }
    if (elapsed > 1) await pause(elapsed * PAUSE_FACTOR, signal);
  }
}

async function checkMemory(watched: Watched): Promise<Excess | undefined> {
  const { id, memoryBytes } = watched;
  if (memoryBytes === null) return undefined;
  const measuredBytes = (await measureTreeMemory(await watched.pids())) ?? 0;
  if (measuredBytes <= memoryBytes) return undefined;
  return { id, what: 'memory', measuredBytes, limitBytes: memoryBytes };
}

async function checkDisk(watched: Watched, signal: AbortSignal): Promise<Excess | undefined> {
  const { id, diskBytes, directories } = watched;
  if (diskBytes === null) return undefined;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(DISK_TIMEOUT_MS)]);
  const named = await measureDirectories(directories, limited);
  const measuredBytes = named > diskBytes ? named : named + (await measureDeleted(watched, limited));
  if (measuredBytes <= diskBytes) return undefined;
  return { id, what: 'disk', measuredBytes, limitBytes: diskBytes };
}

async function measureDeleted(watched: Watched, signal: AbortSignal): Promise<number> {
  const [owned] = watched.directories;
  return owned === undefined ? 0 : await measureDeletedFiles(await watched.pids(), owned, { signal });
}

async function attempt<T>(
  work: () => Promise<T>,
  id: string | undefined,
  options: Pick<WatchdogOptions, 'onError'>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) options.onError(error, id);
    return undefined;
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await wait(durationMs, undefined, { signal, ref: false }).catch(() => undefined);
}
