import { mkdir } from 'node:fs/promises';
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
    workspaces: join(root, 'workspaces'),
    locks: join(root, 'locks'),
  };
  for (const path of Object.values(directory)) await mkdir(path, { recursive: true });
  return directory;
}

/** Path of the lock that guards building the entries with one key. */
export function entryLockPath(builds: BuildsDirectory, kind: EntryKind, key: string): string {
  return join(builds.locks, `${kind}-${key}`);
}

/** Path of the lock that a build holds on its workspace as long as it lives. */
export function workspaceLockPath(builds: BuildsDirectory, workspaceId: string): string {
  return join(builds.locks, `workspace-${workspaceId}`);
}
