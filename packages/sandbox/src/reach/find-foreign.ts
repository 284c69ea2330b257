import { realpathSync, statSync } from 'node:fs';
import { ancestorsOf } from './reach-refusal.ts';

const ROOT = 0;
/** Write permission for everybody. */
const WRITABLE = 0o002;
/** In such a directory, as `/tmp` is, nobody moves what belongs to somebody else. */
const STICKY = 0o1000;

/**
 * Looks for somebody else who could put something else in the place of a path, or into it.
 *
 * @param path - absolute; must exist.
 * @returns the path, links followed, or the directory above it, that is writable for everybody or belongs to neither
 *   root nor us, the outermost first; `undefined`: there is none.
 */
export function findForeign(path: string): string | undefined {
  const real = realpathSync(path);
  const ownUid = process.getuid?.();
  return [...ancestorsOf(real), real].find((each) => {
    const { mode, uid } = statSync(each);
    const isOpen = (mode & WRITABLE) !== 0 && (each === real || (mode & STICKY) === 0);
    return isOpen || (uid !== ROOT && uid !== ownUid);
  });
}
