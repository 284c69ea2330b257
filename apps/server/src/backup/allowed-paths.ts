import { posix, sep } from 'node:path';
import { ENTRY_KINDS } from './artifact-entries.ts';
import { BACKUP_FOLDERS, STORE_FILE } from './backup-format.ts';

/** A link in a backup. */
export interface BackupLink {
  /** Relative to the data directory, checked. */
  readonly path: string;
  readonly target: string;
}

/** Names that mean something else elsewhere; a backslash is a letter like any other, except on Windows. */
const UNSAFE = sep === '/' ? /\0/ : /[\0\\]/;

/** `builds/KIND/NAME` of a path below it. */
export function entryOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

/** Whether a backup may hold this path: the store, and by plain names what lies below our folders. */
export function isAllowedPath(path: string, kind: 'file' | 'folder' | 'link'): boolean {
  if (path === STORE_FILE && kind === 'file') return true;
  const [folder = '', ...names] = path.split('/');
  // Below builds, only what belongs to an entry; links nowhere else.
  const least = { file: folder === 'builds' ? 3 : 1, folder: 0, link: 3 }[kind];
  const isKnown = kind === 'file' ? BACKUP_FOLDERS.some((known) => known === folder) : folder === 'builds';
  const isEntry =
    folder !== 'builds' || names.length === 0 || ENTRY_KINDS.some((known) => known === names[0]);
  const unsafe = folder === 'builds' ? UNSAFE : /[\0\\]/;
  const isPlain = names.every((name) => name !== '' && name !== '.' && name !== '..' && !unsafe.test(name));
  return isKnown && isEntry && names.length >= least && isPlain;
}

/**
 * Whether a link leads within its entry, or to an absolute place in one form. A `..` behind a name is refused: that name may
 * be a link, and then nobody can tell by the text where it leads.
 */
export function isAllowedLink({ path, target }: BackupLink): boolean {
  if (target === '' || target.includes('\0')) return false;
  if (target.startsWith('/')) return posix.normalize(target) === target;
  const names = target.split('/');
  const before = names.slice(0, names.lastIndexOf('..') + 1);
  if (!before.every((name) => name === '..' || name === '.' || name === '')) return false;
  const inside = posix.normalize(`${posix.dirname(path)}/${target}`);
  return inside === entryOf(path) || inside.startsWith(`${entryOf(path)}/`);
}
