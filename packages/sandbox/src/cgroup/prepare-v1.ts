import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { missing, type Missing } from '../feature.ts';
import { ensureDirectory, tryReadFile } from './cgroup-files.ts';
import type { CgroupTree } from './cgroup-tree.ts';
import { createV1Tree, V1_CONTROLLERS, type V1Controller } from './cgroup-v1.ts';
import { locateCgroup, type CgroupMount } from './parse-cgroup.ts';

/**
 * Makes room for our groups in each hierarchy of version 1 that lets us.
 *
 * @param own - our own group by controller. One that is not visible here lies outside of what this container sees: then
 *   what is mounted is our own part.
 */
export async function prepareV1(
  mounts: readonly CgroupMount[],
  own: ReadonlyMap<string, string>,
  { name, isBackground }: { readonly name: string; readonly isBackground: boolean },
): Promise<{ readonly tree: CgroupTree } | Missing> {
  const byController = new Map<V1Controller, CgroupMount>();
  const parents = new Map<V1Controller, string>();
  for (const controller of Object.keys(V1_CONTROLLERS) as V1Controller[]) {
    const mount = mounts.find(
      ({ version, controllers }) => version === 1 && controllers.includes(controller),
    );
    if (mount === undefined) continue;
    const base = await findBase(mount, own.get(controller) ?? '/');
    const parent = join(base, name);
    if (!(await offers(parent, V1_CONTROLLERS[controller]))) continue;
    byController.set(controller, mount);
    parents.set(controller, parent);
  }
  if (!parents.has('memory') && !parents.has('pids')) {
    return missing('no control group of version 1 can be created', 'Start the platform as root.');
  }
  const locate = (controller: V1Controller, path: string): string | undefined => {
    const mount = byController.get(controller);
    return mount === undefined ? undefined : locateCgroup(mount, path);
  };
  return { tree: createV1Tree(parents, locate, isBackground) };
}

async function findBase(mount: CgroupMount, path: string): Promise<string> {
  const dir = locateCgroup(mount, path);
  const isVisible = dir !== undefined && (await tryReadFile(join(dir, 'cgroup.procs'))) !== undefined;
  return isVisible ? dir : mount.mountPoint;
}

async function offers(parent: string, file: string): Promise<boolean> {
  try {
    await ensureDirectory(parent);
    await access(join(parent, file), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
