import { codeOf, readNumber, tryReadFile, tryWriteControl } from './cgroup-files.ts';

/** How one version weighs groups against their neighbours. */
export interface ShareFile {
  /** Of the file in a group's directory. */
  readonly name: string;
  /** The smallest that the kernel takes there. */
  readonly lowest: number;
  /** A tenth of what a group usually has. */
  readonly small: number;
}

/**
 * Lets everybody else go first on the processors, at once when they wake up: since Linux 5.15 a group can be idle as a
 * whole. On older ones it gets the smallest share, which a neighbour still notices. A group that has been given a small
 * share of its own keeps it ({@link stopYielding}).
 *
 * @param dir - of the group.
 */
export async function yieldToOthers(dir: string, share: ShareFile): Promise<void> {
  const idle = (await tryReadFile(`${dir}/cpu.idle`))?.trim();
  if (idle === '1' || (await readNumber(`${dir}/${share.name}`)) === share.small) return;
  await tryToWeigh(async () => {
    await tryWriteControl(
      `${dir}/${idle === undefined ? share.name : 'cpu.idle'}`,
      idle === undefined ? share.lowest : 1,
    );
  });
}

/**
 * Gives a group that yields to others a small share of its own: what is idle gets nothing at all from processors that
 * are never free.
 *
 * @param dir - of the group.
 */
export async function stopYielding(dir: string, share: ShareFile): Promise<void> {
  await tryToWeigh(async () => {
    // First: the kernel weighs no group that is idle.
    await tryWriteControl(`${dir}/cpu.idle`, 0);
    await tryWriteControl(`${dir}/${share.name}`, share.small);
  });
}

/** Passes over a refusal, as in a container that may not weigh its groups: they compete as equals then. */
async function tryToWeigh(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}
