import { readdir, readFile } from 'node:fs/promises';

/** State of a thread; its name stands before it in brackets, and may hold anything. */
const STATE = /^.*\) (\w)/s;
const RUNNABLE = 'R';

/**
 * Whether any thread of some processes computes, or would if it got a processor. Looks no further than the first one.
 * Works where `/proc` exists; elsewhere none does.
 */
export async function hasRunnableThread(pids: readonly number[]): Promise<boolean> {
  for (const pid of pids) {
    // A process may end at any moment between listing and reading.
    const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
    for (const thread of threads) {
      const text = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '');
      if (STATE.exec(text)?.[1] === RUNNABLE) return true;
    }
  }
  return false;
}
