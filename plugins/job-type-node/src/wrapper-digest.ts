import { digestFiles } from '@racetrack-platform/plugin-sdk';

/**
 * Changes with everything that gets into an environment or decides what does.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  return await digestFiles(runtimeDir, (path) => path.endsWith('.ts'));
}
