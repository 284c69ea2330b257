import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { startLoad } from './support/load.ts';
import { Platform } from './support/platform.ts';
import { findProcesses, type RunningProcess } from './support/processes.ts';

const JOB = [
  'import os',
  'import uuid',
  '',
  'START = uuid.uuid4().hex',
  '',
  'class Job:',
  '    def perform(self, crash=False, say=None):',
  '        if say:',
  '            print(say, flush=True)',
  '        if crash:',
  '            os._exit(7)',
  '        return START',
  '',
].join('\n');

describe('a platform that is killed', () => {
  let platform: Platform;
  let token: string;
  const names = ['first', 'second'];

  /** Which run of a job answers; a job's own pid says nothing where it has a namespace of its own. */
  async function startOf(name: string): Promise<unknown> {
    const response = await platform.call(`${name}/latest/api/v1/perform`, token, {});
    return response.status === 200 ? await response.json() : `${response.status} ${await response.text()}`;
  }

  async function startsOf(): Promise<unknown[]> {
    return await Promise.all(names.map(startOf));
  }

  /** The Python processes of all jobs. */
  async function jobPids(): Promise<number[]> {
    const processes = await findProcesses(join(platform.dataDir, 'run/i'));
    const builds = join(platform.dataDir, 'builds');
    return processes.filter(({ commandLine }) => commandLine.startsWith(builds)).map(({ pid }) => pid);
  }

  /** The platform's own processes: what the launcher started, and what those started, without the jobs. */
  async function familyPids(): Promise<number[]> {
    const all = await findProcesses(platform.dataDir);
    const family = new Set([platform.launcherPid]);
    const isInstance = (process: RunningProcess): boolean =>
      process.commandLine.includes(join(platform.dataDir, 'instances'));
    for (let grew = true; grew;) {
      const found = all.filter((process) => family.has(process.ppid) && !family.has(process.pid));
      const own = found.filter((process) => !isInstance(process));
      for (const { pid } of own) family.add(pid);
      grew = own.length > 0;
    }
    return [...family];
  }

  beforeAll(async () => {
    platform = await Platform.start();
    token = await platform.login();
    for (const name of names) {
      const directory = join(platform.directory, name);
      const manifest = pythonManifest({ name, version: '1.0.0', remote: directory });
      await createRepository(directory, { 'job.py': JOB, 'job.yaml': manifest });
      expect(await platform.cli(['deploy', directory, '--build-context', 'git'])).toMatchObject({ code: 0 });
    }
  });

  afterAll(async () => await platform[Symbol.asyncDispose]());

  test('control killed: calls go on, and it comes back by itself on the same port', async () => {
    const control = (await findProcesses(platform.dataDir)).find(
      (process) => process.ppid === platform.launcherPid && process.commandLine.includes('lifecycle'),
    );
    const stop = startLoad(async () => await platform.call('first/latest/api/v1/perform', token, {}));

    process.kill(control?.pid ?? 0, 'SIGKILL');
    await waitFor(async () => (await platform.cli(['list', '--output', 'json'])).code === 0);
    const load = await stop();

    expect(load.failures).toEqual([]);
    expect(load.calls).toBeGreaterThan(10);
  });

  test('everything killed and started again: every job runs once, on its route, nothing is orphaned', async () => {
    const before = await startsOf();

    for (const pid of await familyPids()) killIfAlive(pid);
    await sleep(200);
    await platform.boot();

    await waitFor(async () => (await startsOf()).every(isStart));
    // The jobs outlived the platform and were adopted: the very same processes answer.
    expect(await startsOf()).toEqual(before);
    expect(await readdir(join(platform.dataDir, 'instances'))).toHaveLength(names.length);
    expect(await jobPids()).toHaveLength(names.length);
  });

  test('everything killed, jobs too: the jobs are started again', async () => {
    const before = await startsOf();

    for (const pid of [...(await familyPids()), ...(await jobPids())]) killIfAlive(pid);
    await sleep(200);
    await platform.boot();

    await waitFor(async () => (await startsOf()).every(isStart));
    const after = await startsOf();
    expect(after.some((start) => before.includes(start))).toBe(false);
    expect(await readdir(join(platform.dataDir, 'instances'))).toHaveLength(names.length);
  });

  test('a job that crashes is started again, and its caller sees an error, never an empty success', async () => {
    const before = await startOf('second');

    const crashed = await platform.call('second/latest/api/v1/perform', token, { crash: true });

    expect(crashed.status).toBe(502);
    expect(await crashed.json()).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await waitFor(async () => isStart(await startOf('second')));
    expect(await startOf('second')).not.toBe(before);
  });

  test('stopped in order, nothing is left running, and the next start brings the jobs back', async () => {
    await platform.call('first/latest/api/v1/perform', token, { say: 'said before the stop' });

    await platform.stop();

    await waitFor(async () => (await findProcesses(platform.dataDir)).length === 0);
    await expect(readFile(join(platform.dataDir, 'endpoints.json'))).rejects.toThrow('ENOENT');
    await platform.boot();
    await waitFor(async () => (await startsOf()).every(isStart));
    const logs = await platform.cli(['logs', 'first', '--tail', '500']);
    expect(logs.stdout).toContain('said before the stop');
  });
});

function isStart(answer: unknown): boolean {
  return /^[0-9a-f]{32}$/.test(String(answer));
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with another one that was killed before.
  }
}

async function waitFor(condition: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error('the condition did not come true in time');
}
