import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { httpCall } from './testing/http-call.ts';
import { pause } from './testing/wait-until.ts';

let directory: string;
let child: ChildProcess;
let messages: Record<string, unknown>[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pub-main-'));
});
afterEach(async () => {
  child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Starts the process as the launcher does and waits for its first message. */
async function start(environment: Record<string, string> = {}): Promise<void> {
  messages = [];
  child = fork(join(import.meta.dirname, 'main.ts'), {
    env: {
      PATH: process.env['PATH'],
      RACETRACK_DATA_DIR: directory,
      RACETRACK_PUB_PORT: '0',
      ...environment,
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message) => messages.push(message as Record<string, unknown>));
  await once(child, 'message');
}

async function exitCode(): Promise<unknown> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as unknown[];
  return code;
}

describe('the process', () => {
  test('reports its address, survives Ctrl-C of the family and stops when told', async () => {
    await start();
    expect(messages[0]).toMatchObject({ type: 'ready', endpoints: { pub: expect.any(String) as string } });
    const { pub: url = '' } = (messages[0]?.['endpoints'] ?? {}) as { pub?: string };
    child.kill('SIGINT');
    await pause(50);
    expect((await httpCall(url, '/live')).status).toBe(200);
    child.send({ type: 'shutdown' });
    expect(await exitCode()).toBe(0);
  });

  test('ends when the launcher is gone', async () => {
    await start();
    child.disconnect();
    expect(await exitCode()).toBe(0);
  });

  test('says why it cannot start', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await start({ RACETRACK_PUB_PORT: String(port) });
    other.close();

    expect(messages[0]).toMatchObject({
      type: 'fatal',
      exitCode: 5,
      message: `port ${port} on 127.0.0.1 is taken`,
      hint: expect.stringContaining('--pub-port') as string,
    });
    expect(await exitCode()).toBe(5);
  });

  test('says once why it cannot use an address', async () => {
    await start({ RACETRACK_HOST: '192.0.2.1', RACETRACK_PUB_PORT: '7005' });

    expect(messages[0]).toMatchObject({
      type: 'fatal',
      message: 'pub cannot listen on port 7005 of 192.0.2.1: address not available',
    });
    expect(await exitCode()).toBe(2);
  });
});
