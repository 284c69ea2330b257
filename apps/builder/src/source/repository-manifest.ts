import { posix } from 'node:path';
import { messageOf } from '@racetrack-platform/errors';
import { z } from 'zod';
import { findTextInside } from './resolve-inside.ts';

const MANIFEST_NAMES = ['job.yaml', 'fatman.yaml'];

/** The manifest that a repository holds, as data; kept with the cached source. */
export const repositoryManifestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('found'), path: z.string(), data: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('absent') }),
  z.object({ kind: z.literal('unreadable'), path: z.string(), reason: z.string() }),
]);
export type RepositoryManifest = z.infer<typeof repositoryManifestSchema>;

/**
 * Reads the manifest from a checkout: in the job's directory, else in the root, its base file merged below it.
 *
 * A mistake in it is told, not thrown: the submitted manifest is the one that counts.
 *
 * @param checkoutDir - the repository's root.
 * @param directory - of the job, relative.
 */
export async function readRepositoryManifest(
  checkoutDir: string,
  directory: string,
): Promise<RepositoryManifest> {
  const paths = [directory, ''].flatMap((folder) => MANIFEST_NAMES.map((name) => posix.join(folder, name)));
  for (const path of paths) {
    try {
      const text = await findTextInside(checkoutDir, path);
      if (text === undefined) continue;
      return { kind: 'found', path, data: await parseWithBase(checkoutDir, path, text) };
    } catch (error) {
      return { kind: 'unreadable', path, reason: messageOf(error) };
    }
  }
  return { kind: 'absent' };
}

async function parseWithBase(checkoutDir: string, path: string, text: string) {
  const { readManifestYaml } = await import('@racetrack-platform/manifest');
  const { data } = readManifestYaml(text, { source: path });
  const base = data['extends'];
  if (typeof base !== 'string' || base === '') return data;
  const basePath = posix.join(posix.dirname(path), base);
  const baseText = await findTextInside(checkoutDir, basePath);
  if (baseText === undefined) throw new Error(`its base file "${basePath}" is not in the repository`);
  return { ...mergeOver(readManifestYaml(baseText, { source: basePath }).data, data), extends: null };
}

/** Mappings merge key by key; anything else of the overlay replaces the base's, null included. */
function mergeOver(
  base: Readonly<Record<string, unknown>>,
  overlay: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged[key];
    merged[key] = isMapping(below) && isMapping(value) ? mergeOver(below, value) : value;
  }
  return merged;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
