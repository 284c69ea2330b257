import { readdir, readFile } from 'node:fs/promises';
import { measureTreeMemory } from '@racetrack-platform/sandbox';

/** More than a plugin's account may have. */
const MAX_PROCESSES = 512;

/**
 * Memory of a process and of everything below it.
 *
 * @returns bytes; `null` when it is gone. Where the system lists no children, of the process alone.
 */
export async function measureHost(pid: number): Promise<number | null> {
  const tree = [pid];
  // Grows while it is walked.
  for (const each of tree) {
    tree.push(...(await listChildren(each)).slice(0, MAX_PROCESSES - tree.length));
  }
  return await measureTreeMemory(tree);
}

/** A child belongs to the thread that started it. */
async function listChildren(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map(async (thread) => {
      return await readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '');
    }),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
