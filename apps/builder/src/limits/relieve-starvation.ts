import { hasRunnableThread, type Cgroup } from '@racetrack-platform/sandbox';
import { Starvation } from './starvation.ts';

/** How often it is looked at whether a build gets any of the processors. */
const INTERVAL_MS = 1_000;

/** Ends the watch. */
export type StopWatching = () => void;

/**
 * Builds yield the processors to everybody, so that on a machine which is never idle they would not end at all. One that
 * starves gets a small share of its own, and with it those beside it: they are weighed together.
 *
 * @param cgroup - of the build; without one it competes as an equal, and nothing is watched.
 */
export function relieveStarvation(cgroup: Cgroup | null): StopWatching {
  if (cgroup === null) return () => undefined;
  const starvation = new Starvation();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;

  async function look(group: Cgroup): Promise<void> {
    const { cpuSeconds } = await group.readUsage();
    if (cpuSeconds === null) return;
    const isRunnable = await hasRunnableThread(await group.pids());
    if (starvation.notice({ atMs: performance.now(), cpuSeconds, isRunnable })) await group.stopYielding();
  }

  function schedule(group: Cgroup): void {
    const lookAgain = (): void => void look(group).then(next, next);
    // What cannot be read this time is read the next time.
    const next = (): void => schedule(group);
    if (!isOver) timer = setTimeout(lookAgain, INTERVAL_MS);
  }

  schedule(cgroup);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
