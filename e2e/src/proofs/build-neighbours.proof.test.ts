/** What a build that burns all it can does to the calls of its neighbours: their p99 with and without it, in turns. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { createRepository, pythonManifest } from '../support/job-repository.ts';
import { Platform } from '../support/platform.ts';
import { startSteadyLoad, type SteadyLoadResult } from '../support/steady-load.ts';

const JOB = 'class JobEntrypoint:\n    def perform(self):\n        return 42\n';
const PHASE_MS = 20_000;
const ROUNDS = 3;
const CALLS_PER_SECOND = 100;

/** A bomb that goes on forking is ended at its limit, which other tests show: here is what may stay. */
const BURNERS = {
  'a build that burns all processors': 'import os\nfor _ in range(4): os.fork()\nwhile True: pass',
  'a build of 200 processes that start and end others':
    'import os\nfor _ in range(199):\n    if os.fork() == 0: break\nwhile True:\n    if os.fork() == 0: os._exit(0)\n    os.wait()',
};

test.each(Object.entries(BURNERS))('calls beside %s do not fail', async (what, setup) => {
  await using platform = await Platform.start();
  const token = await platform.login();
  const neighbour = await createRepository(join(platform.directory, 'neighbour'), { 'job.py': JOB });
  await deploy(platform, 'neighbour', neighbour, {});
  const url = `${platform.endpoints.pub}/pub/job/neighbour/1.0.0/api/v1/perform`;
  const load = async (): Promise<SteadyLoadResult> => {
    const stop = startSteadyLoad({ url, token, callsPerSecond: CALLS_PER_SECOND });
    await sleep(PHASE_MS);
    return await stop();
  };

  const quiet: SteadyLoadResult[] = [];
  const beside: SteadyLoadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    quiet.push(await load());
    const name = `burner-${round}`;
    const remote = await createRepository(join(platform.directory, name), {
      'job.py': JOB,
      'requirements.txt': './bad\n',
      'bad/setup.py': `print()\n${setup}\n`,
    });
    const deploying = deploy(platform, name, remote, { requirements_path: 'requirements.txt' });
    const id = await waitForBuild(platform, token, name);
    beside.push(await load());
    expect(await platform.cli(['cancel', id])).toMatchObject({ code: 0 });
    expect((await deploying).code).toBe(6);
  }

  const before = p99(quiet);
  const during = p99(beside);
  const share = ((during / before - 1) * 100).toFixed(0);
  console.log(
    `${what}: neighbours' p99 ${before.toFixed(1)} ms alone, ${during.toFixed(1)} ms beside it (${share} %)`,
  );
  expect([...quiet, ...beside].flatMap(({ failures }) => failures)).toEqual([]);
});

function p99(results: readonly SteadyLoadResult[]): number {
  const durations = results.flatMap(({ durationsMs }) => durationsMs).sort((a, b) => a - b);
  return durations[Math.floor((durations.length - 1) * 0.99)] ?? Number.NaN;
}

async function deploy(platform: Platform, name: string, remote: string, extra: Record<string, string>) {
  const directory = join(platform.directory, `${name}-manifest`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'job.yaml'), pythonManifest({ name, version: '1.0.0', remote, extra }));
  return await platform.cli(['deploy', directory]);
}

/** The id of the deployment of a job, once its own code runs. */
async function waitForBuild(platform: Platform, token: string, name: string): Promise<string> {
  const get = async (path: string): Promise<unknown> => {
    const address = `${platform.endpoints.lifecycle}/api/v1/deploy${path}`;
    return await (await fetch(address, { headers: { 'x-racetrack-auth': token } })).json();
  };
  return await waitUntil(
    `the build of ${name}`,
    async () => {
      const deployments = (await get('')) as { id: string; job_name: string }[];
      const id = deployments.find((deployment) => deployment.job_name === name)?.id;
      const log = id === undefined ? undefined : ((await get(`/${id}/build-logs`)) as { logs: string });
      return log?.logs.includes('Getting requirements to build wheel') === true ? id : undefined;
    },
    120_000,
  );
}
