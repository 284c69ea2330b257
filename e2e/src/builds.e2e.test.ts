import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@racetrack-platform/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { Platform } from './support/platform.ts';
import { findProcesses, type RunningProcess } from './support/processes.ts';
import { startSteadyLoad } from './support/steady-load.ts';

const JOB = 'class JobEntrypoint:\n    def perform(self):\n        return 42\n';
const BUILDER = 'apps/builder/src/main.ts';

let platform: Platform;
let token: string;

beforeAll(async () => {
  platform = await Platform.start([], {
    RACETRACK_MAX_DEPLOYMENTS: '3',
    RACETRACK_BUILD_PROCESSES_MAX: '60',
    RACETRACK_BUILD_TIMEOUT: '60',
  });
  token = await platform.login();
  const remote = await createRepository(join(platform.directory, 'neighbour'), { 'job.py': JOB });
  await deploy('neighbour', '1.0.0', remote);
});

afterAll(async () => await platform[Symbol.asyncDispose]());

async function deploy(name: string, version: string, remote: string, extra: Record<string, string> = {}) {
  const directory = join(platform.directory, `${name}-manifest`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'job.yaml'), pythonManifest({ name, version, remote, extra }));
  return await platform.cli(['deploy', directory]);
}

/** A job whose one requirement is a source package: its `setup.py` runs during the build. */
async function commitMisbehaving(name: string, setup: string): Promise<string> {
  return await createRepository(join(platform.directory, name), {
    'job.py': JOB,
    'requirements.txt': './bad\n',
    'bad/setup.py': `${setup}\nfrom setuptools import setup\nsetup(name='bad', version='1.0')\n`,
  });
}

/** The id of the deployment of a job, once its log says something. */
async function waitForBuildLog(name: string, text: string): Promise<string> {
  const get = async (path: string): Promise<unknown> => {
    const url = `${platform.endpoints.lifecycle}/api/v1/deploy${path}`;
    return await (await fetch(url, { headers: { 'x-racetrack-auth': token } })).json();
  };
  return await waitUntil(
    `the build log of ${name}`,
    async () => {
      const deployments = (await get('')) as { id: string; job_name: string }[];
      const id = deployments.find((deployment) => deployment.job_name === name)?.id;
      const log = id === undefined ? undefined : ((await get(`/${id}/build-logs`)) as { logs: string });
      return log?.logs.includes(text) === true ? id : undefined;
    },
    60_000,
  );
}

function workspaces(): string {
  return join(platform.dataDir, 'builds', 'workspaces');
}

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(workspaces())).toEqual([]);
  expect(await findProcesses(workspaces())).toEqual([]);
}

/** Runs a deployment that is to fail while its neighbour is called twenty times a second. */
async function besideLoad<T>(work: () => Promise<T>): Promise<T> {
  const url = `${platform.endpoints.pub}/pub/job/neighbour/1.0.0/api/v1/perform`;
  const stop = startSteadyLoad({ url, token, callsPerSecond: 20 });
  const result = await work();
  const load = await stop();
  expect(load.failures).toEqual([]);
  expect(load.calls).toBeGreaterThan(20);
  return result;
}

// What else a build may take too much of is in the builder's own tests: this one goes through everything between the
// kernel and the command line.
test('a fork bomb ends with a reason, and calls to its neighbour never fail', async () => {
  const bomb =
    'import os, time\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        time.sleep(1)';
  const remote = await commitMisbehaving('fork-bomb', bomb);
  const { code, stderr } = await besideLoad(
    async () => await deploy('fork-bomb', '1.0.0', remote, { requirements_path: 'requirements.txt' }),
  );

  expect({ code, stderr }).toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/the build needed more than 60 processes/) as string,
  });
  expect(stderr).toMatch(/hint: .*RACETRACK_BUILD_PROCESSES_MAX/);
  await expectNothingLeft();
});

test('an endless installation is cancelled from the command line, a killed builder says so, and both free the queue', async () => {
  const remote = await commitMisbehaving('endless', 'import time\ntime.sleep(600)');
  const deploying = deploy('endless', '1.0.0', remote, { requirements_path: 'requirements.txt' });
  // Not the same, or it would wait for the environment of the first.
  const other = await commitMisbehaving('orphan', 'import time\ntime.sleep(601)');
  const orphaned = deploy('orphan', '1.0.0', other, { requirements_path: 'requirements.txt' });
  await besideLoad(async () => {
    const id = await waitForBuildLog('endless', 'Processing ./bad');
    await waitForBuildLog('orphan', 'Processing ./bad');

    const cancelled = await platform.cli(['cancel', id]);
    expect(cancelled).toMatchObject({ code: 0 });
    expect(cancelled.stdout).toContain('The deployment of endless v1.0.0 has ended: cancelled by admin');
    const deployed = await deploying;
    expect(deployed).toMatchObject({ code: 6 });
    expect(deployed.stderr).toContain('cancelled by admin');
    expect(await platform.cli(['cancel', id])).toMatchObject({ code: 0 });

    process.kill((await findBuilder()).pid, 'SIGKILL');
    expect(await orphaned).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('the builder was killed without a result') as string,
    });
  });
  await expectNothingLeft();

  const neighbour = join(platform.directory, 'neighbour');
  expect(await deploy('neighbour', '1.0.1', neighbour)).toMatchObject({ code: 0 });
});

/** The builder that is running. Nothing of it shows whose it is but its steps. */
async function findBuilder(): Promise<RunningProcess> {
  const [builders, steps] = await Promise.all([findProcesses(BUILDER), findProcesses(workspaces())]);
  const builder = builders.find(({ pid }) => steps.some(({ ppid }) => ppid === pid));
  if (builder === undefined) throw new Error('no builder is running');
  return builder;
}
