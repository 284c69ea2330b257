import { digestFiles } from '@racetrack-platform/plugin-sdk';

/**
 * Changes with the wrapper's code and the crates it names.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  return await digestFiles(
    runtimeDir,
    (path) => path === 'Cargo.toml' || path === 'Cargo.lock' || /^(?:src|compose)\//.test(path),
  );
}
