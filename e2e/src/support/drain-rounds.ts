import { join } from 'node:path';
import { commitFiles, createRepository, pythonManifest } from './job-repository.ts';
import type { Platform } from './platform.ts';
import { post, startSteadyLoad, type SteadyLoadResult } from './steady-load.ts';

/** Says which code answered; sleeps and pads its answer as it is told. */
const source = (round: number): string =>
  [
    'import time',
    '',
    'class Job:',
    '    def perform(self, seconds=0, size=0, text=""):',
    '        time.sleep(seconds)',
    `        return {"round": ${round}, "length": len(text), "padding": "." * size}`,
    '',
  ].join('\n');

/** Longer than a redeploy takes, so that every switch meets calls of this kind. */
const SLOW_SECONDS = 2;
const UPLOAD_BYTES = 400_000;
const DOWNLOAD_BYTES = 4_000_000;

export interface DrainRounds {
  readonly redeploys: number;
  readonly callsPerSecond: number;
}

export interface DrainOutcome {
  readonly load: SteadyLoadResult;
  /** Calls beside the steady ones, by kind: how many ended well. */
  readonly long: Readonly<Record<'slow' | 'upload' | 'download', number>>;
  readonly failures: readonly string[];
  /** Milliseconds of each forced redeploy, as its user waited. */
  readonly redeployMs: readonly number[];
}

/** Deploys the job that these rounds replace again and again. */
export async function deployDrainJob(platform: Platform, name = 'drain'): Promise<void> {
  const directory = join(platform.directory, name);
  await createRepository(directory, {
    'job.py': source(0),
    'job.yaml': pythonManifest({ name, version: '1.0.0', remote: directory }),
  });
  const result = await platform.cli(['deploy', directory, '--build-context', 'git']);
  if (result.code !== 0) throw new Error(result.stderr);
}

/**
 * Replaces a version by force again and again, while it is called: quick calls at a steady rate over connections that
 * are kept alive, and beside them slow ones, ones that send their body bit by bit, and ones that read it so.
 */
export async function runDrainRounds(
  platform: Platform,
  token: string,
  { redeploys, callsPerSecond }: DrainRounds,
): Promise<DrainOutcome> {
  const directory = join(platform.directory, 'drain');
  const url = `${platform.endpoints.pub}/pub/job/drain/1.0.0/api/v1/perform`;
  const stopLoad = startSteadyLoad({ url, token, callsPerSecond });
  const stopLong = startLongCalls(url, token);
  const redeployMs: number[] = [];
  const failures: string[] = [];
  for (let round = 1; round <= redeploys; round += 1) {
    await commitFiles(directory, { 'job.py': source(round) });
    const startedAt = performance.now();
    const result = await platform.cli(['deploy', directory, '--build-context', 'git', '--force']);
    redeployMs.push(performance.now() - startedAt);
    if (result.code !== 0) failures.push(`redeploy ${round}: ${result.stderr}`);
    const { body } = await post({ url, token, body: '{}' });
    if (!body.includes(`"round":${round},`)) failures.push(`after redeploy ${round} answered: ${body}`);
  }
  const [load, long] = await Promise.all([stopLoad(), stopLong()]);
  return { load, long: long.counts, failures: [...failures, ...load.failures, ...long.failures], redeployMs };
}

function startLongCalls(url: string, token: string) {
  const counts = { slow: 0, upload: 0, download: 0 };
  const failures: string[] = [];
  const stopped = new AbortController();

  async function repeat(kind: keyof typeof counts, call: () => Promise<void>): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await call();
        counts[kind] += 1;
      } catch (error) {
        failures.push(`${kind}: ${String(error)}`);
      }
    }
  }

  const lanes = [
    ...Array.from({ length: 4 }, async () => await repeat('slow', async () => await callSlowly(url, token))),
    repeat('upload', async () => await upload(url, token)),
    repeat('download', async () => await download(url, token)),
  ];
  return async () => {
    stopped.abort();
    await Promise.all(lanes);
    return { counts, failures };
  };
}

async function callSlowly(url: string, token: string): Promise<void> {
  expectStatus(await post({ url, token, body: JSON.stringify({ seconds: SLOW_SECONDS }) }));
}

async function upload(url: string, token: string): Promise<void> {
  const body = JSON.stringify({ text: 'x'.repeat(UPLOAD_BYTES) });
  const answer = await post({ url, token, body, pieces: { count: 20, pauseMs: 100 } });
  expectStatus(answer);
  if (!answer.body.includes(`"length":${UPLOAD_BYTES}`)) throw new Error('a part of the body was lost');
}

async function download(url: string, token: string): Promise<void> {
  const answer = await post({ url, token, body: JSON.stringify({ size: DOWNLOAD_BYTES }), readPauseMs: 30 });
  expectStatus(answer);
  if (answer.body.length < DOWNLOAD_BYTES) throw new Error('a part of the answer was lost');
}

function expectStatus({ status, body }: { readonly status: number; readonly body: string }): void {
  if (status !== 200) throw new Error(`${status} ${body.slice(0, 300)}`);
}
