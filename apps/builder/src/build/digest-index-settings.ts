import { stat } from 'node:fs/promises';
import { digestFile } from '../keys/digest-tree.ts';

/** Index variables that name a file, whose content decides. */
const FILE_VARIABLES = new Set([
  'PIP_CONFIG_FILE',
  'PIP_CONSTRAINT',
  'NPM_CONFIG_USERCONFIG',
  'npm_config_userconfig',
]);

/**
 * Adds the content of the settings files to the package index settings, for the cache keys.
 *
 * @param settings - variables, as the builder's configuration holds them.
 */
export async function digestIndexSettings(
  settings: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const facts: Record<string, string> = { ...settings };
  for (const [name, value] of Object.entries(settings)) {
    if (!FILE_VARIABLES.has(name)) continue;
    const stats = await stat(value).catch(() => undefined);
    if (stats?.isFile() === true) facts[`${name} content`] = await digestFile(value);
  }
  return facts;
}
