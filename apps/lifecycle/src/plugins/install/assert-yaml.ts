import { PlatformError } from '@racetrack-platform/errors';
import { LineCounter, parseAllDocuments } from 'yaml';

/**
 * Refuses a configuration that nobody could read: what is in `config.yaml` is YAML, of whatever shape the plugin likes.
 *
 * @throws PlatformError `PLUGIN_INVALID`, naming the line and not what stands there.
 */
export function assertYaml(text: string): void {
  const lineCounter = new LineCounter();
  const options = { prettyErrors: false, uniqueKeys: false, logLevel: 'error', lineCounter } as const;
  const [error] = [...parseAllDocuments(text, options)].flatMap(({ errors }) => errors);
  if (error === undefined) return;
  const line = Math.max(1, lineCounter.linePos(error.pos[0]).line);
  throw new PlatformError('PLUGIN_INVALID', `the configuration is not valid YAML (line ${line})`, {
    hint: 'Correct it: a bracket or quote may be open, or the indentation may not fit; the former configuration is in force.',
    cause: error,
  });
}
