import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** Bytes of a Unix socket's path without the final NUL (sun_path: 108 on Linux, 104 on macOS). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * Chooses where an instance listens: `<socketsDir>/<id>.sock`, and where that is too long for a socket, a private
 * directory among the temporary files. The same arguments give the same path.
 *
 * @throws PlatformError `LAUNCH_FAILED` when even that is too deep.
 */
export function chooseSocketPath(socketsDir: string, instanceId: string): string {
  const privateName = `racetrack-${process.getuid?.() ?? 0}-${digest(socketsDir)}`;
  const short = `${digest(instanceId)}.sock`;
  const candidates = [
    join(socketsDir, `${instanceId}.sock`),
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
 * As {@link chooseSocketPath}; the directory exists afterwards and is open to this user only.
 *
 * @throws PlatformError `LAUNCH_FAILED`, also when someone else holds that directory.
 */
export function ensureSocketPath(socketsDir: string, instanceId: string): string {
  const path = chooseSocketPath(socketsDir, instanceId);
  const dir = dirname(path);
  if (dir === socketsDir) mkdirSync(dir, { recursive: true, mode: 0o700 });
  else ensurePrivateDirectory(dir);
  return path;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Among the temporary files anyone may have put something in our way, such as a link or an open directory. */
function ensurePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const found = lstatSync(path);
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (found.isDirectory() && isOurs && (found.mode & 0o077) === 0) return;
  throw new PlatformError('LAUNCH_FAILED', `${path} is not a private directory of this user`, {
    hint: 'Remove it, or choose a data directory with a shorter path.',
  });
}

/** A name for everything that belongs to one instances directory, for marks on processes. */
export function nameOwner(instancesDir: string): string {
  mkdirSync(instancesDir, { recursive: true, mode: 0o700 });
  return digest(realpathSync(instancesDir));
}
