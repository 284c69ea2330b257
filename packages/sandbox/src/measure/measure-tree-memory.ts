import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIBIBYTE = 1024;
const PS_TIMEOUT_MS = 5_000;

/**
 * Memory of some processes together.
 *
 * What they share counts once between all who share it (PSS), swapped pages included; where that cannot be read, for
 * processes of others, each one's resident set counts in full. The kernel walks the page tables for it: about a
 * millisecond for each GB.
 *
 * @returns bytes; `null` when none of them could be measured, most often because they have ended.
 */
export async function measureTreeMemory(pids: readonly number[]): Promise<number | null> {
  const sizes = process.platform === 'linux' ? await readSizes(pids) : await askPs(pids);
  return sizes.length === 0 ? null : sizes.reduce((sum, size) => sum + size, 0) * KIBIBYTE;
}

async function readSizes(pids: readonly number[]): Promise<number[]> {
  const sizes: number[] = [];
  // In turn, so that measuring never occupies more than one thread.
  for (const pid of pids) {
    const shared = parseKibibytes(
      await tryRead(`/proc/${pid}/smaps_rollup`),
      /^(?:Pss|SwapPss):\s+(\d+) kB/gm,
    );
    const size =
      shared ?? parseKibibytes(await tryRead(`/proc/${pid}/status`), /^(?:VmRSS|VmSwap):\s+(\d+) kB/gm);
    if (size !== undefined) sizes.push(size);
  }
  return sizes;
}

function parseKibibytes(text: string, lines: RegExp): number | undefined {
  const values = [...text.matchAll(lines)].map((match) => Number(match[1]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** A process may end, or belong to someone else, at any moment between listing and reading. */
async function tryRead(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}

async function askPs(pids: readonly number[]): Promise<number[]> {
  if (pids.length === 0) return [];
  const { stdout } = await promisify(execFile)('/bin/ps', ['-o', 'rss=', '-p', pids.join(',')], {
    timeout: PS_TIMEOUT_MS,
  }).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map(Number)
    .filter((size) => size > 0);
}
