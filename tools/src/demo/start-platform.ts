import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../repository.ts';
import { DemoFailure } from './demo-failure.ts';

export interface DemoPlatform {
  readonly endpoints: { readonly lifecycle: string; readonly dashboard: string; readonly pub: string };
  readonly child: ChildProcess;
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number>;
}

export interface StartPlatformOptions {
  readonly dataDir: string;
  readonly adminPassword: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets what the platform prints. */
  readonly onOutput: (chunk: Buffer) => void;
  /** Gets the process as soon as it runs. */
  readonly onStart: (child: ChildProcess) => void;
}

const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 25;
/** The ports that users know; each is replaced by a free one when it is taken. */
const PORTS = { 'lifecycle-port': 7002, 'dashboard-port': 7003, 'pub-port': 7005 };

/**
 * Starts the platform as `npm start` would, and waits until it is ready. It has a process group of its own, so that
 * Ctrl-C reaches it only through us, and a channel to us, so that it ends when we do, however that happens.
 *
 * @throws {@link DemoFailure} when it ends before it is ready.
 */
export async function startPlatform(options: StartPlatformOptions): Promise<DemoPlatform> {
  const ports = Object.entries(PORTS).map(async ([flag, port]) => [
    `--${flag}`,
    String(await freePort(port)),
  ]);
  const args = ['--data-dir', options.dataDir, ...(await Promise.all(ports)).flat()];
  const child = spawn(process.execPath, [path.join(ROOT, 'apps/server/src/main.ts'), ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...withoutRacetrackVariables(options.env),
      RACETRACK_GIT_ALLOW_LOCAL: 'true',
      RACETRACK_GIT_ALLOW_PRIVATE: 'true',
      RACETRACK_ADMIN_PASSWORD: options.adminPassword,
    },
  });
  options.onStart(child);
  child.stdout?.on('data', options.onOutput);
  child.stderr?.on('data', options.onOutput);
  const exited = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  const file = path.join(options.dataDir, 'endpoints.json');
  const giveUpAt = Date.now() + READY_LIMIT_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new DemoFailure('the platform ended before it was ready');
    if (Date.now() > giveUpAt) throw new DemoFailure('the platform was not ready in time');
    await sleep(LOOK_EVERY_MS);
  }
  return { child, exited, endpoints: JSON.parse(readFileSync(file, 'utf8')) as DemoPlatform['endpoints'] };
}

/** Settings of the user's own platform must not leak into the demo. */
export function withoutRacetrackVariables(
  env: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('RACETRACK_')));
}

/** The wanted port, or 0 (any) when it is taken. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(0));
    server.listen(wanted, '127.0.0.1', () => server.close(() => resolve(wanted)));
  });
}
