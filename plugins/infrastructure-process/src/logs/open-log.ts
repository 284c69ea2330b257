import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Of a file with a lease on it (fcntl(2), F_SETLEASE) a plain open waits until its holder gives the lease up, 45 s by
 * default; with O_NONBLOCK it fails at once with EAGAIN. A job with an account of its own can take no lease on its
 * log, since that is not its own; this is for jobs without one, and for logs of a time when it was.
 */
const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** For rotating: both reads, and appends as the job does. */
export async function openLogToCut(path: string): Promise<FileHandle> {
  return await open(path, O_RDWR | O_APPEND | O_NONBLOCK);
}

/** @returns `undefined` when there is no such file. */
export async function openLogToRead(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Opens a log for appending, or makes it; to be closed by the caller. Never waits.
 *
 * @throws PlatformError `LAUNCH_FAILED` when a process keeps everyone else from opening it.
 */
export function openLogToAppend(path: string): number {
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    throw new PlatformError('LAUNCH_FAILED', `a process has a lease on the log ${path}`, {
      hint: 'The kernel takes it away within a minute: deploy again then.',
      cause: error,
    });
  }
}

/**
 * Opens a log as a job is to have it: appending, and without O_NONBLOCK, which a job would inherit. Nobody can take a
 * lease on what somebody else has open for writing, so the second open waits for nobody.
 */
export function openLogForJob(path: string): number {
  const guard = openLogToAppend(path);
  try {
    return openSync(path, O_WRONLY | O_APPEND);
  } finally {
    closeSync(guard);
  }
}

/** Puts a line of the platform's own into a log. */
export function appendToLog(path: string, text: string): void {
  const log = openLogToAppend(path);
  try {
    writeSync(log, text);
  } finally {
    closeSync(log);
  }
}
