import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Control } from '../start-control.ts';

const ENTRY = fileURLToPath(new URL('./control-process.ts', import.meta.url));
const endpointsSchema = z.object({ lifecycle: z.string(), dashboard: z.string() });

/** A control in a process of its own, which can be killed. */
export interface SpawnedControl extends Control {
  readonly pid: number;
  /** What it has logged: JSON lines. */
  log(): string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/** @param env - its settings, complete. */
export async function spawnControl(
  env: Readonly<Record<string, string>>,
  pluginsDir: string,
): Promise<SpawnedControl> {
  const child = spawn(process.execPath, [ENTRY], {
    env: { ...process.env, ...env, TEST_PLUGINS_DIR: pluginsDir },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const message: unknown = await Promise.race([
    once(child, 'message').then(([first]: unknown[]) => first),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the control ended with ${String(code)}:\n${log}`);
    }),
  ]);
  return {
    endpoints: endpointsSchema.parse(message),
    pid: child.pid ?? 0,
    log: () => log,
    stop: async () => await end(child, () => child.send('stop')),
    kill: async () => await end(child, () => child.kill('SIGKILL')),
  };
}

async function end(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  ask();
  await exited;
}
