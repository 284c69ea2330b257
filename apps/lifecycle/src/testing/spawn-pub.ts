import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TestControl } from './start-test-control.ts';

const ENTRY = fileURLToPath(new URL('../../../pub/src/main.ts', import.meta.url));
const readySchema = z.object({ type: z.literal('ready'), endpoints: z.object({ pub: z.string() }) });

/** A pub in a process of its own, following a control. */
export interface SpawnedPub extends AsyncDisposable {
  /** Calls a job, such as `adder/latest/api/v1/perform`. */
  call(path: string, token: string): Promise<Response>;
  /** Halts the process, connections and all, until it is resumed. */
  pause(): void;
  resume(): void;
}

/** Starts the real gateway, as the launcher does, on a free port. */
export async function spawnPub(control: TestControl): Promise<SpawnedPub> {
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-pub-'));
  const child = fork(ENTRY, {
    env: {
      PATH: process.env['PATH'],
      RACETRACK_DATA_DIR: directory,
      RACETRACK_FEED: join(control.dataDir, 'run/feed.sock'),
      RACETRACK_PUB_PORT: '0',
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [message] = (await once(child, 'message')) as unknown[];
  const { pub: url } = readySchema.parse(message).endpoints;
  return {
    call: async (path, token) =>
      await fetch(`${url}/pub/job/${path}`, { headers: { 'x-racetrack-auth': token } }),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
