import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { failpoint } from '@racetrack-platform/failpoints';
import type { BuildConfinement } from '../confinement/build-confinement.ts';
import { killLeftoverProcesses, WORKSPACE_VARIABLE } from '../steps/kill-leftover-processes.ts';
import { writeBelongings } from './belongings.ts';
import {
  accountLockPath,
  workspaceLockPath,
  type BuildsDirectory,
  type EntryKind,
} from './builds-directory.ts';
import { acquireFileLock, tryFileLock } from './file-lock.ts';
import { removeTree } from './remove-tree.ts';

/** File of a workspace that names the cache entries being built from it, one `kind/name` a line. */
export const UNFINISHED_FILE = 'unfinished';

/** A build's private directory: gone when the build ends, or when the next one finds its owner dead. */
export interface Workspace {
  /** Steps may traverse it, and write in the directories below only. */
  readonly dir: string;
  /** `HOME` of the build's processes. */
  readonly homeDir: string;
  readonly tmpDir: string;
  /** Variables of every process of the build; the first lets leftovers be found. */
  readonly env: Readonly<Record<string, string>>;
  readonly confinement: BuildConfinement;
  /** Records an entry before its directory is made, so that a crash leaves no half-built entry unknown. */
  noteUnfinished(kind: EntryKind, name: string): Promise<void>;
  /** Ends whatever the build has left running. */
  killAll(): Promise<void>;
  /** The same, and removes the directory. */
  dispose(): Promise<void>;
}

/**
 * Makes a workspace and the lock that says its owner lives.
 *
 * @param request - its account is ours alone from now on; a build that ends takes it along.
 * @param signal - ends the wait for a former user of the account.
 */
export async function createWorkspace(
  builds: BuildsDirectory,
  request: BuildRequest,
  signal: AbortSignal,
): Promise<Workspace> {
  const { account } = request;
  const id = randomUUID();
  const dir = join(builds.workspaces, id);
  const accountLock =
    account === null
      ? undefined
      : await acquireFileLock(accountLockPath(builds, account.uid), signal, () => {});
  // The lock comes first: a directory without a held lock is garbage to everyone else.
  const lockPath = workspaceLockPath(builds, id);
  failpoint('before-workspace');
  const lock = tryFileLock(lockPath);
  if (lock === undefined) throw new Error('the lock of a new workspace is taken');
  await mkdir(dir, { mode: account === null ? 0o700 : 0o711 });
  await writeBelongings(dir, { account, groupId: id });
  const [{ openConfinement }, { handOver }] = await Promise.all([
    import('../confinement/build-confinement.ts'),
    import('../confinement/seal-tree.ts'),
  ]);
  const confinement = await openConfinement(request, id);
  const folders = { homeDir: join(dir, 'home'), tmpDir: join(dir, 'tmp') };
  for (const folder of Object.values(folders)) {
    await mkdir(folder, { mode: 0o700 });
    if (account !== null) handOver(folder, account);
  }
  failpoint('after-workspace');

  async function killAll(): Promise<void> {
    await confinement.killAll();
    // Without either it is by their mark that they are found, unless they have wiped it off.
    if (confinement.account === null && confinement.cgroup === null) await killLeftoverProcesses(dir);
  }

  return {
    dir,
    ...folders,
    env: { [WORKSPACE_VARIABLE]: dir, HOME: folders.homeDir, TMPDIR: folders.tmpDir },
    confinement,
    noteUnfinished: async (kind, name) => await appendFile(join(dir, UNFINISHED_FILE), `${kind}/${name}\n`),
    killAll,
    async dispose() {
      failpoint('before-workspace-removed');
      try {
        await killAll();
        await confinement.dispose();
        await removeTree(dir);
        await rm(lockPath, { force: true });
      } finally {
        // What could not be removed is the next build's to remove.
        lock.release();
        accountLock?.release();
      }
      failpoint('after-workspace-removed');
    },
  };
}
