import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest, BuildStep } from '@racetrack-platform/contracts/processes';
import { listTexts } from '../steps/list-texts.ts';
import { cacheLockPath, type BuildsDirectory } from './builds-directory.ts';
import { tryFileLock } from './file-lock.ts';
import { removeTree } from './remove-tree.ts';
import type { Workspace } from './workspace.ts';

const CACHE_PLACEHOLDER = '${cache}';

/** The folder that `${cache}` stands for. */
export interface Downloads {
  readonly dir: string;
  /** Other builds may have it now. */
  release(): void;
}

export interface OpenDownloadsDeps {
  readonly builds: BuildsDirectory;
  readonly request: Pick<BuildRequest, 'account' | 'jobType' | 'noCache'>;
  /** Whose downloads; `null`: everybody's. */
  readonly scope: string | null;
}

/**
 * Opens the downloads of a job type for the steps of one build. Without accounts all builds share them. With accounts
 * one build at a time has those of its owner; another one that runs meanwhile starts with none.
 *
 * @param steps - what is to run; steps that do not speak of downloads keep them from nobody.
 */
export async function openDownloads(
  deps: OpenDownloadsDeps,
  workspace: Workspace,
  steps: readonly BuildStep[],
): Promise<Downloads> {
  const { account } = deps.request;
  const folder = nameFolder(deps);
  const isWanted = listTexts(steps).some((text) => text.includes(CACHE_PLACEHOLDER));
  if (deps.request.noCache || !isWanted) return await openPrivate(workspace);
  const dir = join(deps.builds.cache, folder);
  await mkdir(dir, { recursive: true });
  if (account === null) return { dir, release: () => {} };
  const lock = tryFileLock(cacheLockPath(deps.builds, folder));
  if (lock === undefined) return await openPrivate(workspace);
  const { uid } = await lstat(dir);
  if (uid !== account.uid) {
    const { handOver } = await import('../confinement/seal-tree.ts');
    // Ours, so either new, or on its way from one account to the next when somebody pulled the plug.
    if (uid === process.getuid?.()) await empty(dir);
    handOver(dir, account);
  }
  return { dir, release: () => lock.release() };
}

async function empty(dir: string): Promise<void> {
  await removeTree(dir);
  await mkdir(dir);
}

async function openPrivate(workspace: Workspace): Promise<Downloads> {
  const dir = join(workspace.dir, 'cache');
  await mkdir(dir, { recursive: true });
  const { account } = workspace.confinement;
  if (account !== null) {
    const { handOver } = await import('../confinement/seal-tree.ts');
    handOver(dir, account);
  }
  return { dir, release: () => {} };
}

function nameFolder({ request, scope }: OpenDownloadsDeps): string {
  const jobType = request.jobType.split(':')[0]?.replaceAll(/[^\w-]/g, '_') ?? '';
  const name = jobType === '' ? '_' : jobType;
  if (request.account === null) return name;
  const owner = scope === null ? 'everybody' : createHash('sha256').update(scope).digest('hex').slice(0, 16);
  return `${name}.${owner}`;
}
