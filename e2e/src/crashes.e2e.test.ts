import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { startLoad } from './support/load.ts';
import { Platform } from './support/platform.ts';
import { findProcesses } from './support/processes.ts';

const JOB = [
  'import os',
  '',
  'class Job:',
  '    def perform(self, crash=False, say=None):',
  '        if say:',
  '            print(say, flush=True)',
  '        if crash:',
  '            os._exit(7)',
  '        return os.getpid()',
  '',
].join('\n');

describe('a platform that is killed', () => {
  let platform: Platform;
  let token: string;
  const names = ['first', 'second'];

  async function pidOf(name: string): Promise<unknown> {
    const response = await platform.call(`${name}/latest/api/v1/perform`, token, {});
    return response.status === 200 ? await response.json() : `${response.status} ${await response.text()}`;
  }

  async function pidsOf(): Promise<unknown[]> {
    return await Promise.all(names.map(pidOf));
  }

  /** The platform's own processes: what the launcher started, and what those started, without the jobs. */
  async function familyPids(): Promise<number[]> {
    const all = await findProcesses(platform.dataDir);
    const family = new Set([platform.launcherPid]);
    for (let grew = true; grew;) {
      const found = all.filter((process) => family.has(process.ppid) && !family.has(process.pid));
      for (const process of found)
        if (!process.commandLine.includes('racetrack_job_wrapper')) family.add(process.pid);
      grew = found.some((process) => !process.commandLine.includes('racetrack_job_wrapper'));
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
    const before = await pidsOf();

    for (const pid of await familyPids()) killIfAlive(pid);
    await sleep(200);
    await platform.boot();

    await waitFor(async () => (await pidsOf()).every((pid) => typeof pid === 'number'));
    // The jobs outlived the platform and were adopted: the very same processes answer.
    expect(await pidsOf()).toEqual(before);
    expect(await readdir(join(platform.dataDir, 'instances'))).toHaveLength(names.length);
    const wrappers = await findProcesses(join(platform.dataDir, 'run/i'));
    const pids = new Set(wrappers.filter((p) => p.commandLine.includes('python')).map((p) => p.pid));
    expect(before.every((pid) => pids.has(pid as number))).toBe(true);
  });

  test('everything killed, jobs too: the jobs are started again', async () => {
    const before = await pidsOf();

    for (const pid of [...(await familyPids()), ...(before as number[])]) killIfAlive(pid);
    await sleep(200);
    await platform.boot();

    await waitFor(async () => (await pidsOf()).every((pid) => typeof pid === 'number'));
    const after = await pidsOf();
    expect(after.some((pid) => before.includes(pid))).toBe(false);
    expect(await readdir(join(platform.dataDir, 'instances'))).toHaveLength(names.length);
  });

  test('a job that crashes is started again, and its caller sees an error, never an empty success', async () => {
    const before = await pidOf('second');

    const crashed = await platform.call('second/latest/api/v1/perform', token, { crash: true });

    expect(crashed.status).toBe(502);
    expect(await crashed.json()).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await waitFor(async () => typeof (await pidOf('second')) === 'number');
    expect(await pidOf('second')).not.toBe(before);
  });

  test('stopped in order, nothing is left running, and the next start brings the jobs back', async () => {
    await platform.call('first/latest/api/v1/perform', token, { say: 'said before the stop' });

    await platform.stop();

    await waitFor(async () => (await findProcesses(platform.dataDir)).length === 0);
    await expect(readFile(join(platform.dataDir, 'endpoints.json'))).rejects.toThrow('ENOENT');
    await platform.boot();
    await waitFor(async () => (await pidsOf()).every((pid) => typeof pid === 'number'));
    const logs = await platform.cli(['logs', 'first', '--tail', '500']);
    expect(logs.stdout).toContain('said before the stop');
  });
});

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
