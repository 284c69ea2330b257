import { lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** Bytes of a Unix socket's path without the final NUL (unix(7): sun_path has 108 on Linux, 104 on macOS). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * Makes sure that the change feed can be put where it belongs, and that nothing but an old socket is replaced by it.
 *
 * @param dataDir - absolute.
 * @param given - the setting `RACETRACK_FEED`; empty counts as absent.
 * @throws {@link PlatformError} `CONFIG_INVALID`.
 */
export function checkFeedPath(dataDir: string, given: string | undefined): void {
  const feed = given === undefined || given === '' ? path.join(dataDir, 'run', 'feed.sock') : given;
  const hint = given
    ? 'Correct RACETRACK_FEED, or leave it out.'
    : 'Choose a folder with a shorter path with --data-dir.';
  const fail = (problem: string): never => {
    throw new PlatformError('CONFIG_INVALID', problem, { hint });
  };
  if (!path.isAbsolute(feed)) fail(`RACETRACK_FEED has to be an absolute path, not ${feed}`);
  const length = Buffer.byteLength(feed);
  if (length > MAX_SOCKET_PATH_BYTES) {
    fail(`the path of a socket has at most ${MAX_SOCKET_PATH_BYTES} bytes, and ${feed} has ${length}`);
  }
  if (find(feed)?.isSocket() === false) {
    fail(`the change feed cannot be put at ${feed}: something that is no socket is there`);
  }
}

function find(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch {
    // Whatever keeps us from looking keeps control from listening there, which says more about it.
    return undefined;
  }
}
