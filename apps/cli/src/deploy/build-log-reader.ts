import type { LifecycleClient } from '@racetrack-platform/client';
import { PlatformError } from '@racetrack-platform/errors';

/** More slices than any log has; a server that never completes must not hold the command. */
const SLICE_LIMIT = 1_000;

/** Reads a build log piece by piece. */
export interface BuildLogReader {
  /** What came since the last time. */
  readMore(): Promise<string>;
  /** Everything that is still to come of a finished deployment. */
  readRest(): Promise<string>;
  /** True when the server said that nothing more will come. */
  isComplete(): boolean;
}

/**
 * Reads the build log of a deployment. Failed requests yield nothing: the log is an extra, and the next look may
 * succeed. On servers that do not offer it (the original) it stays empty.
 */
export function createBuildLogReader(
  client: Pick<LifecycleClient, 'getBuildLogSlice'>,
  id: string,
  signal: AbortSignal,
): BuildLogReader {
  let offset = 0;
  let isComplete = false;

  async function readMore(): Promise<string> {
    if (isComplete) return '';
    try {
      const slice = await client.getBuildLogSlice(id, offset, { signal, retries: 0 });
      offset = slice.next_offset;
      isComplete = slice.complete;
      return slice.logs;
    } catch (error) {
      signal.throwIfAborted();
      if (!PlatformError.is(error)) throw error;
      isComplete = error.code === 'NOT_FOUND' || error.code === 'ROUTE_NOT_FOUND';
      return '';
    }
  }

  return {
    readMore,
    isComplete: () => isComplete,
    async readRest() {
      const pieces: string[] = [];
      for (let count = 0; count < SLICE_LIMIT; count += 1) {
        const piece = await readMore();
        if (piece === '') break;
        pieces.push(piece);
      }
      return pieces.join('');
    },
  };
}
