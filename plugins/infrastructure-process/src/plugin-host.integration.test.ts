import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPluginHost, type PluginHost } from '@racetrack-platform/plugin-engine';
import {
  createTemporaryDirectory,
  describeInfrastructureTarget,
  requestJob,
  TEST_COMPILE_CACHE_DIR,
  type TemporaryDirectory,
  waitUntil,
} from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestRequest } from './process-target-harness.ts';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

describe('one plugin host', () => {
  let directory: TemporaryDirectory;
  let host: PluginHost;
  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    host = await startHost(directory.path);
  });
  afterAll(async () => {
    await host.stop();
    await directory[Symbol.asyncDispose]();
  });

  describeInfrastructureTarget('the process target in a plugin host', () =>
    Promise.resolve({
      target: host.target('process'),
      createRequest: createTestRequest,
      [Symbol.asyncDispose]: async () => await removeAll(host),
    }),
  );
});

describe('the process target and the death of its host', () => {
  test('a job outlives a killed host, and the next one takes it over as it is', async ({ signal }) => {
    await using directory = await createTemporaryDirectory();
    await using host = await startHost(directory.path);
    const launched = await host.target('process').launch(createTestRequest(), signal);
    const { pid, ppid } = await requestJob(launched.address);

    process.kill(findHostPid(directory.path), 'SIGKILL');
    const during = await requestJob(launched.address);
    const observed = await waitUntil('the next host', () => host.target('process').observeAll(signal));
    const again = await host.target('process').launch(createTestRequest(), signal);
    const after = await requestJob(again.address);
    await removeAll(host);

    expect([during.pid, after.pid]).toEqual([pid, pid]);
    expect(after.ppid).toBe(ppid);
    expect(observed).toMatchObject([{ instanceId: 'i-1', state: 'running', address: launched.address }]);
    expect(again).toEqual(launched);
  });

  test('how a job ended while nobody was watching is known afterwards', async ({ signal }) => {
    await using directory = await createTemporaryDirectory();
    const first = await startHost(directory.path);
    const { address } = await first.target('process').launch(createTestRequest(), signal);
    await requestJob(address);
    await first.stop();

    await requestJob(address, '/exit?code=4');
    await waitUntil('the job to end', () =>
      requestJob(address, '/', 50)
        .then(() => false)
        .catch(() => true),
    );
    await using second = await startHost(directory.path);
    const observed = await waitUntil('the exit to be recorded', async () => {
      const all = await second.target('process').observeAll(signal);
      return all[0]?.state === 'exited' && all;
    });
    await removeAll(second);

    expect(observed).toMatchObject([{ exitCode: 4, reason: 'exit code 4' }]);
  });
});

async function startHost(dataDir: string): Promise<PluginHost> {
  const ignore = (): void => {};
  return await startPluginHost({
    plugins: [{ dir: PLUGIN_DIR, dataDir, settings: {} }],
    logger: { info: ignore, warn: ignore, error: ignore },
    env: { ...process.env, NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR },
    // Found by this in the list of processes.
    nodeArgs: [`--title=host-${dataDir}`],
    restartDelayMs: 10,
  });
}

function findHostPid(dataDir: string): number {
  const text = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' });
  const line = text.split('\n').find((each) => each.includes(`host-${dataDir}`));
  return Number.parseInt(line ?? '', 10);
}

async function removeAll(host: PluginHost): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  const target = host.target('process');
  for (const { instanceId } of await target.observeAll(signal)) {
    await target.remove(instanceId, { gracePeriodMs: 0 }, signal);
  }
}
