import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DeploymentDto } from '@racetrack-platform/contracts';
import { waitUntil } from '@racetrack-platform/testing';
import { commitFiles, createRepository, pythonManifest } from '../support/job-repository.ts';
import { FailpointFile } from '../support/failpoint-file.ts';
import { Platform } from '../support/platform.ts';
import { openStoreReader, type StoreReader } from '../support/store-reader.ts';

const run = promisify(execFile);

/** A job that is there all the time: what happens to others must not touch it, and `force` replaces it. */
export const STEADY = { name: 'steady', version: '1.0.0' } as const;

/** A platform that can be told where to die, and what the rounds share. */
export interface World extends AsyncDisposable {
  readonly platform: Platform;
  readonly failpoints: FailpointFile;
  readonly store: StoreReader;
  readonly token: string;
  /** What the steady job answers at this time. */
  steadyAnswer: string;
  /** A number for this round's names, versions and answers. */
  nextNumber(): number;
  /** Calls a job; answers its result, or the status when that is not 200. */
  call(job: JobVersion): Promise<unknown>;
  /** A request to lifecycle. @throws when the connection breaks. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** What `POST /deploy` takes. */
  composeDeployment(options: DeploymentOptions): Promise<Readonly<Record<string, unknown>>>;
}

export interface JobVersion {
  readonly name: string;
  readonly version: string;
}

export interface DeploymentOptions extends JobVersion {
  /** What the job is to answer; `undefined`: its constructor fails. */
  readonly answer: string | undefined;
  readonly source: 'git' | 'upload';
  readonly force?: boolean;
  readonly noCache?: boolean;
}

/** Starts a platform with the steady job on it. @param databaseUrl - a PostgreSQL store; without: SQLite. */
export async function createWorld(databaseUrl?: string): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-crash-'));
  const failpoints = new FailpointFile(join(directory, 'failpoints.json'));
  const platform = await Platform.start([], {
    RACETRACK_FAILPOINTS: failpoints.path,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  });
  const token = await platform.login();
  const repository = await createRepository(join(directory, 'source'), { 'README.md': 'a job\n' });
  let number = 0;

  const world: World = {
    platform,
    failpoints,
    store: await openStoreReader(platform.dataDir, databaseUrl),
    token,
    steadyAnswer: 'steady 0',
    nextNumber: () => (number += 1),

    async call({ name, version }) {
      const response = await platform.call(`${name}/${version}/api/v1/perform`, token, {});
      const body: unknown = await response.json().catch(() => undefined);
      return response.status === 200 ? body : response.status;
    },

    async request(method, path, body) {
      const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/${path}`, {
        method,
        headers: {
          'x-racetrack-auth': token,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json().catch(() => undefined) };
    },

    async composeDeployment(options) {
      const { name, version } = options;
      const yaml = pythonManifest({ name, version, remote: repository });
      await commitFiles(repository, { 'job.py': writeJob(options.answer), 'job.yaml': yaml });
      return {
        manifest: composeManifest(options, repository),
        force: options.force ?? false,
        build_flags: options.noCache === true ? ['--no-cache'] : [],
        ...(options.source === 'upload' && { build_context: await pack(repository) }),
      };
    },

    async [Symbol.asyncDispose]() {
      await failpoints.disarm();
      await world.store[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await deploySteadyJob(world);
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
  return world;
}

async function deploySteadyJob(world: World): Promise<void> {
  const payload = await world.composeDeployment({ ...STEADY, answer: world.steadyAnswer, source: 'git' });
  const sent = await world.request('POST', 'deploy', payload);
  if (sent.status !== 200) throw new Error(`the steady job was refused: ${JSON.stringify(sent.body)}`);
  const { id } = sent.body as { id: string };
  await waitUntil(
    'the end of a deployment',
    async () => {
      const { status, error } = (await world.request('GET', `deploy/${id}`)).body as DeploymentDto;
      if (status === 'failed') throw new Error(`the steady job could not be deployed: ${error}`);
      return status === 'done';
    },
    // Builds wait while other tests keep the machine busy.
    150_000,
  );
}

/** The answer of a job that never gets there. */
export const SLOW = 'never';

function writeJob(answer: string | undefined): string {
  if (answer === SLOW) {
    return ['import time', '', 'class Job:', '    def __init__(self):', '        time.sleep(3600)', ''].join(
      '\n',
    );
  }
  const body =
    answer === undefined
      ? ['    def __init__(self):', "        raise RuntimeError('broken on purpose')"]
      : ['    def perform(self):', `        return ${JSON.stringify(answer)}`];
  return ['class Job:', ...body, ''].join('\n');
}

function composeManifest({ name, version }: JobVersion, remote: string): Readonly<Record<string, unknown>> {
  return {
    name,
    owner_email: 'team@example.com',
    version,
    jobtype: 'python3:latest',
    git: { remote },
    jobtype_extra: { entrypoint_path: 'job.py' },
  };
}

async function pack(directory: string): Promise<string> {
  const { stdout } = await run('tar', ['-czf', '-', '--exclude=.git', '-C', directory, '.'], {
    encoding: 'buffer',
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout.toString('base64');
}
