import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { LAYOUT_VERSION, sha256 } from './cache-keys.ts';

/** The manifest's place in a source tree. */
export const MANIFEST_FILE = 'job.yaml';

const EXECUTABLE_BITS = 0o111;

/**
 * Digests a source tree: every path in byte order, its type, executable bit, link target and content.
 *
 * Times, owners and further mode bits do not count. The manifest at the root does not either: it is replaced by the
 * submitted one, which {@link combineTreeDigest} adds.
 *
 * @param root - the tree.
 * @param leftOut - a file at the root that does not count; `null`: all do.
 * @throws PlatformError `SOURCE_UNAVAILABLE` for a name that is not UTF-8 or a file that is none of the three kinds.
 */
export async function digestTree(root: string, leftOut: string | null = MANIFEST_FILE): Promise<string> {
  const paths = (await listPaths(root, '')).filter((path) => path !== leftOut);
  paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const digest = createHash('sha256');
  for (const path of paths) digest.update(`${JSON.stringify([path, ...(await describe(root, path))])}\n`);
  return digest.digest('hex');
}

/**
 * Digests the source as a job gets it: the tree with the submitted manifest written into it, byte by byte, so that
 * another version label makes another artifact.
 */
export function combineTreeDigest(digestOfTree: string, manifestYaml: string): string {
  return sha256(JSON.stringify([LAYOUT_VERSION, digestOfTree, sha256(manifestYaml)]));
}

async function listPaths(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries) {
    const path = join(folder, decodeName(entry.name, folder));
    paths.push(path);
    if (entry.isDirectory()) paths.push(...(await listPaths(root, path)));
  }
  return paths;
}

function decodeName(name: Buffer, folder: string): string {
  const text = name.toString('utf8');
  if (Buffer.from(text).equals(name)) return text;
  throw new PlatformError('SOURCE_UNAVAILABLE', `a file name in "${folder}/" is not UTF-8: ${text}`, {
    hint: 'Rename the file in the repository.',
  });
}

async function describe(root: string, path: string): Promise<readonly (string | boolean)[]> {
  const absolute = join(root, path);
  const stats = await lstat(absolute);
  if (stats.isSymbolicLink()) return ['link', await readlink(absolute)];
  if (stats.isDirectory()) return ['directory'];
  if (stats.isFile()) {
    return ['file', (stats.mode & EXECUTABLE_BITS) !== 0, await digestFile(absolute)];
  }
  throw new PlatformError('SOURCE_UNAVAILABLE', `"${path}" is neither a file, a directory nor a link`);
}

/** SHA-256 of a file's content, hexadecimal. */
export async function digestFile(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}
