import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { LAYOUT, type PathRule } from './layout.ts';

/** Something below the data directory that is not as it has to be. */
export interface FileFinding {
  /** Absolute. */
  readonly path: string;
  /** What is wrong, to be read after the path. */
  readonly problem: string;
  /** What a person can do about it. */
  readonly hint: string;
  /** The mode that puts it right; undefined when a person has to look. */
  readonly repairedMode: number | undefined;
}

/**
 * Looks at every path that the server relies on, changing nothing.
 *
 * @param dataDir - absolute; need not exist.
 * @param uid - of this process; undefined where the system knows none.
 * @returns what is wrong, a folder before what is in it; paths that do not exist are fine.
 */
export async function inspectFiles(dataDir: string, uid = process.getuid?.()): Promise<FileFinding[]> {
  const owners = await findOwners(dataDir, uid);
  const findings: FileFinding[] = [];
  for (const rule of LAYOUT) {
    for (const file of await expand(dataDir, rule.path)) {
      const finding = await inspectPath(file, rule, owners);
      if (finding !== undefined) findings.push(finding);
    }
  }
  return findings;
}

/** Root may start the server on the directory of a user, whose files are then as good as its own. */
async function findOwners(dataDir: string, uid: number | undefined): Promise<readonly number[] | undefined> {
  if (uid === undefined) return undefined;
  const root = uid === 0 ? await find(stat, dataDir) : undefined;
  return root === undefined ? [uid] : [uid, root.uid];
}

async function expand(dataDir: string, pattern: string): Promise<string[]> {
  if (!pattern.endsWith('/*')) return [path.join(dataDir, pattern)];
  const folder = path.join(dataDir, pattern.slice(0, -2));
  const isFolder = (await find(lstat, folder))?.isDirectory() === true;
  return isFolder ? (await readdir(folder)).sort().map((name) => path.join(folder, name)) : [];
}

async function inspectPath(
  file: string,
  rule: PathRule,
  owners: readonly number[] | undefined,
): Promise<FileFinding | undefined> {
  const link = await find(lstat, file);
  if (link === undefined) return undefined;
  if (link.isSymbolicLink() && !rule.mayBeLink) {
    return refuse(file, 'is a symbolic link', 'Put the thing itself in its place.');
  }
  // Not looked at twice: another server may remove it in between.
  const found = link.isSymbolicLink() ? await find(stat, file) : link;
  if (found === undefined) {
    return refuse(file, 'is a link to nothing', 'Make the folder it points to, or remove the link.');
  }
  if (!hasKind(found, rule.kind)) {
    const wanted = rule.kind === 'file' ? 'a plain file' : 'a directory';
    return refuse(file, `is not ${wanted}`, 'Move it elsewhere.');
  }
  if (owners !== undefined && !owners.includes(found.uid)) {
    return refuse(
      file,
      `belongs to another user (number ${found.uid})`,
      `Find out why; if its content is yours: chown ${owners[0]} ${file}`,
    );
  }
  return inspectMode(file, rule, found);
}

function inspectMode(file: string, rule: PathRule, { mode }: Stats): FileFinding | undefined {
  if ((mode & rule.forbidden) === 0) return undefined;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  const wanted = rule.kind === 'file' ? '600' : '700';
  return {
    path: file,
    problem: `is open to other users (mode ${shown})`,
    hint: `chmod ${wanted} ${file}`,
    repairedMode: rule.remedy === 'repair' ? mode & 0o777 & ~rule.forbidden : undefined,
  };
}

function hasKind(found: Stats, kind: PathRule['kind']): boolean {
  return kind === 'file' ? found.isFile() : found.isDirectory();
}

function refuse(file: string, problem: string, hint: string): FileFinding {
  return { path: file, problem, hint, repairedMode: undefined };
}

/** Answers undefined for what does not exist. */
async function find(look: (file: string) => Promise<Stats>, file: string): Promise<Stats | undefined> {
  try {
    return await look(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
