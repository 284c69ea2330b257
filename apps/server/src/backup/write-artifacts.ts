import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { COMPLETION_MARK } from './artifact-entries.ts';
import { findUnfit } from './find-unfit.ts';
import type { FrameWriter } from './frame-writer.ts';

export interface WrittenArtifacts {
  readonly entries: number;
  readonly bytes: number;
  /** Entries that could not be put into it, with the reason. */
  readonly skipped: readonly string[];
}

/**
 * Writes entries of `builds/` with their folders, files and links. One that is not written to its end has no completion
 * mark, and does not count when it is restored.
 *
 * @param entries - relative to `dataDir`.
 * @param onProgress - is told after each file.
 */
export async function writeArtifacts(
  writer: FrameWriter,
  { dataDir, entries }: { readonly dataDir: string; readonly entries: readonly string[] },
  onProgress: (bytes: number) => void,
): Promise<WrittenArtifacts> {
  let bytes = 0;
  const skipped: string[] = [];
  const run: Run = { writer, dataDir, onFile: (size) => onProgress((bytes += size)) };
  for (const folder of listParents(entries)) await writeFolder(run, folder);
  for (const entry of entries) {
    const why = await writeEntry(run, entry);
    if (why !== undefined) skipped.push(`${entry}, for ${why}`);
  }
  return { entries: entries.length - skipped.length, bytes, skipped };
}

/** @returns why it is not in the backup, or not whole. */
async function writeEntry(run: Run, entry: string): Promise<string | undefined> {
  const { writer, dataDir } = run;
  const gone = 'it was removed or is not whole';
  try {
    const unfit = await findUnfit(dataDir, entry);
    if (unfit !== undefined) return unfit;
  } catch (error) {
    if (isGone(error)) return gone;
    throw error;
  }
  if (!(await writeTree(run, entry))) return gone;
  const size = await writer.copyFile(dataDir, `${entry}/${COMPLETION_MARK}`);
  return size === undefined && !entry.startsWith('builds/copies/') ? gone : undefined;
}

/** Its job was deleted while we look, which is no fault; nor is a path that the system takes no more. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENAMETOOLONG';
}

interface Run {
  readonly writer: FrameWriter;
  readonly dataDir: string;
  readonly onFile: (bytes: number) => void;
}

/** `builds`, and the folder of each kind. */
function listParents(entries: readonly string[]): string[] {
  const kinds = entries.map((entry) => entry.split('/').slice(0, 2).join('/'));
  return entries.length === 0 ? [] : ['builds', ...new Set(kinds)];
}

async function writeFolder({ writer, dataDir }: Run, folder: string): Promise<void> {
  const { mode } = await stat(join(dataDir, folder));
  await writer.writeJson({ folder, mode: mode & 0o777 });
}

/** @returns false when not all of it could be written. */
async function writeTree(run: Run, path: string): Promise<boolean> {
  let isWhole = true;
  try {
    await writeFolder(run, path);
    const children = await readdir(join(run.dataDir, path), { withFileTypes: true });
    for (const child of children.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = `${path}/${child.name}`;
      if (child.name === COMPLETION_MARK && path.split('/').length === 3) continue;
      if (child.isDirectory()) isWhole = (await writeTree(run, below)) && isWhole;
      else if (child.isSymbolicLink()) {
        await run.writer.writeJson({ link: below, target: await readlink(join(run.dataDir, below)) });
      } else {
        const size = child.isFile() ? await run.writer.copyFile(run.dataDir, below) : undefined;
        if (size === undefined) isWhole = false;
        else run.onFile(size);
      }
    }
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
  return isWhole;
}
