import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface StartProgramOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** True once it does its work; polled. */
  readonly isReady: (messages: readonly unknown[]) => Promise<boolean>;
}

const READY_LIMIT_MS = 20_000;
const LOOK_EVERY_MS = 20;

/** Starts a program with an IPC channel and waits until it works. */
export async function startProgram(
  command: string,
  { args, env = {}, isReady }: StartProgramOptions,
): Promise<Program> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const messages: unknown[] = [];
  let complaints = '';
  child.on('message', (message) => messages.push(message));
  child.stderr?.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4_000)));
  const exited = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', () => child.pid === undefined && resolve());
  });
  const giveUpAt = Date.now() + READY_LIMIT_MS;
  while (!(await isReady(messages))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`${command} ${args[0]} did not start: ${complaints}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return {
    pid: child.pid ?? 0,

    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
