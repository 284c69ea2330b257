import { DatabaseSync } from 'node:sqlite';

/** Result code of SQLite for a database that another connection has locked (sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;

/**
 * Takes a lock that the kernel gives back when its owner dies. Node has none of its own; SQLite has (fcntl or its like
 * on every system), and an empty database locked exclusively stays an empty file.
 *
 * @param file - made when missing, and never removed: whoever waits on a removed file waits on another lock.
 * @returns undefined when another process has it.
 */
export function takeKernelLock(file: string): Disposable | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
