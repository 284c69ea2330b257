import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { killLeftoverProcesses, WORKSPACE_VARIABLE } from '../steps/kill-leftover-processes.ts';
import { workspaceLockPath, type BuildsDirectory, type EntryKind } from './builds-directory.ts';
import { removeTree } from './durable-files.ts';
import { tryFileLock } from './file-lock.ts';

/** File of a workspace that names the cache entries being built from it, one `kind/name` a line. */
export const UNFINISHED_FILE = 'unfinished';

/** A build's private directory: gone when the build ends, or when the next one finds its owner dead. */
export interface Workspace {
  /** Mode 0700. */
  readonly dir: string;
  /** `HOME` of the build's processes. */
  readonly homeDir: string;
  readonly tmpDir: string;
  /** Variables of every process of the build; the first lets leftovers be found. */
  readonly env: Readonly<Record<string, string>>;
  /** Records an entry before its directory is made, so that a crash leaves no half-built entry unknown. */
  noteUnfinished(kind: EntryKind, name: string): Promise<void>;
  /** Removes it, and ends whatever the build has left running. */
  dispose(): Promise<void>;
}

/** Makes a workspace and the lock that says its owner lives. */
export async function createWorkspace(builds: BuildsDirectory): Promise<Workspace> {
  const id = randomUUID();
  const dir = join(builds.workspaces, id);
  const homeDir = join(dir, 'home');
  const tmpDir = join(dir, 'tmp');
  // The lock comes first: a directory without a held lock is garbage to everyone else.
  const lockPath = workspaceLockPath(builds, id);
  const lock = tryFileLock(lockPath);
  if (lock === undefined) throw new Error('the lock of a new workspace is taken');
  await mkdir(dir, { mode: 0o700 });
  await mkdir(homeDir);
  await mkdir(tmpDir);
  return {
    dir,
    homeDir,
    tmpDir,
    env: { [WORKSPACE_VARIABLE]: dir, HOME: homeDir, TMPDIR: tmpDir },
    noteUnfinished: async (kind, name) => await appendFile(join(dir, UNFINISHED_FILE), `${kind}/${name}\n`),
    async dispose() {
      await killLeftoverProcesses(dir);
      await removeTree(dir);
      await rm(lockPath, { force: true });
      lock.release();
    },
  };
}
