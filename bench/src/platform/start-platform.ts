import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../repository.ts';
import { findFreePort } from './find-free-port.ts';

export interface Platform {
  readonly pid: number;
  readonly endpoints: { readonly lifecycle: string; readonly pub: string };
  /** From the start of the command to the moment everything was ready. */
  readonly readyMs: number;
  /** Stops it, and waits. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 5;
export const ADMIN_PASSWORD = 'only-for-measuring';

/**
 * Starts the platform with the command that `npm start` runs, on ports that are free.
 *
 * @param dataDir - a folder that does not exist yet, or one that a platform has left.
 * @param env - further variables.
 */
export async function startPlatform(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Platform> {
  // Given ports, as a user's are: with "any free one" the parts of the platform start one after the other.
  const flags = ['--lifecycle-port', '--dashboard-port', '--pub-port'];
  const ports = await Promise.all(flags.map(async (flag) => [flag, String(await findFreePort())]));
  const startedAt = performance.now();
  const child = spawn(
    path.join(ROOT, 'tools/run'),
    ['apps/server/src/main.ts', '--data-dir', dataDir, ...ports.flat()],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        RACETRACK_ADMIN_PASSWORD: ADMIN_PASSWORD,
        RACETRACK_GIT_ALLOW_LOCAL: 'true',
        RACETRACK_GIT_ALLOW_PRIVATE: 'true',
        ...env,
      },
    },
  );
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const file = path.join(dataDir, 'endpoints.json');
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`the platform did not start: ${complaints}`);
    if (performance.now() - startedAt > READY_LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error(`the platform was not ready in time: ${complaints}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return {
    pid: child.pid ?? 0,
    endpoints: JSON.parse(readFileSync(file, 'utf8')) as Platform['endpoints'],
    readyMs: performance.now() - startedAt,

    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
