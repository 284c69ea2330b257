import { lstatSync, readdirSync, statSync } from 'node:fs';
import { access, mkdir, realpath, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import type { BuildsDirectory } from '../cache/builds-directory.ts';
import { copyTree, syncPath, syncTree } from '../cache/durable-files.ts';
import type { Workspace } from '../cache/workspace.ts';
import { sha256 } from '../keys/cache-keys.ts';
import { digestFile, digestTree } from '../keys/digest-tree.ts';
import { sealTree } from './seal-tree.ts';

/** Bits of a mode that are everybody's. */
const READ = 0o004;
const PASS = 0o001;
/** Bit of a file that its owner can run. */
const PROGRAM = 0o100;
/** Hexadecimal digits of a copy's name. */
const KEY_LENGTH = 40;

export interface ReadableCopyDeps {
  readonly builds: BuildsDirectory;
  readonly request: Pick<BuildRequest, 'account' | 'tools'>;
  readonly getWorkspace: () => Promise<Workspace>;
  readonly signal: AbortSignal;
}

/**
 * Finds where the account of a build, and those of its jobs, can read a folder or file of the server: where it is, or in
 * a copy of ours. A clone made with umask 077, or in somebody's own directory, is closed to everybody else. One copy
 * serves all builds, is named by what is in it, and is never changed.
 *
 * @param path - absolute.
 * @returns a real path; without an account always the original's.
 * @throws PlatformError `PLUGIN_FAILED` when it changes while it is copied.
 */
export async function makeReadable(deps: ReadableCopyDeps, path: string): Promise<string> {
  const { account, tools } = deps.request;
  const original = await realpath(path);
  if (account === null) return original;
  // In a view of its own the path is laid in, whatever is above it.
  const isReachable = (tools?.bwrap ?? null) !== null || isPassable(dirname(original));
  if (isReachable && isReadable(original)) return original;

  const digest = await digestContent(original);
  const name = basename(original);
  const folder = join(deps.builds.copies, sha256(JSON.stringify([name, digest])).slice(0, KEY_LENGTH));
  const copy = join(folder, name);
  if (await exists(folder)) return copy;
  const draft = join((await deps.getWorkspace()).dir, `copy-${basename(folder)}`);
  await mkdir(draft);
  await copyTree(original, join(draft, name));
  await sealTree(draft, account, { maxBytes: null, signal: deps.signal });
  if ((await digestContent(join(draft, name))) !== digest) {
    throw new PlatformError('PLUGIN_FAILED', `${original} changed while it was copied for the build`, {
      hint: 'Deploy again once the plugin is completely installed.',
    });
  }
  await syncTree(draft);
  await rename(draft, folder).catch(async (error: unknown) => {
    // Another build was faster; its copy is the same.
    if (!(await exists(folder))) throw error;
  });
  await syncPath(deps.builds.copies);
  return copy;
}

function isReadable(path: string): boolean {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return true;
  if (stats.isDirectory()) {
    const isOpen = (stats.mode & READ) !== 0 && (stats.mode & PASS) !== 0;
    return isOpen && readdirSync(path).every((name) => isReadable(join(path, name)));
  }
  const isRunnable = (stats.mode & PROGRAM) === 0 || (stats.mode & PASS) !== 0;
  return (stats.mode & READ) !== 0 && isRunnable;
}

function isPassable(directory: string): boolean {
  if ((statSync(directory).mode & PASS) === 0) return false;
  return dirname(directory) === directory || isPassable(dirname(directory));
}

async function digestContent(path: string): Promise<string> {
  return lstatSync(path).isDirectory() ? await digestTree(path, null) : await digestFile(path);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
