/** What a build that burns all it can does to the calls of its neighbours, and to any computing: p50 and p99 with and without it, in turns. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { createRepository, pythonManifest } from '../support/job-repository.ts';
import { Platform } from '../support/platform.ts';
import { startSteadyLoad, type SteadyLoadResult } from '../support/steady-load.ts';
import { startSteadyWork } from '../support/steady-work.ts';

const JOB = 'class JobEntrypoint:\n    def perform(self):\n        return 42\n';
const PHASE_MS = 10_000;
const ROUNDS = 6;
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
  const measure = async (): Promise<Phase> => {
    const stopCalls = startSteadyLoad({ url, token, callsPerSecond: CALLS_PER_SECOND });
    const stopWork = startSteadyWork();
    await sleep(PHASE_MS);
    return { calls: await stopCalls(), workMs: await stopWork() };
  };

  // Twice without it in every round: how far those two differ is what the machine does by itself.
  const before: Phase[] = [];
  const beside: Phase[] = [];
  const after: Phase[] = [];
  await measure();
  for (let round = 0; round < ROUNDS; round += 1) {
    before.push(await measure());
    const name = `burner-${round}`;
    const remote = await createRepository(join(platform.directory, name), {
      'job.py': JOB,
      'requirements.txt': './bad\n',
      'bad/setup.py': `print()\n${setup}\n`,
    });
    const deploying = deploy(platform, name, remote, { requirements_path: 'requirements.txt' });
    const id = await waitForBuild(platform, token, name);
    beside.push(await measure());
    expect(await platform.cli(['cancel', id])).toMatchObject({ code: 0 });
    expect((await deploying).code).toBe(6);
    after.push(await measure());
  }

  console.log(`${what}, ${ROUNDS} rounds of ${PHASE_MS / 1_000} s each before, beside and after it`);
  console.log(present('calls, p50', 0.5, ({ calls }) => calls.durationsMs));
  console.log(present('calls, p99', 0.99, ({ calls }) => calls.durationsMs));
  console.log(present('computing, p50', 0.5, ({ workMs }) => workMs));
  console.log(present('computing, p99', 0.99, ({ workMs }) => workMs));
  expect([...before, ...beside, ...after].flatMap(({ calls }) => calls.failures)).toEqual([]);

  function present(title: string, share: number, pick: (phase: Phase) => readonly number[]): string {
    const medianOf = (phases: readonly Phase[]): number =>
      quantile(phases.map((phase) => quantile(pick(phase), share)).toSorted(ascending), 0.5);
    const [quiet, busy, again] = [medianOf(before), medianOf(beside), medianOf(after)];
    const more = ((busy / ((quiet + again) / 2) - 1) * 100).toFixed(0);
    const values = [quiet, busy, again].map((ms) => `${ms.toFixed(2)} ms`);
    return `  ${title}: before ${values[0]}, beside ${values[1]} (${more} %), after ${values[2]}`;
  }
});

interface Phase {
  readonly calls: SteadyLoadResult;
  readonly workMs: readonly number[];
}

const ascending = (a: number, b: number): number => a - b;

/** @param sorted - ascending. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
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
