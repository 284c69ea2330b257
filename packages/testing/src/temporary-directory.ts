import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty directory of one test's own, gone with everything in it when it is disposed of. */
export interface TemporaryDirectory extends AsyncDisposable {
  /** Absolute, without links. */
  readonly path: string;
}

/**
 * Creates a directory among the temporary files, mode 0700.
 *
 * @example
 * await using directory = await createTemporaryDirectory();
 */
export async function createTemporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'rt-')));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      // Retried: a process that a test has just killed may still be writing.
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
