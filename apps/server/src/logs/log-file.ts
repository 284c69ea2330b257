import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A larger file is set aside at the start; one predecessor is kept. */
const MAX_SIZE_BYTES = 50 * 1024 * 1024;

export interface LogFile {
  readonly path: string;
  /** Appends; what cannot be written (a full disk) is dropped, since a log must not stop the platform. */
  append(data: string | Buffer): void;
  close(): void;
}

/**
 * Opens a log file for appending.
 *
 * @param file - absolute; its folder is made.
 * @param maxSizeBytes - when the file is larger, it is renamed to `FILE.1` first.
 */
export function openLogFile(file: string, maxSizeBytes = MAX_SIZE_BYTES): LogFile {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes > maxSizeBytes) renameSync(file, `${file}.1`);
  const descriptor = openSync(file, 'a', 0o600);
  return {
    path: file,

    append(data) {
      try {
        if (typeof data === 'string') writeSync(descriptor, data);
        else writeSync(descriptor, data);
      } catch {
        // See above: dropped.
      }
    },

    close() {
      closeSync(descriptor);
    },
  };
}
