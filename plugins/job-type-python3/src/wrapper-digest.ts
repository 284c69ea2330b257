import { digestFiles } from '@racetrack-platform/plugin-sdk';

/** What of `runtime/` gets into an environment or decides what does. */
const PARTS =
  /^(?:run_job\.py|requirements\.lock|accelerators\.lock|(?:build|racetrack_job_wrapper)\/(?:.*\/)?[^/]+\.py)$/;

/**
 * Changes with everything that `install_wrapper.py` copies or obeys. Bytecode is left out: it may come and go.
 *
 * @param runtimeDir - the plugin's `runtime` folder.
 */
export async function digestWrapper(runtimeDir: string): Promise<string> {
  return await digestFiles(runtimeDir, (path) => PARTS.test(path));
}
