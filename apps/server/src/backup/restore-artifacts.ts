import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { entryOf, isAllowedLink, type BackupLink } from './allowed-paths.ts';
import { COMPLETION_MARK, ENTRY_KINDS } from './artifact-entries.ts';
import { invalidBackup } from './backup-format.ts';
import type { UnfitEntries } from './unfit-entries.ts';

interface Place {
  /** What is unpacked. */
  readonly folder: string;
  /** Where `builds` was, and where it will be. */
  readonly from: string;
  readonly to: string;
}

const EXECUTABLE = 0o111;

/**
 * Makes the links of entries, when everything else is there and proven: so nothing was ever written through one. Then removes
 * the entries that are of no use here, so that their jobs are built again: an author's link must not cost all others their backup.
 *
 * @param unfit - entries of which something could not be made here, with the reason.
 * @returns what was removed, with the reason.
 * @throws PlatformError `BACKUP_INVALID` for links that no folder can hold together.
 */
export async function finishArtifacts(
  links: readonly BackupLink[],
  unfit: UnfitEntries,
  place: Place,
): Promise<string[]> {
  const removed = unfit.reasons;
  assertApart(links);
  for (const link of links) {
    if (!isAllowedLink(link)) {
      removed.set(entryOf(link.path), `the link ${JSON.stringify(link.path)} leads out of it`);
      continue;
    }
    const target = relocate(link, place);
    if (isAbsolute(target) && !target.startsWith(`${place.to}/`) && !isProgram(target)) {
      removed.set(entryOf(link.path), `it needs the program ${target}, which is not here`);
      continue;
    }
    const path = join(place.folder, link.path);
    await unfit.attempt(link.path, async () => {
      await mkdir(dirname(path), { recursive: true });
      await symlink(target, path);
    });
  }
  for (const entry of await listEntries(place.folder)) {
    const isWhole =
      entry.startsWith('builds/copies/') || existsSync(join(place.folder, entry, COMPLETION_MARK));
    if (!isWhole && !removed.has(entry)) removed.set(entry, 'it is not whole');
  }
  for (const entry of removed.keys()) await rm(join(place.folder, entry), { recursive: true, force: true });
  return [...removed].map(([entry, why]) => `${entry}: ${why}`);
}

/** A link below another one would be made wherever that leads. */
function assertApart(links: readonly BackupLink[]): void {
  const paths = new Set(links.map(({ path }) => path));
  for (const { path } of links) {
    for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above)) {
      if (paths.has(above)) throw invalidBackup(`the link ${JSON.stringify(path)} is below another one`);
    }
  }
}

function relocate({ target }: BackupLink, { from, to }: Place): string {
  return target.startsWith(`${from}/`) ? to + target.slice(from.length) : target;
}

function isProgram(path: string): boolean {
  try {
    const status = statSync(path);
    return status.isFile() && (status.mode & EXECUTABLE) !== 0;
  } catch {
    return false;
  }
}

async function listEntries(folder: string): Promise<string[]> {
  const found = await Promise.all(
    ENTRY_KINDS.map(async (kind) => {
      const names = await readdir(join(folder, 'builds', kind)).catch(() => []);
      return names.map((name) => `builds/${kind}/${name}`);
    }),
  );
  return found.flat();
}

/** Larger files are no scripts. */
const MAX_SCRIPT_BYTES = 256 * 1024;

/** Says the new place in scripts that name their interpreter, and in what tells Python where things are. */
export function relocateContent(
  name: string,
  content: Buffer,
  { from, to }: Pick<Place, 'from' | 'to'>,
): Buffer {
  const isScript = content.subarray(0, 2).toString('latin1') === '#!' || /\.(?:pth|cfg)$/.test(name);
  if (from === to || !isScript || content.length > MAX_SCRIPT_BYTES) return content;
  const text = content.toString('latin1');
  const [old, next] = [from, to].map((path) => `${Buffer.from(path).toString('latin1')}/`);
  return Buffer.from(
    text.replaceAll(old ?? '', () => next ?? ''),
    'latin1',
  );
}
