import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';

/** No manifest, settings file of git's or list of packages is larger. */
const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * Finds a path below a root, following links as the system would, and says whether it stays inside.
 *
 * @param root - an existing directory.
 * @param path - relative, from outside.
 * @returns the real path, or why there is none.
 */
export async function resolveInside(
  root: string,
  path: string,
): Promise<{ kind: 'found'; path: string } | { kind: 'missing' } | { kind: 'outside' }> {
  if (isAbsolute(path) || path.includes('\0')) return { kind: 'outside' };
  const realRoot = await realpath(root);
  const target = await realpath(join(realRoot, path)).catch(() => undefined);
  if (target === undefined) return isLexicallyInside(path) ? { kind: 'missing' } : { kind: 'outside' };
  if (target !== realRoot && !target.startsWith(realRoot + sep)) return { kind: 'outside' };
  return { kind: 'found', path: target };
}

/**
 * Reads a small text file below a root.
 *
 * @param root - an existing directory.
 * @param path - relative, from outside.
 * @returns `undefined` when there is no such file.
 * @throws PlatformError `SOURCE_UNAVAILABLE` when links lead out of the root, or the file is too large.
 */
export async function findTextInside(root: string, path: string): Promise<string | undefined> {
  const resolved = await resolveInside(root, path);
  if (resolved.kind === 'outside') {
    throw new PlatformError('SOURCE_UNAVAILABLE', `"${path}" leads out of the source`);
  }
  if (resolved.kind === 'missing') return undefined;
  const stats = await stat(resolved.path);
  if (!stats.isFile()) return undefined;
  if (stats.size > MAX_TEXT_BYTES) {
    throw new PlatformError('SOURCE_UNAVAILABLE', `"${path}" is too large`, {
      hint: `Keep the file below ${MAX_TEXT_BYTES / 1024 ** 2} MiB.`,
    });
  }
  return await readFile(resolved.path, 'utf8');
}

function isLexicallyInside(path: string): boolean {
  const fromRoot = relative('/root', join('/root', path));
  return fromRoot !== '..' && !fromRoot.startsWith(`..${sep}`);
}
