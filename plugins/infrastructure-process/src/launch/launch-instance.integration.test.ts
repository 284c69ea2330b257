import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { collect, requestJob, waitUntil } from '@racetrack-platform/testing';
import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';
import { describe, expect, test } from 'vitest';
import { findProcessRecord, getInstanceFiles, type InstanceFiles } from '../files/instance-files.ts';
import {
  createProcessTargetHarness,
  createTestRequest,
  type ProcessTargetHarness,
} from '../process-target-harness.ts';
import { spawnShim } from './spawn-shim.ts';

describe('process target, launch', () => {
  test('no secret is in the arguments, the records or the log, and only this user may read them', async ({
    signal,
  }) => {
    await using harness = await createProcessTargetHarness();
    const request = createTestRequest({ env: { API_KEY: 'sesame-4711' } });
    const { address } = await harness.target.launch(request, signal);
    const { pid, ppid, env } = await requestJob(address);
    const files = filesOf(harness);

    const places = [
      `/proc/${pid}/cmdline`,
      `/proc/${ppid}/cmdline`,
      files.instance,
      files.process,
      files.log,
    ];

    expect(env['API_KEY']).toBe('sesame-4711');
    for (const place of places) expect(readFileSync(place, 'utf8')).not.toContain('sesame');
    for (const file of [files.instance, files.process, files.log])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(files.dir).mode & 0o777).toBe(0o700);
  });

  test('arguments reach the job unchanged by any shell, with placeholders filled in', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    const odd = ['$(id)', '"; ls', '*', '', '${socket}', '${HOME}'];
    const request = createTestRequest({
      command: [process.execPath, '${source}/test-job.ts', '${socket}', ...odd],
    });

    const { address } = await harness.target.launch(request, signal);
    const { argv, env, cwd } = await requestJob(address);
    const socket = address.kind === 'unix' ? address.path : '';

    expect(argv.slice(3)).toEqual(['$(id)', '"; ls', '*', '', socket, '${HOME}']);
    expect(env['JOB_SOCKET']).toBe(socket);
    expect(cwd).toBe(request.artifact.sourceDir);
  });

  test('a data directory whose path is too long for sockets gets them in a private directory', async ({
    signal,
  }) => {
    await using harness = await createProcessTargetHarness();
    const socketsDir = join(harness.dataDir, 'd'.repeat(90));
    await using deep = await createProcessTargetHarness({ socketsDir });

    const { address } = await deep.target.launch(createTestRequest(), signal);
    const path = address.kind === 'unix' ? address.path : '';

    expect((await requestJob(address)).pid).toBeGreaterThan(1);
    expect(path).not.toContain(socketsDir);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    rmSync(dirname(path), { recursive: true });
  });

  test.each([
    ['exit code 127: the command was not found', ['no-such-program']],
    ['killed by SIGKILL', ['/bin/sh', '-c', 'kill -KILL $$']],
    ['exit code 0', ['/bin/sh', '-c', 'exit 0']],
  ])('a job that ended is told as %s', async (reason, command) => {
    await using harness = await createProcessTargetHarness();
    const signal = AbortSignal.timeout(10_000);

    await harness.target.launch(createTestRequest({ command }), signal);

    expect(await waitForExit(harness, signal)).toMatchObject({ state: 'exited', reason });
  });

  test('a second start is marked in the log of the first, with the reason', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    const request = createTestRequest({ command: ['/bin/sh', '-c', 'echo hello'] });
    for (let run = 0; run < 2; run += 1) {
      await harness.target.launch(request, signal);
      await waitForExit(harness, signal);
    }

    expect(await collect(harness.target.logs('i-1', { tail: null, follow: false }, signal))).toEqual([
      'hello',
      expect.stringMatching(/^--- started again at 20\S+: exit code 0 ---$/),
      'hello',
    ]);
  });

  test.each(['../x', 'A', 'a/b', '', 'a'.repeat(41), '.', 'a\n'])(
    'the instance id %j is refused',
    async (instanceId) => {
      await using harness = await createProcessTargetHarness();
      const signal = AbortSignal.timeout(10_000);

      await expect(harness.target.launch(createTestRequest({ instanceId }), signal)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      });
      await expect(harness.target.remove(instanceId, { gracePeriodMs: 0 }, signal)).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      });
    },
  );

  test.each([{ SECRET: 'sesame\0' }, { 'not.a.name': 'sesame' }])(
    'an environment that no process can be given is refused without its values',
    async (env) => {
      await using harness = await createProcessTargetHarness();

      const launching = harness.target.launch(createTestRequest({ env }), AbortSignal.timeout(10_000));

      await expect(launching).rejects.toMatchObject({ code: 'LAUNCH_FAILED' });
      await expect(launching).rejects.not.toThrow('sesame');
    },
  );

  test('a missing working directory is told by its name', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    const request = createTestRequest();
    const artifact = { ...request.artifact, sourceDir: '/nonexistent/source' };

    await expect(harness.target.launch({ ...request, artifact }, signal)).rejects.toThrow(
      'the working directory /nonexistent/source does not exist',
    );
  });

  test('a shim whose platform dies before the record is written never starts the job', async () => {
    await using harness = await createProcessTargetHarness();
    const files = filesOf(harness);
    mkdirSync(files.dir, { recursive: true });
    const shim = await spawnShim({
      dir: files.dir,
      log: files.log,
      cwd: '/',
      command: ['/bin/sh', '-c', 'echo started'],
      env: {},
    });

    shim.abandon();
    await waitUntil('the shim to end', async () => (await harness.table.find([shim.pid])).size === 0);

    expect(readFileSync(files.log, 'utf8')).toBe('');
    expect(readdirSync(files.dir)).toEqual(['log']);
  });

  test('SIGTERM to the shim reaches the job, and the way it ended is recorded', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    const command = ['/bin/sh', '-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'];
    await harness.target.launch(createTestRequest({ command }), signal);
    await waitUntil('the job', () => readFileSync(filesOf(harness).log, 'utf8').includes('ready'));

    process.kill(findProcessRecord(filesOf(harness))?.pid ?? 0, 'SIGTERM');

    expect(await waitForExit(harness, signal)).toMatchObject({ exitCode: 9, reason: 'exit code 9' });
  });
});

function filesOf(harness: ProcessTargetHarness): InstanceFiles {
  return getInstanceFiles(join(harness.dataDir, 'instances'), 'i-1');
}

async function waitForExit({ target }: ProcessTargetHarness, signal: AbortSignal): Promise<ObservedInstance> {
  return await waitUntil('the job to end', async () =>
    (await target.observeAll(signal)).find(({ state }) => state === 'exited'),
  );
}
