import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, waitUntil } from '@racetrack-platform/testing';
import { createRepository, pythonManifest } from './job-repository.ts';
import { startLoad, type LoadResult } from './load.ts';
import { Platform } from './platform.ts';
import { findProcesses } from './processes.ts';

export interface OutageOutcome {
  /** Calls to a job through pub, from before the outage until after it. */
  readonly load: LoadResult;
  /** What lifecycle answered meanwhile, each kind of answer once: status, code, and whether there was a hint. */
  readonly answers: readonly string[];
  /** The longest that such an answer took. */
  readonly slowestAnswerMs: number;
  /** From the return of the database to the first answer of lifecycle that needs it. */
  readonly recoveredAfterMs: number;
  /** From the return of the database to the end of a deployment by the CLI that was tried at once. */
  readonly deployedAfterMs: number;
  /** What such a deployment took before the outage, under the same load: the measure of this machine. */
  readonly usualDeployMs: number;
  /** Ids of the platform's processes, jobs left out, before the outage and after it. */
  readonly pids: { readonly before: readonly number[]; readonly after: readonly number[] };
  /** What the launcher showed: warnings and errors of all processes. */
  readonly output: string;
}

const JOB = ['class Job:', '    def perform(self):', '        return 42', ''].join('\n');

/**
 * A platform on PostgreSQL with a job under load loses its database for a while, by a crash of the server.
 *
 * @param outageMs - for how long.
 */
export async function surviveOutage(outageMs: number): Promise<OutageOutcome> {
  // What the database has acknowledged has to survive its crash.
  await using postgres = await startPostgres({ durable: true });
  await using platform = await Platform.start([], {
    DATABASE_URL: postgres.url(await postgres.createDatabase()),
  });
  const token = await platform.login();
  await deploy(platform, 'steady');
  const later = await writeJob(platform, 'later');
  const before = await familyPids(platform);
  const stopLoad = startLoad(async () => await platform.call('steady/latest/api/v1/perform', token, {}));
  const usualDeployMs = await deploy(platform, 'usual');

  await postgres.stop('immediate');
  const asked = await askDuring(platform, token, outageMs);
  await postgres.start();

  const backAt = performance.now();
  const recovered = waitUntil('lifecycle', async () => (await listJobs(platform, token)).ok).then(
    () => performance.now() - backAt,
  );
  await waitUntil('a deployment', async () => await isDeployed(platform, later), 60_000);
  const deployedAfterMs = performance.now() - backAt;
  const load = await stopLoad();
  const pids = { before, after: await familyPids(platform) };
  return {
    load,
    ...asked,
    recoveredAfterMs: await recovered,
    deployedAfterMs,
    usualDeployMs,
    pids,
    output: platform.output,
  };
}

async function askDuring(
  platform: Platform,
  token: string,
  outageMs: number,
): Promise<Pick<OutageOutcome, 'answers' | 'slowestAnswerMs'>> {
  const answers = new Set<string>();
  let slowestAnswerMs = 0;
  for (const end = performance.now() + outageMs; performance.now() < end; await sleep(250)) {
    const askedAt = performance.now();
    const response = await listJobs(platform, token);
    const { code, hint } = (await response.json()) as { code?: string; hint?: string };
    answers.add(`${response.status} ${code} ${hint === undefined ? 'without' : 'with'} hint`);
    slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - askedAt);
  }
  return { answers: [...answers], slowestAnswerMs };
}

async function listJobs(platform: Platform, token: string): Promise<Response> {
  return await fetch(`${platform.endpoints.lifecycle}/api/v1/job`, {
    headers: { 'x-racetrack-auth': token },
  });
}

async function writeJob(platform: Platform, name: string): Promise<string> {
  const directory = join(platform.directory, name);
  const manifest = pythonManifest({ name, version: '1.0.0', remote: directory });
  return await createRepository(directory, { 'job.py': JOB, 'job.yaml': manifest });
}

/** Answers how long it took, in milliseconds. */
async function deploy(platform: Platform, name: string): Promise<number> {
  const directory = await writeJob(platform, name);
  const startedAt = performance.now();
  if (await isDeployed(platform, directory)) return performance.now() - startedAt;
  throw new Error(`${name} could not be deployed:\n${platform.output}`);
}

async function isDeployed(platform: Platform, directory: string): Promise<boolean> {
  return (await platform.cli(['deploy', directory, '--build-context', 'git'])).code === 0;
}

async function familyPids(platform: Platform): Promise<number[]> {
  const children = await findProcesses(platform.dataDir);
  const own = children.filter((process) => process.ppid === platform.launcherPid);
  return [platform.launcherPid, ...own.map((process) => process.pid)].toSorted((a, b) => a - b);
}
