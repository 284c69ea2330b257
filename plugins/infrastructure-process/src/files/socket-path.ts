import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** Bytes of a Unix socket's path without the final NUL (sun_path: 108 on Linux, 104 on macOS). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * Chooses where an instance listens: `<socketsDir>/<id>/s`, in a directory of its own, and where that is too long for a
 * socket, below a directory of ours among the temporary files. The same arguments give the same path.
 *
 * @throws PlatformError `LAUNCH_FAILED` when even that is too deep.
 */
export function chooseSocketPath(socketsDir: string, instanceId: string): string {
  const privateName = `racetrack-${process.getuid?.() ?? 0}-${digest(socketsDir)}`;
  const short = join(digest(instanceId), 's');
  const candidates = [
    join(socketsDir, instanceId, 's'),
    join(socketsDir, short),
    join(tmpdir(), privateName, short),
    join('/tmp', privateName, short),
  ];
  const path = candidates.find((candidate) => Buffer.byteLength(candidate) <= MAX_SOCKET_PATH_BYTES);
  if (path !== undefined) return path;
  throw new PlatformError('LAUNCH_FAILED', 'the path of the data directory is too long for sockets', {
    hint: 'Choose a data directory with a shorter path.',
  });
}

/**
 * As {@link chooseSocketPath}; the directory above the instance's own one exists afterwards, and only this user may write
 * to it.
 *
 * @param isPassable - whether jobs that run as other users come to their sockets by the path.
 * @throws PlatformError `LAUNCH_FAILED`, also when someone else holds that directory.
 */
export function ensureSocketPath(socketsDir: string, instanceId: string, isPassable: boolean): string {
  const path = chooseSocketPath(socketsDir, instanceId);
  const dir = dirname(dirname(path));
  if (dir === socketsDir) mkdirSync(dir, { recursive: true, mode: 0o700 });
  else ensurePrivateDirectory(dir, isPassable);
  return path;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Among the temporary files anyone may have put something in our way, such as a link or an open directory. */
function ensurePrivateDirectory(path: string, isPassable: boolean): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const found = lstatSync(path);
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (found.isDirectory() && isOurs && (found.mode & 0o066) === 0) {
    chmodSync(path, isPassable ? 0o711 : 0o700);
    return;
  }
  throw new PlatformError('LAUNCH_FAILED', `${path} is not a private directory of this user`, {
    hint: 'Remove it, or choose a data directory with a shorter path.',
  });
}

/** A name for everything that belongs to one instances directory, for marks on processes. */
export function nameOwner(instancesDir: string): string {
  mkdirSync(instancesDir, { recursive: true, mode: 0o700 });
  return digest(realpathSync(instancesDir));
}
