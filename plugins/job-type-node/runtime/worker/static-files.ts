import { readdirSync, statSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import type { StaticFile } from '../shared/protocol.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.json': 'application/json',
  '.yaml': 'application/x-yaml',
  '.yml': 'application/x-yaml',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ico': 'image/vnd.microsoft.icon',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
};

/**
 * Reads what `static_endpoints` answers: by path a file or directory, or `[file, media type]`. Directories are listed now.
 *
 * @throws Error for a file that does not exist.
 */
export function listStaticFiles(config: unknown): StaticFile[] {
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([path, target]) => {
    const [name, mediaType] = (Array.isArray(target) ? target : [target]) as unknown[];
    if (typeof name !== 'string') throw new TypeError(`static endpoint ${path} names no file`);
    return listOne(`/${path.replace(/^\/+|\/+$/g, '')}`, resolve(name), mediaType);
  });
}

function listOne(path: string, file: string, mediaType: unknown): StaticFile[] {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`static file doesn't exist: ${file}`);
  if (!stats.isDirectory()) {
    return [{ path, file, mediaType: typeof mediaType === 'string' ? mediaType : guessType(file) }];
  }
  return listFiles(file).map((full) => ({
    path: `${path}/${relative(file, full)}`,
    file: full,
    mediaType: guessType(full),
  }));
}

/** All below a folder, without following links: they may lead in circles, or out of the job. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(full);
    return entry.isFile() ? [full] : [];
  });
}

function guessType(file: string): string {
  return TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream';
}
