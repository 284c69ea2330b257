import { readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { RenderRequest } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { resolveInside } from '../source/resolve-inside.ts';

/** Far above any Dockerfile; templates end here as well. */
const MAX_BYTES = 1_000_000;

/**
 * Reads a Dockerfile of a plugin.
 *
 * @param pluginDir - absolute.
 * @param path - relative to it, from outside.
 * @throws PlatformError `PLUGIN_INVALID` when there is none, when it is too large, or when it lies elsewhere, also by
 *   way of links.
 */
export async function readPluginDockerfile(pluginDir: string, path: string): Promise<string> {
  const found = await readInside(pluginDir, path);
  if (found.kind === 'text') return found.text;
  throw new PlatformError('PLUGIN_INVALID', `${path}: ${PROBLEMS[found.kind]} the plugin`, {
    hint: 'The author of the plugin corrects the path that it names, or packs the file into its ZIP.',
  });
}

/**
 * Reads a Dockerfile of a job.
 *
 * @param path - relative to the job's directory, from outside.
 * @throws PlatformError `SOURCE_UNAVAILABLE` in the original's words.
 */
export async function readJobDockerfile(
  job: Extract<RenderRequest, { operation: 'render' }>['job'],
  path: string,
): Promise<string> {
  const found = job.kind === 'texts' ? findText(job.texts, path) : await readInside(job.dir, path);
  if (found.kind === 'text') return found.text;
  const message =
    found.kind === 'missing'
      ? `User-module Dockerfile was not found in a job workspace: ${path}`
      : `${path}: ${PROBLEMS[found.kind]} the job`;
  throw new PlatformError('SOURCE_UNAVAILABLE', message, {
    hint: 'Its job type builds a Dockerfile of the job: put it there, inside of the directory of the job.',
  });
}

type Found =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' | 'outside' | 'too-large' };

const PROBLEMS = {
  missing: 'there is no such file in',
  outside: 'it leads out of',
  'too-large': `it is larger than ${MAX_BYTES} bytes, or no plain file, in`,
} as const;

async function readInside(root: string, path: string): Promise<Found> {
  const resolved = await resolveInside(root, path);
  if (resolved.kind !== 'found') return resolved;
  const stats = await stat(resolved.path);
  // A pipe or a device would never end.
  if (!stats.isFile() || stats.size > MAX_BYTES) return { kind: 'too-large' };
  return { kind: 'text', text: await readFile(resolved.path, 'utf8') };
}

function findText(texts: Readonly<Record<string, string>>, path: string): Found {
  const wanted = posix.normalize(path);
  if (wanted === '..' || wanted.startsWith('../') || posix.isAbsolute(wanted)) return { kind: 'outside' };
  const entry = Object.entries(texts).find(([name]) => posix.normalize(name) === wanted);
  return entry === undefined ? { kind: 'missing' } : { kind: 'text', text: entry[1] };
}
