import { codeOf, tryReadFile, tryWriteControl } from './cgroup-files.ts';

/**
 * Lets everybody else go first on the processors, at once when they wake up: since Linux 5.15 a group can be idle as a
 * whole. On older ones it gets the smallest share, which a neighbour still notices.
 *
 * @param dir - of the group.
 * @param shareFile - where this version keeps the share.
 * @param lowestShare - the smallest that the kernel takes there.
 */
export async function yieldToOthers(dir: string, shareFile: string, lowestShare: number): Promise<void> {
  const idle = (await tryReadFile(`${dir}/cpu.idle`))?.trim();
  if (idle === '1') return;
  try {
    await tryWriteControl(
      `${dir}/${idle === undefined ? shareFile : 'cpu.idle'}`,
      idle === undefined ? lowestShare : 1,
    );
  } catch (error) {
    // Refused, as in a container that may not weigh its groups: they compete as equals then.
    if (codeOf(error) === undefined) throw error;
  }
}
