import type { ArchiveLimits } from './limits.ts';

/** Longest name of a file on every file system that matters, in bytes. */
const MAX_SEGMENT_BYTES = 255;
// oxlint-disable-next-line no-control-regex -- finding them is the point
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * What is wrong with the path of a file of a plugin; reads after the path.
 *
 * @param path - relative, with `/`, without one at its end.
 * @returns `undefined` for a path that stays below any folder, on every operating system.
 */
export function findPathProblem(path: string, limits: ArchiveLimits): string | undefined {
  if (path.startsWith('/')) return 'is an absolute path';
  if (/^[A-Za-z]:/.test(path)) return 'begins with a drive letter';
  if (path.includes('\\')) {
    return 'has a backslash in its name; the ZIP was made by a program that writes paths of Windows';
  }
  if (CONTROL_CHARACTERS.test(path)) return 'has a control character in its name';
  const segments = path.split('/');
  if (segments.includes('..')) return 'leads out of the archive';
  if (segments.some((segment) => segment === '' || segment === '.')) return 'has an empty part in its path';
  if (segments.length > limits.depth) return `lies deeper than ${limits.depth} folders`;
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)) {
    return `has a name longer than ${MAX_SEGMENT_BYTES} bytes`;
  }
  if (Buffer.byteLength(path) > limits.pathBytes) return `has a path longer than ${limits.pathBytes} bytes`;
  return undefined;
}

/** Paths with the same key are the same file on some system: letter case and forms of Unicode do not count. */
export function keyOfPath(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

/** Finds paths that would meet on a disk: each twice, or a file where another one needs a folder. */
export function createCollisionFinder(): (path: string, isDirectory: boolean) => string | undefined {
  const seen = new Map<string, { readonly path: string; readonly isDirectory: boolean }>();

  function enter(path: string, isDirectory: boolean, isImplied: boolean): string | undefined {
    const key = keyOfPath(path);
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, { path, isDirectory });
      return undefined;
    }
    if (other.path !== path) return `is the same file as ${JSON.stringify(other.path)} on some systems`;
    if (other.isDirectory !== isDirectory) return 'is a file and a folder at once';
    return isImplied || isDirectory ? undefined : 'is there twice';
  }

  return (path, isDirectory) => {
    const segments = path.split('/');
    for (let length = 1; length < segments.length; length += 1) {
      const problem = enter(segments.slice(0, length).join('/'), true, true);
      if (problem !== undefined) return problem;
    }
    return enter(path, isDirectory, false);
  };
}
