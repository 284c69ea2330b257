import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SWEEP = fileURLToPath(new URL('../../../builder/src/sweep.ts', import.meta.url));
/** It kills and removes; whatever hinders it for longer hinders the next build, which tries again. */
const TIMEOUT_MS = 20_000;

/**
 * Removes what killed builders have left: processes, half-built entries, workspaces. Builds that run are not touched.
 *
 * @param options - `env` as for a builder; `buildsDir`: the builder's directory.
 * @returns whether it succeeded; if not, the next build of that kind does it.
 */
export async function sweepBuilds(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly buildsDir: string;
  /** Ends it halfway: the next start goes on with it. */
  readonly signal?: AbortSignal;
}): Promise<boolean> {
  // Where nothing was ever built, nothing was left: that spares a start its last process.
  if ((await readdir(options.buildsDir).catch(() => [''])).length === 0) return true;
  const child = spawn(process.execPath, [SWEEP, options.buildsDir], {
    env: options.env,
    stdio: 'ignore',
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    ...(options.signal !== undefined && { signal: options.signal }),
  });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  } catch {
    // Told to end it has not ended yet; one that could not be started has no number.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      await once(child, 'exit');
    return false;
  }
}
