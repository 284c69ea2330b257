import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';

/** Looked for in this order when `package.json` names no entry. */
const DEFAULT_ENTRIES = ['plugin.js', 'plugin.mjs', 'plugin.ts', 'src/index.ts'];

const conditionalExportSchema = z.union([
  z.string(),
  z.object({ import: z.string() }).transform((conditions) => conditions.import),
  z.object({ default: z.string() }).transform((conditions) => conditions.default),
]);
const packageSchema = z.object({
  exports: z.union([
    conditionalExportSchema,
    z.object({ '.': conditionalExportSchema }).transform((subpaths) => subpaths['.']),
  ]),
});

/**
 * Finds the module that a plugin's folder wants to be loaded by.
 *
 * @param dir - absolute path of the plugin's folder.
 * @returns absolute path without links, inside the folder.
 * @throws PlatformError `PLUGIN_FAILED` when there is none, or it lies outside.
 */
export function findEntry(dir: string): string {
  if (!existsSync(dir)) throw new PlatformError('PLUGIN_FAILED', `there is no folder ${dir}`);
  const candidates = [readPackageEntry(dir), ...DEFAULT_ENTRIES].filter((entry) => entry !== undefined);
  const found = candidates.map((entry) => join(dir, entry)).find((path) => existsSync(path));
  if (found === undefined) {
    throw new PlatformError('PLUGIN_FAILED', `${dir} has no entry`, {
      hint: `Name the entry in package.json "exports", or add one of ${DEFAULT_ENTRIES.join(', ')}.`,
    });
  }
  const entry = realpathSync(found);
  if (entry.startsWith(realpathSync(dir) + sep)) return entry;
  throw new PlatformError('PLUGIN_FAILED', `the entry of ${dir} lies outside of its folder`);
}

function readPackageEntry(dir: string): string | undefined {
  const path = join(dir, 'package.json');
  if (!existsSync(path)) return undefined;
  const parsed = packageSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  return parsed.success ? parsed.data.exports : undefined;
}
