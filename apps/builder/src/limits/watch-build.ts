import type { BuildLimits } from '@racetrack-platform/contracts/processes';
import type { PlatformError } from '@racetrack-platform/errors';
import { measureDeletedFiles, measureDirectory } from '@racetrack-platform/sandbox';
import type { Workspace } from '../cache/workspace.ts';
import { listBuildProcesses } from '../steps/kill-leftover-processes.ts';
import { findProcessExcess } from './find-process-excess.ts';
import { presentDiskExcess, presentOutputExcess } from './present-excess.ts';
import { relieveStarvation } from './relieve-starvation.ts';

/** How often the build's processes are looked at. */
const INTERVAL_MS = 250;
/** Measuring a large tree must not become the load itself: it rests this many times as long as it took. */
const REST_FACTOR = 10;
/** A build may write this many times what is kept of its log before it is ended. */
const OUTPUT_FACTOR = 32;

/** Watches what one build uses. */
export interface BuildWatch {
  /** Counts what is in a directory that the build has made. */
  addDirectory(path: string): void;
  /** Counts what is added to a directory from now on. */
  addGrowing(path: string): Promise<void>;
  readonly countOutput: (sizeBytes: number) => void;
  /** Looks now: a step has failed, and the reason might be a limit. */
  readonly check: () => Promise<void>;
  stop(): void;
}

/**
 * Starts to watch.
 *
 * @param end - called once, with the limit that was exceeded.
 */
export function watchBuild(
  limits: BuildLimits,
  workspace: Pick<Workspace, 'dir' | 'homeDir' | 'confinement'>,
  end: (reason: PlatformError) => void,
): BuildWatch {
  const initialSizes = new Map([[workspace.dir, 0]]);
  let writtenBytes = 0;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let diskDueAt = 0;
  const stopped = new AbortController();

  function report(reason: PlatformError | undefined): void {
    if (reason === undefined || isOver) return;
    isOver = true;
    end(reason);
  }

  async function look(): Promise<void> {
    const list = async (): Promise<number[]> =>
      await listBuildProcesses(workspace.dir, workspace.confinement.account?.uid);
    report(await findProcessExcess(limits, workspace.confinement, list));
    if (limits.diskBytes === null || performance.now() < diskDueAt) return;
    const startedAt = performance.now();
    if ((await measureDisk(limits.diskBytes, list)) >= limits.diskBytes) {
      report(presentDiskExcess(limits.diskBytes));
    }
    diskDueAt = performance.now() + REST_FACTOR * (performance.now() - startedAt);
  }

  /** Files without a name, which processes hold open, are looked for only where those with one are not enough. */
  async function measureDisk(limitBytes: number, list: () => Promise<number[]>): Promise<number> {
    const namedBytes = await measureGrowth(initialSizes);
    if (namedBytes >= limitBytes) return namedBytes;
    const { signal } = stopped;
    return namedBytes + (await measureDeletedFiles(await list(), workspace.homeDir, { signal }));
  }

  function schedule(): void {
    // What cannot be read this time is read the next time.
    const lookAgain = (): void => void look().then(schedule, schedule);
    if (!isOver) timer = setTimeout(lookAgain, INTERVAL_MS);
  }

  const stopRelieving = relieveStarvation(workspace.confinement.cgroup);
  schedule();
  return {
    addDirectory: (path) => void initialSizes.set(path, 0),
    async addGrowing(path) {
      if (limits.diskBytes !== null) initialSizes.set(path, await measureSize(path));
    },
    countOutput(sizeBytes) {
      writtenBytes += sizeBytes;
      const limitBytes =
        limits.logBytes === null ? Number.POSITIVE_INFINITY : limits.logBytes * OUTPUT_FACTOR;
      if (writtenBytes > limitBytes) report(presentOutputExcess(limitBytes));
    },
    async check() {
      diskDueAt = 0;
      await look().catch(() => undefined);
    },
    stop() {
      isOver = true;
      stopped.abort();
      stopRelieving();
      clearTimeout(timer);
    },
  };
}

async function measureGrowth(initialSizes: ReadonlyMap<string, number>): Promise<number> {
  let grownBytes = 0;
  for (const [path, initialBytes] of initialSizes) {
    grownBytes += Math.max(0, (await measureSize(path)) - initialBytes);
  }
  return grownBytes;
}

/** What is gone holds nothing. */
async function measureSize(path: string): Promise<number> {
  return await measureDirectory(path).then(
    (size) => size.bytes,
    () => 0,
  );
}
