import { readdir, readFile } from 'node:fs/promises';

/** Variable that marks every process of a build with the path of its workspace. */
export const WORKSPACE_VARIABLE = 'RACETRACK_BUILD_WORKSPACE';

/** A process may fork between two looks; more rounds than this mean something refuses to die. */
const MAX_ROUNDS = 5;

/**
 * Kills what a build has left running: after a `kill -9` of its builder, or in sessions of their own.
 *
 * Works where `/proc` exists; elsewhere it does nothing.
 *
 * @param workspaceDir - of a build that is over.
 */
export async function killLeftoverProcesses(workspaceDir: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const pids = await listBuildProcesses(workspaceDir, undefined);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/**
 * Lists the processes of a build, but for the builder itself: those with its mark, and those of its account.
 *
 * @param uid - of the account; `undefined` when it has none.
 */
export async function listBuildProcesses(workspaceDir: string, uid: number | undefined): Promise<number[]> {
  const marker = Buffer.from(`\0${WORKSPACE_VARIABLE}=${workspaceDir}\0`);
  const owner = uid === undefined ? undefined : new RegExp(`^Uid:\\s+${uid}\\s`, 'm');
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    if ((await isMarked(name, marker)) || (owner !== undefined && (await isOwned(name, owner)))) {
      found.push(Number(name));
    }
  }
  return found.filter((pid) => pid !== process.pid);
}

async function isMarked(pid: string, marker: Buffer): Promise<boolean> {
  // Processes of others cannot be read, and zombies have nothing to read.
  const environment = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0));
  return Buffer.concat([Buffer.from('\0'), environment]).includes(marker);
}

async function isOwned(pid: string, owner: RegExp): Promise<boolean> {
  return owner.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}
