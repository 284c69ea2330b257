import { access, constants } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runTrial } from '../detect/run-trial.ts';
import { missing, type Missing } from '../feature.ts';
import { codeOf, ensureDirectory, readPids, readWords, tryReadFile, writeControl } from './cgroup-files.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { createV2Tree, passControllersOn, V2_CONTROLLERS } from './cgroup-v2.ts';
import { locateCgroup, type CgroupMount } from './parse-cgroup.ts';

/** The leaf that our own processes are moved into. */
const SUPERVISOR = 'racetrack-supervisor';
const MOVE_ROUNDS = 10;
const DELEGATE =
  'Start the platform as a systemd service with Delegate=yes, or by "systemd-run --scope -p Delegate=yes".';

/**
 * Makes room for our groups below our own group of version 2.
 *
 * A group may hold processes or pass controllers on, not both (cgroups(7), "no internal processes"). So where the
 * controllers are not passed on yet, all processes of our group are moved into a leaf, but only when the group is ours:
 * the root of a container's view, or delegated by systemd. In anybody else's it would break what they do.
 */
export async function prepareV2(
  mounts: readonly CgroupMount[],
  own: ReadonlyMap<string, string>,
  { name, isBackground }: { readonly name: string; readonly isBackground: boolean },
): Promise<{ readonly tree: CgroupTree } | Missing> {
  const mount = mounts.find(({ version }) => version === 2);
  const path = own.get('');
  if (mount === undefined || path === undefined) {
    return missing(
      'no control groups of version 2 are mounted, and those of version 1 are not writable',
      DELEGATE,
    );
  }
  const base = findBase(mount, path);
  const offered = await readWords(join(base, 'cgroup.controllers'));
  if (!offered.includes('memory') && !offered.includes('pids')) {
    return missing('our control group has neither the memory nor the pids controller', DELEGATE);
  }
  const refusal = await enableControllers(base, offered);
  if (refusal !== undefined) return refusal;
  try {
    const parent = join(base, name);
    await ensureDirectory(parent);
    const passed = await passControllersOn(parent);
    const controllers = {
      memory: passed.includes('memory'),
      processes: passed.includes('pids'),
      cpu: passed.includes('cpu'),
    };
    return { tree: createV2Tree(parent, controllers, (group) => locateCgroup(mount, group), isBackground) };
  } catch (error) {
    return missing(`no control group can be created (${codeOf(error) ?? 'unknown'})`, DELEGATE);
  }
}

/** Of the leaf that a former call moved us into, it is the parent. */
function findBase(mount: CgroupMount, path: string): string {
  const group = basename(path) === SUPERVISOR ? dirname(path) : path;
  return locateCgroup(mount, group) ?? mount.mountPoint;
}

async function enableControllers(base: string, offered: readonly string[]): Promise<Missing | undefined> {
  const lacking = async (): Promise<boolean> => {
    const passed = await readWords(join(base, 'cgroup.subtree_control'));
    return V2_CONTROLLERS.some((controller) => offered.includes(controller) && !passed.includes(controller));
  };
  if (!(await lacking())) return undefined;
  if (!(await isWritable(base))) return missing('our control group is not writable for us', DELEGATE);
  if ((await readPids(base)).length > 0 && !(await isTrueRoot(base))) {
    if (!(await isOurs(base))) return missing('our control group was not delegated to us', DELEGATE);
    await moveIntoLeaf(base);
  }
  const passed = await passControllersOn(base);
  if (passed.includes('memory') || passed.includes('pids')) return undefined;
  return missing('our control group does not pass its controllers on', DELEGATE);
}

/** Only the root of the whole machine has no type, and may hold processes and pass controllers on. */
async function isTrueRoot(base: string): Promise<boolean> {
  return (await tryReadFile(join(base, 'cgroup.type'))) === undefined;
}

async function isOurs(base: string): Promise<boolean> {
  // Whoever gave the directory to an ordinary user has delegated it.
  if (process.getuid?.() !== 0) return true;
  const isContainerRoot = (await tryReadFile(join(dirname(base), 'cgroup.procs'))) === undefined;
  if (isContainerRoot) return true;
  const unit = basename(base);
  if (!/\.(?:service|scope)$/.test(unit)) return false;
  const { output } = await runTrial(
    ['/usr/bin/systemctl', 'show', '--property=Delegate', '--value', '--', unit],
    { PATH: '/usr/bin:/bin' },
  );
  return output.trim() === 'yes';
}

/** More than once: what is moved may be forking. */
async function moveIntoLeaf(base: string): Promise<void> {
  const leaf = join(base, SUPERVISOR);
  await ensureDirectory(leaf);
  for (let round = 0; round < MOVE_ROUNDS; round += 1) {
    const pids = await readPids(base);
    if (pids.length === 0) return;
    // One that cannot be moved has ended, or is the kernel's; enabling the controllers shows whether it matters.
    for (const pid of pids) await writeControl(join(leaf, 'cgroup.procs'), pid).catch(() => undefined);
  }
}

async function isWritable(base: string): Promise<boolean> {
  try {
    for (const path of [base, join(base, 'cgroup.procs'), join(base, 'cgroup.subtree_control')]) {
      await access(path, constants.W_OK);
    }
    return true;
  } catch {
    return false;
  }
}
