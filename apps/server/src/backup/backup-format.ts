import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';

/**
 * A backup is a gzip stream of frames: a byte of kind (`J` JSON, `D` data), the length as four bytes, big end first, and
 * so many bytes. First the header, then the wrapped keys, then every file as `{file, mode}`, its data, `{end, bytes}`, with artifacts
 * also `{folder, mode}` and `{link, target}`;
 * last `{mac}`: an HMAC-SHA256 over all frames before it, with a key that only the passphrase gives.
 */
export const BACKUP_FORMAT = 'racetrack-backup';
/** Raised when an older program could no longer read it. One without artifacts is still of version 1. */
export const BACKUP_VERSION = 2;
export const PLAIN_VERSION = 1;

/** Where the export of the store stands among the files. */
export const STORE_FILE = 'store.jsonl';
/** Everything else lies below one of these folders of the data directory. */
export const BACKUP_FOLDERS = ['plugins', 'builds'] as const;

/** More than any frame of ours: a length out of a damaged file must not fill the memory. */
export const MAX_FRAME_BYTES = 1024 * 1024;
/** Data is cut into frames of this size. */
export const DATA_FRAME_BYTES = 256 * 1024;

const base64 = z.string().regex(/^[\w-]+$/);

export const headerSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.number().int().positive(),
  productVersion: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  /** Where artifacts were: absolute. Left out when there are none. */
  builds: z.string().startsWith('/').max(4096).optional(),
});
export type BackupHeader = z.infer<typeof headerSchema>;

/** What trying a passphrase costs: 128 MiB and some tenths of a second, OWASP's recommendation of 2025 for scrypt. */
export const SCRYPT = { cost: 1 << 17, blockSize: 8, parallelization: 1 } as const;

/** The keys, sealed with AES-256-GCM under a key that scrypt makes of the passphrase. */
export const wrappedKeysSchema = z.object({
  kdf: z.literal('scrypt'),
  /** At most what we write: a file from elsewhere must not choose how much memory we take. */
  cost: z.number().int().min(1024).max(SCRYPT.cost),
  blockSize: z.number().int().min(1).max(SCRYPT.blockSize),
  parallelization: z.number().int().min(1).max(SCRYPT.parallelization),
  salt: base64,
  nonce: base64,
  sealed: base64,
});
export type WrappedKeys = z.infer<typeof wrappedKeysSchema>;

export const fileStartSchema = z.strictObject({
  file: z.string().min(1).max(4096),
  mode: z.number().int().min(0).max(0o777),
});
export const folderSchema = z.strictObject({
  folder: z.string().min(1).max(4096),
  mode: z.number().int().min(0).max(0o777),
});
export const linkSchema = z.strictObject({
  link: z.string().min(1).max(4096),
  target: z.string().min(1).max(4096),
});
export const fileEndSchema = z.strictObject({ end: z.string(), bytes: z.number().int().min(0) });
export const macSchema = z.strictObject({ mac: base64 });

/** The error for a file that cannot be restored. */
export function invalidBackup(problem: string, cause?: unknown): PlatformError {
  return new PlatformError('BACKUP_INVALID', `the backup cannot be used: ${problem}`, {
    cause,
    hint: 'Take the whole file as `npm start -- backup` has written it, or another backup.',
  });
}
