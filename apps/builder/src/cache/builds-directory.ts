import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Kinds of cache entries, by their folder. */
export type EntryKind = 'sources' | 'environments' | 'artifacts';

/** The folders below the directory that the builder owns. */
export interface BuildsDirectory {
  readonly root: string;
  readonly sources: string;
  readonly environments: string;
  readonly artifacts: string;
  /** Downloads of package managers, one folder a job type. */
  readonly cache: string;
  /** What plugins bring along, for accounts that could not read it where it is. */
  readonly copies: string;
  /** One folder a running build. */
  readonly workspaces: string;
  /** Lock files, empty. */
  readonly locks: string;
}

/** Makes sure that the folders exist. */
export async function ensureBuildsDirectory(root: string): Promise<BuildsDirectory> {
  const directory = {
    root,
    sources: join(root, 'sources'),
    environments: join(root, 'environments'),
    artifacts: join(root, 'artifacts'),
    cache: join(root, 'cache'),
    copies: join(root, 'copies'),
    workspaces: join(root, 'workspaces'),
    locks: join(root, 'locks'),
  };
  for (const path of Object.values(directory)) await mkdir(path, { recursive: true });
  return directory;
}

/**
 * Sets who may pass: accounts of jobs and builds reach what they know the name of, which are digests and random, and
 * list nothing. Sources and locks are ours alone.
 */
export async function restrictBuildsDirectory(builds: BuildsDirectory): Promise<void> {
  const { root, environments, artifacts, workspaces, cache, copies, sources, locks } = builds;
  for (const path of [root, environments, artifacts, workspaces, cache, copies]) await chmod(path, 0o711);
  for (const path of [sources, locks]) await chmod(path, 0o700);
}

/** Path of the lock that guards building the entries with one key. */
export function entryLockPath(builds: BuildsDirectory, kind: EntryKind, key: string): string {
  return join(builds.locks, `${kind}-${key}`);
}

/** Path of the lock that a build holds on its workspace as long as it lives. */
export function workspaceLockPath(builds: BuildsDirectory, workspaceId: string): string {
  return join(builds.locks, `workspace-${workspaceId}`);
}

/** Path of the lock that a build holds on the account of its steps. */
export function accountLockPath(builds: BuildsDirectory, uid: number): string {
  return join(builds.locks, `account-${uid}`);
}

/** Path of the lock that a build holds on a folder of downloads which its steps write to. */
export function cacheLockPath(builds: BuildsDirectory, folder: string): string {
  return join(builds.locks, `cache-${folder.replaceAll('/', '-')}`);
}
