import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { readManifestYaml } from '@racetrack-platform/manifest';
import type { PluginIdentity } from './package-files.ts';

/**
 * Reads a configuration for a plugin in JavaScript; one in Python reads its file by itself, in whatever form.
 *
 * @param config - text of `config.yaml`.
 * @throws PlatformError `PLUGIN_INVALID` for what is no mapping of YAML.
 */
export function readSettings(
  { name, language }: Pick<PluginIdentity, 'name' | 'language'>,
  config: string,
): Record<string, unknown> {
  if (language === 'python' || isEmpty(config)) return {};
  try {
    return readManifestYaml(config, { source: `${name}/config.yaml` }).data;
  } catch (error) {
    throw new PlatformError('PLUGIN_INVALID', messageOf(error), {
      hint: "Write the plugin's configuration as a mapping of YAML, such as `address: https://example.com`.",
      cause: error,
    });
  }
}

/** Nothing but comments, blanks and the marks of a document. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#.*|---|\{\s*\})?\s*$/.test(line));
}
