import type { Stats } from 'node:fs';

/** The unit of `st_blocks`, whatever the file system's blocks are (inode(7)). */
export const BLOCK_BYTES = 512;
/** Files take whole blocks, of up to this size, and some for finding them. */
const ROUNDING_BYTES = 128 * 1024;
/** Compression makes a log smaller on disk too; only beyond this part is what is missing a hole. */
const SPARSE_PART = 1 / 4;

type Use = Pick<Stats, 'size' | 'blocks'>;

/**
 * What counts of a log, in bytes: its length, or what is reserved beyond its end (fallocate(2), KEEP_SIZE) when that is
 * more. A file system that reserves by itself for one that grows (XFS) reserves no more than its length.
 */
export function measureLog({ size, blocks }: Use): number {
  return Math.max(size, blocks * BLOCK_BYTES - size - ROUNDING_BYTES);
}

/** Whether more than a whole log of it was never written: a job made it longer with ftruncate(2). */
export function isHollow({ size, blocks }: Use, maxBytes: number): boolean {
  const written = blocks * BLOCK_BYTES;
  return size - written > maxBytes && written < size * SPARSE_PART;
}
