import { spawn } from 'node:child_process';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { missing, type Missing } from '../feature.ts';
import { tryReadFile } from './cgroup-files.ts';
import { createCgroupManager } from './cgroup-manager.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import type { CgroupManager } from './cgroup.ts';
import { prepareV1 } from './prepare-v1.ts';
import { prepareV2 } from './prepare-v2.ts';
import { removeStaleProbes } from './remove-stale-probes.ts';
import { parseCgroupMounts, parseOwnCgroups } from './parse-cgroup.ts';

export type CgroupSupport = { readonly isAvailable: true; readonly manager: CgroupManager } | Missing;

export interface OpenCgroupsOptions {
  /** Of the directory that holds our groups, such as `racetrack-1a2b3c4d`: one path part. */
  readonly name: string;
  /** Leaves the trial out, which takes some 50 ms: `detectConfinement` has found that they work. */
  readonly isTried?: boolean;
  /** All its groups together get what others leave of the processors: work in the background. */
  readonly isBackground?: boolean;
}

const MEBIBYTE = 1024 * 1024;
const TRIAL_LIMITS = { memoryBytes: 64 * MEBIBYTE, processes: 16, cpuMillicores: 500 };

/**
 * Prepares a place for groups of our own inside the group that we run in, and tries it out: it counts as available only
 * after a group was really created, limited, joined by a process, emptied by a kill and removed.
 *
 * Version 2 is preferred; version 1 is taken when version 2 has no controllers for us.
 */
export async function openCgroups({
  name,
  isTried,
  isBackground = false,
}: OpenCgroupsOptions): Promise<CgroupSupport> {
  if (process.platform !== 'linux') {
    return missing('control groups exist on Linux only', 'Run the platform on Linux.');
  }
  const mounts = parseCgroupMounts((await tryReadFile('/proc/self/mountinfo')) ?? '');
  const own = parseOwnCgroups((await tryReadFile('/proc/self/cgroup')) ?? '');
  if (mounts.length === 0) {
    return missing(
      'no control groups are mounted',
      'Mount /sys/fs/cgroup, or start the platform by systemd.',
    );
  }
  const hasV1 = mounts.some(({ controllers }) => controllers.includes('memory'));
  let problem: Missing | undefined;
  for (const prepare of [prepareV2, prepareV1]) {
    const prepared = await prepare(mounts, own, { name, isBackground });
    if (!('tree' in prepared)) {
      // Where both are mounted, the controllers are with version 1, and so is the reason that matters.
      if (problem === undefined || hasV1) problem = prepared;
      continue;
    }
    await removeStaleProbes(prepared.tree.parents);
    const complaint = isTried === true ? undefined : await tryOut(prepared.tree);
    if (complaint === undefined) return { isAvailable: true, manager: createCgroupManager(prepared.tree) };
    problem = missing(
      `control groups do not work here: ${complaint}`,
      'See docs/security.md for what they need.',
    );
  }
  return problem ?? missing('there are no control groups', 'See docs/security.md for what they need.');
}

/** @returns what went wrong, or `undefined`. */
async function tryOut(tree: CgroupTree): Promise<string | undefined> {
  const manager = createCgroupManager(tree);
  const id = `trial-${process.pid}`;
  const child = spawn('/bin/sh', ['-c', 'read -r line'], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    if (child.pid === undefined) return 'no process could be started';
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      child.once('exit', (_code, signal) => resolve(signal));
    });
    const group = await manager.create(id, TRIAL_LIMITS);
    await group.add(child.pid);
    if (!(await group.pids()).includes(child.pid)) return 'a process did not arrive in its group';
    await group.kill();
    if ((await ended) !== 'SIGKILL') return 'a process was not killed with its group';
    await group.remove();
    return undefined;
  } catch (error) {
    return PlatformError.is(error) ? error.message : messageOf(error);
  } finally {
    child.kill('SIGKILL');
    await manager.remove(id).catch(() => undefined);
  }
}
