import { posix } from 'node:path';

/**
 * Whether a path from a manifest is relative and stays inside the source. Paths with `$` are refused, since recipes
 * write placeholders that way.
 */
export function isInsideSource(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- refusing them is the point
  if (path === '' || /[$\\\u0000-\u001f\u007f]/.test(path) || posix.isAbsolute(path)) return false;
  const normalized = posix.normalize(path);
  return normalized !== '.' && normalized !== '..' && !normalized.startsWith('../') && !path.endsWith('/');
}
