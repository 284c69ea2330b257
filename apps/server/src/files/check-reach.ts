import path from 'node:path';
import type { PlatformError } from '@racetrack-platform/errors';
import { detectConfinement, findReachRefusal, type Confinement } from '@racetrack-platform/sandbox';
import type { LauncherConfig } from '../config.ts';

/** Where jobs have files, below the data directory. */
const JOB_DIRECTORIES = ['instances', 'run/i'];

type ReachConfig = Pick<LauncherConfig, 'dataDir' | 'isolation' | 'roles'>;
type FindConfinement = () => Promise<Pick<Confinement, 'namespaces'>>;

/** Whether jobs run as users of their own. */
export function usesAccounts(isolation: LauncherConfig['isolation']): boolean {
  return isolation === 'auto' && process.platform === 'linux' && process.getuid?.() === 0;
}

/**
 * Whether jobs that run as users of their own could get at their files. The start refuses with what this answers, and
 * `doctor` shows it.
 *
 * @param findConfinement - takes its time, so it is asked only when some directory is closed: a view of their own lets
 *   jobs see what lies below it.
 * @returns what stands in the way and what to do, or undefined.
 */
export async function checkReach(
  { dataDir, isolation, roles }: ReachConfig,
  findConfinement: FindConfinement = detectConfinement,
): Promise<PlatformError | undefined> {
  if (!roles.includes('control') || !usesAccounts(isolation)) return undefined;
  const refusal = findReachRefusal(
    dataDir,
    JOB_DIRECTORIES.map((name) => path.join(dataDir, name)),
  );
  if (refusal === undefined) return undefined;
  const { namespaces } = await findConfinement();
  return namespaces.isAvailable ? undefined : refusal;
}
