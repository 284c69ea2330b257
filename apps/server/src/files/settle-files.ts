import { chmod } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { inspectFiles } from './inspect-files.ts';

/**
 * Puts right which modes can be put right, and refuses what a person has to look at: a key that others could read, a
 * link or a stranger's file where a key, the store or the lock should be. When anything is refused nothing is changed.
 *
 * @param dataDir - absolute.
 * @param uid - of this process.
 * @returns one line for each repair.
 * @throws {@link PlatformError} `DATA_DIR_UNUSABLE`, naming everything that is refused.
 */
export async function settleFiles(dataDir: string, uid = process.getuid?.()): Promise<string[]> {
  const findings = await inspectFiles(dataDir, uid);
  const refused = findings.filter(({ repairedMode }) => repairedMode === undefined);
  if (refused.length > 0) {
    const message = refused.map(({ path, problem }) => `${path} ${problem}`).join('; ');
    const hint = refused.map((finding) => finding.hint).join('\n');
    throw new PlatformError('DATA_DIR_UNUSABLE', message, { hint });
  }
  const notices: string[] = [];
  for (const { path, problem, repairedMode } of findings) {
    if (repairedMode === undefined) continue;
    await chmod(path, repairedMode).catch(ignoreMissing);
    notices.push(
      `${path} ${problem.replace('is open', 'was open')}: now ${repairedMode.toString(8).padStart(4, '0')}`,
    );
  }
  return notices;
}

/** Another server may have removed it in between, such as its lock. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
