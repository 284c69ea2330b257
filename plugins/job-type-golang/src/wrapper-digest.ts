import { digestFiles } from '@racetrack-platform/plugin-sdk';

/**
 * Changes with everything that is compiled of the wrapper.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  return await digestFiles(runtimeDir, (path) => /(?<!_test)\.go$|(?:^|\/)go\.mod$/.test(path));
}
