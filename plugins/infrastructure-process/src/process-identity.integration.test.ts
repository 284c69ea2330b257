import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requestJob, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { findProcessRecord, getInstanceFiles } from './files/instance-files.ts';
import { nameOwner } from './files/socket-path.ts';
import {
  createProcessTargetHarness,
  createTestRequest,
  type ProcessTargetHarness,
} from './process-target-harness.ts';
import { markEnvironment } from './processes/process-marks.ts';
import type { ProcessEntry, ProcessTable } from './processes/process-table.ts';

const LONG_JOB = ['/bin/sh', '-c', 'sleep 60; exit 0'];
const SOON = { gracePeriodMs: 1_000 };

describe('process target, whose process it is', () => {
  test('a pid that now belongs to another process is neither taken for the job nor signalled', async ({
    signal,
  }) => {
    await using harness = await createProcessTargetHarness();
    await using foreign = startForeign();
    writeRecord(harness, 'forged', { pid: foreign.pid, startTime: '1' });

    const observed = await harness.target.observeAll(signal);
    await harness.target.remove('forged', SOON, signal);

    expect(observed).toMatchObject([{ instanceId: 'forged', state: 'exited', exitCode: null }]);
    expect(await findProcess(harness.table, foreign.pid)).toBeDefined();
    expect(readdirSync(join(harness.dataDir, 'instances'))).toEqual([]);
  });

  test('launch starts a new process where the recorded pid belongs to another', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    await using foreign = startForeign();
    writeRecord(harness, 'forged', { pid: foreign.pid, startTime: '1' });

    await harness.target.launch(createTestRequest({ instanceId: 'forged', command: LONG_JOB }), signal);

    expect(findProcessRecord(filesOf(harness, 'forged'))?.pid).not.toBe(foreign.pid);
    expect(await findProcess(harness.table, foreign.pid)).toBeDefined();
  });

  test('after a restart of the machine the same pid and start time are another process', async ({
    signal,
  }) => {
    await using harness = await createProcessTargetHarness();
    await using foreign = startForeign();
    const startTime = (await findProcess(harness.table, foreign.pid))?.startTime ?? '';
    writeRecord(harness, 'old', { pid: foreign.pid, startTime, bootId: 'another-boot' });

    const observed = await harness.target.observeAll(signal);
    await harness.target.remove('old', SOON, signal);

    expect(observed).toMatchObject([{ state: 'exited', reason: 'the machine was restarted' }]);
    expect(await findProcess(harness.table, foreign.pid)).toBeDefined();
  });

  test('remove ends what the job started, in its session and in one of its own', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    const { address } = await harness.target.launch(createTestRequest(), signal);
    const inside = await requestJob(address, '/spawn');
    const outside = await requestJob(address, '/spawn?session=own');

    await harness.target.remove('i-1', SOON, signal);

    expect((await harness.table.find([inside.pid, outside.pid])).size).toBe(0);
  });

  test('a job whose shim was killed counts as exited, and its remains go before it is started again', async ({
    signal,
  }) => {
    await using harness = await createProcessTargetHarness();
    const { address } = await harness.target.launch(createTestRequest(), signal);
    const { pid, ppid } = await requestJob(address);
    process.kill(ppid, 'SIGKILL');
    const [observed] = await waitUntil('the shim to be gone', async () => {
      const all = await harness.target.observeAll(signal);
      return all[0]?.state === 'exited' && all;
    });

    await harness.target.launch(createTestRequest(), signal);

    expect(observed?.reason).toBe('it was killed together with its supervisor, or cut off while starting');
    expect((await harness.table.find([pid])).size).toBe(0);
    expect((await requestJob(address)).pid).not.toBe(pid);
  });

  test('a marked process of an instance that has no directory is killed', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    await using stray = startForeign(markEnvironment('gone', nameOwner(join(harness.dataDir, 'instances'))));
    await using other = startForeign(markEnvironment('gone', 'another-owner'));

    await harness.target.observeAll(signal);
    await once(stray.child, 'exit');

    expect(stray.child.signalCode).toBe('SIGKILL');
    expect(await findProcess(harness.table, other.pid)).toBeDefined();
  });

  test('a running job whose record was damaged is adopted', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    await harness.target.launch(createTestRequest({ command: LONG_JOB }), signal);
    const files = filesOf(harness, 'i-1');
    const record = findProcessRecord(files);
    writeFileSync(files.process, '{"pid":');

    const observed = await harness.target.observeAll(signal);

    expect(observed).toMatchObject([{ instanceId: 'i-1', state: 'running' }]);
    expect(findProcessRecord(files)).toMatchObject({ pid: record?.pid, startTime: record?.startTime });
  });

  test('an instance that never got further than its directory is told as such and can be removed', async ({
    signal,
  }) => {
    await using harness = await createProcessTargetHarness();
    mkdirSync(filesOf(harness, 'half').dir, { recursive: true });

    const observed = await harness.target.observeAll(signal);
    await harness.target.remove('half', SOON, signal);

    expect(observed).toMatchObject([{ instanceId: 'half', state: 'exited', reason: 'it was never started' }]);
    expect(await harness.target.observeAll(signal)).toEqual([]);
  });

  test('a job is removed also when its files are gone already', async ({ signal }) => {
    await using harness = await createProcessTargetHarness();
    await harness.target.launch(createTestRequest({ command: LONG_JOB }), signal);
    const pid = findProcessRecord(filesOf(harness, 'i-1'))?.pid ?? 0;
    rmSync(filesOf(harness, 'i-1').dir, { recursive: true });

    await harness.target.remove('i-1', SOON, signal);

    expect(await findProcess(harness.table, pid)).toBeUndefined();
  });
});

function filesOf(harness: ProcessTargetHarness, instanceId: string): ReturnType<typeof getInstanceFiles> {
  return getInstanceFiles(join(harness.dataDir, 'instances'), instanceId);
}

function writeRecord(
  harness: ProcessTargetHarness,
  instanceId: string,
  identity: { pid: number; startTime: string; bootId?: string },
): void {
  const files = filesOf(harness, instanceId);
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  mkdirSync(files.dir, { recursive: true });
  writeFileSync(files.process, JSON.stringify({ instanceId, bootId, startedAt: 1, ...identity }));
}

async function findProcess(table: ProcessTable, pid: number): Promise<ProcessEntry | undefined> {
  return (await table.find([pid])).get(pid);
}

/** A process that has nothing to do with the target, in a session of its own as a recycled one may be. */
function startForeign(
  env: Record<string, string> = {},
): AsyncDisposable & { readonly pid: number; readonly child: ChildProcess } {
  const child = spawn('/bin/sleep', ['60'], { env, stdio: 'ignore', detached: true });
  return {
    pid: child.pid ?? 0,
    child,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
