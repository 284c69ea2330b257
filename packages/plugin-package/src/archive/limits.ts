const MEBIBYTE = 1024 * 1024;

/** What an archive may hold. Far above what plugins are, far below what hurts a server. */
export interface ArchiveLimits {
  /** Bytes of the ZIP itself; it is read into memory. */
  readonly archiveBytes: number;
  /** Bytes of one file, and of all together, when unpacked. */
  readonly fileBytes: number;
  readonly totalBytes: number;
  /** Files and folders. */
  readonly entries: number;
  /** Unpacked size of a file over its packed size; files below a mebibyte may be smaller still. */
  readonly ratio: number;
  /** Bytes of a whole path, and folders on the way. */
  readonly pathBytes: number;
  readonly depth: number;
}

/** Read by the server and kept by the bundler: what it makes can be installed. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  archiveBytes: 128 * MEBIBYTE,
  fileBytes: 128 * MEBIBYTE,
  totalBytes: 512 * MEBIBYTE,
  entries: 10_000,
  ratio: 200,
  pathBytes: 500,
  depth: 32,
};

/** Below this size no ratio can do harm. */
export const RATIO_FLOOR_BYTES = MEBIBYTE;
