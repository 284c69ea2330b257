import { access, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openBuildGroups } from '../confinement/build-confinement.ts';
import { killAccount } from '../confinement/kill-account.ts';
import { removeScattered } from '../confinement/remove-scattered.ts';
import { killLeftoverProcesses } from '../steps/kill-leftover-processes.ts';
import { readBelongings } from './belongings.ts';
import {
  accountLockPath,
  entryLockPath,
  workspaceLockPath,
  type BuildsDirectory,
} from './builds-directory.ts';
import { COMPLETION_MARK } from './entry-mark.ts';
import { tryFileLock } from './file-lock.ts';
import { removeTree } from './remove-tree.ts';
import { UNFINISHED_FILE } from './workspace.ts';

/** A build does not wait longer for what another one has left. */
const PATIENCE_MS = 10_000;
const UNFINISHED_LINE = /^(environments|artifacts)\/(([0-9a-f]+)(?:\.\d+)?)$/;

/**
 * Removes what builders left that were killed: their processes, half-built entries and workspaces.
 *
 * Builds that are running hold the lock of their workspace and are not touched.
 *
 * @param builds - the builder's directory.
 * @param heldLock - path of an entry lock that the caller holds itself, when it does.
 */
export async function removeLeftovers(builds: BuildsDirectory, heldLock?: string): Promise<void> {
  for (const id of await readdir(builds.workspaces)) {
    const lockPath = workspaceLockPath(builds, id);
    const lock = tryFileLock(lockPath);
    if (lock === undefined) continue;
    try {
      const dir = join(builds.workspaces, id);
      await endBelongings(builds, dir);
      await killLeftoverProcesses(dir);
      await removeUnfinishedEntries(builds, dir, heldLock);
      await removeTree(dir, AbortSignal.timeout(PATIENCE_MS));
      await rm(lockPath, { force: true });
    } catch {
      // What one build has left is no reason for another one to fail; the next one tries it again.
    } finally {
      lock.release();
    }
  }
}

async function endBelongings(builds: BuildsDirectory, workspaceDir: string): Promise<void> {
  const belongings = await readBelongings(workspaceDir);
  if (belongings === undefined) return;
  await (await openBuildGroups(builds.root))?.remove(belongings.groupId);
  if (belongings.account === null) return;
  const lock = tryFileLock(accountLockPath(builds, belongings.account.uid));
  // Whoever has the account now found it clean, or is killing what we would.
  if (lock === undefined) return;
  try {
    await killAccount(belongings.account);
    await removeScattered(belongings.account);
  } finally {
    lock.release();
  }
}

async function removeUnfinishedEntries(
  builds: BuildsDirectory,
  workspaceDir: string,
  heldLock: string | undefined,
): Promise<void> {
  const text = await readFile(join(workspaceDir, UNFINISHED_FILE), 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [, kind, name, key] = UNFINISHED_LINE.exec(line) ?? [];
    if ((kind !== 'environments' && kind !== 'artifacts') || name === undefined || key === undefined)
      continue;
    const lockPath = entryLockPath(builds, kind, key);
    // The caller, or another builder that waited for this entry, cleans it up itself.
    if (lockPath === heldLock) continue;
    const lock = tryFileLock(lockPath);
    if (lock === undefined) continue;
    try {
      const entryDir = join(builds[kind], name);
      const isComplete = await access(join(entryDir, COMPLETION_MARK)).then(
        () => true,
        () => false,
      );
      if (!isComplete) await removeTree(entryDir);
    } finally {
      lock.release();
    }
  }
}
