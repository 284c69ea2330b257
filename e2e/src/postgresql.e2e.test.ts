import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing, startPostgres, waitUntil, type PostgresServer } from '@racetrack-platform/testing';
import { commitFiles, createRepository, pythonManifest } from './support/job-repository.ts';
import { startLoad } from './support/load.ts';
import { Platform } from './support/platform.ts';
import { findProcesses } from './support/processes.ts';
import { surviveOutage } from './support/survive-outage.ts';

const missing = postgresMissing();
const why = missing === undefined ? '' : ` (${missing})`;

const program = (answer: number): string =>
  ['class Job:', '    def perform(self):', `        return ${answer}`, ''].join('\n');

describe.skipIf(missing !== undefined)(`a platform on PostgreSQL${why}`, () => {
  let postgres: PostgresServer;
  let env: Record<string, string>;
  let platform: Platform;
  let token: string;
  let repository: string;

  const perform = async (at: Platform, name = 'answers'): Promise<unknown> => {
    const response = await at.call(`${name}/latest/api/v1/perform`, token, {});
    return response.status === 200 ? await response.json() : `${response.status} ${await response.text()}`;
  };
  const answers = async (at: Platform): Promise<boolean> => {
    const headers = { 'x-racetrack-auth': token };
    return (await fetch(`${at.endpoints.lifecycle}/api/v1/job`, { headers })).ok;
  };
  const manifest = (name: string, remote: string): string =>
    pythonManifest({ name, version: '1.0.0', remote });

  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
    env = {
      DATABASE_URL: postgres.url(await postgres.createDatabase()),
      RACETRACK_AUTH_KEY: 'the-signing-key-of-all-replicas',
      RACETRACK_SECRETS_KEY: '3f'.repeat(32),
    };
    platform = await Platform.start([], env);
    token = await platform.login();
    repository = join(platform.directory, 'answers');
  });

  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  test('deploys a job and answers its calls', async () => {
    await createRepository(repository, {
      'job.py': program(42),
      'job.yaml': manifest('answers', repository),
    });

    expect(await platform.cli(['deploy', repository, '--build-context', 'git'])).toMatchObject({ code: 0 });
    expect(await perform(platform)).toBe(42);
  });

  test('replaces it under load without a failed call', async () => {
    await commitFiles(repository, { 'job.py': program(43) });
    const stop = startLoad(async () => await platform.call('answers/latest/api/v1/perform', token, {}));

    const result = await platform.cli(['deploy', repository, '--build-context', 'git', '--force']);

    const load = await stop();
    expect(result).toMatchObject({ code: 0 });
    expect(load.failures).toEqual([]);
    expect(await perform(platform)).toBe(43);
  });

  test('control killed: calls go on, and it comes back by itself', async () => {
    const control = (await findProcesses(platform.dataDir)).find(
      (found) => found.ppid === platform.launcherPid && found.commandLine.includes('lifecycle'),
    );
    const stop = startLoad(async () => await platform.call('answers/latest/api/v1/perform', token, {}));

    process.kill(control?.pid ?? 0, 'SIGKILL');
    await waitUntil('lifecycle', async () => await answers(platform), 20_000);

    expect((await stop()).failures).toEqual([]);
  });

  test('a second replica serves the same API, routes the same jobs, and deploys for both', async () => {
    await using second = await Platform.start([], env);
    expect(await second.login()).toBe(token);

    expect((await second.cli(['list'])).stdout).toContain('answers');
    expect(await waitUntil('the route', async () => (await perform(second)) === 43)).toBe(true);
    const directory = join(second.directory, 'added');
    await createRepository(directory, { 'job.py': program(7), 'job.yaml': manifest('added', directory) });
    expect(await second.cli(['deploy', directory, '--build-context', 'git'])).toMatchObject({ code: 0 });
    expect(await perform(platform, 'added')).toBe(7);
    expect(await platform.cli(['delete', 'added', '--version', '1.0.0'])).toMatchObject({ code: 0 });
    await rm(directory, { recursive: true });
  });
});

test.skipIf(missing !== undefined)(`a database away for a few seconds fails no call${why}`, async () => {
  const outcome = await surviveOutage(8_000);

  expect(outcome.load.failures).toEqual([]);
  expect(outcome.load.calls).toBeGreaterThan(100);
  expect(outcome.answers).toEqual(['503 STORE_UNAVAILABLE with hint']);
  expect(outcome.slowestAnswerMs).toBeLessThan(6_000);
  expect(outcome.pids.after).toEqual(outcome.pids.before);
  expect(outcome.recoveredAfterMs).toBeLessThan(5_000);
  // On a machine that has nothing else to do, five seconds.
  expect(outcome.deployedAfterMs).toBeLessThan(Math.max(5_000, 3 * outcome.usualDeployMs));
  expect(outcome.output.match(/the store is away/g)).toHaveLength(1);
});
