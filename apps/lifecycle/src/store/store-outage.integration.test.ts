import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildLogSliceDto, DeploymentDto } from '@racetrack-platform/contracts';
import { postgresMissing, startPostgres, waitUntil, type PostgresServer } from '@racetrack-platform/testing';
import { FeedFollower } from '../testing/follow-feed.ts';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const missing = postgresMissing();
const OUTAGE_MS = 3_000;
/** A few probes and loops share one log. */
const MAX_LOG_LINES = 6;

const ROUTES: readonly [string, string, unknown?][] = [
  ['GET', '/api/v1/job'],
  ['GET', '/api/v1/job/calm/1.0.0'],
  ['GET', '/api/v1/job/calm/1.0.0/logs'],
  ['GET', '/api/v1/deploy'],
  ['GET', '/api/v1/audit/activity'],
  ['GET', '/api/v1/users/validate_user_auth'],
  ['POST', '/api/v1/users/login', { username: 'admin', password: 'whatever' }],
  ['POST', '/api/v1/deploy', { manifest: {} }],
  ['DELETE', '/api/v1/job/calm/1.0.0'],
];

describe.skipIf(missing !== undefined)(`a control whose database goes away ${missing ?? ''}`, () => {
  let postgres: PostgresServer;
  let control: TestControl;

  beforeAll(async () => {
    // What it has acknowledged has to survive its crash.
    postgres = await startPostgres({ durable: true });
    const url = postgres.url(await postgres.createDatabase());
    control = await TestControl.start({ DATABASE_URL: url }, { isProcess: true });
    await control.deploy(await control.commit('calm', '1.0.0', toyProgram('42')));
  });

  afterAll(async () => {
    await control[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  const requestDeployment = async (manifest: Record<string, unknown>): Promise<string> => {
    const response = await control.request('POST', '/api/v1/deploy', { manifest });
    return ((await response.json()) as { id: string }).id;
  };

  test('says so on every route, is alive but not ready, and recovers by itself', async () => {
    const { pid } = control.spawned;
    using feed = await FeedFollower.connect(join(control.dataDir, 'run/feed.sock'));
    await waitUntil('the snapshot', () => feed.revision > 0);
    const logged = control.spawned.log().split('\n').length;
    await postgres.stop('immediate');
    const stoppedAt = performance.now();

    const answers = await Promise.all(
      ROUTES.map(async ([method, path, body]) => {
        const response = await control.request(method, path, body);
        const { code, hint, error } = (await response.json()) as Record<'code' | 'hint' | 'error', string>;
        expect(error).toBe('the store cannot be used right now');
        const retryAfter = response.headers.get('retry-after');
        return { path, status: response.status, code, hint: typeof hint, retryAfter };
      }),
    );
    expect(performance.now() - stoppedAt).toBeLessThan(25_000);
    for (const answer of answers) {
      expect(answer).toEqual({
        path: answer.path,
        status: 503,
        code: 'STORE_UNAVAILABLE',
        hint: 'string',
        retryAfter: '5',
      });
    }
    expect((await control.request('GET', '/live')).status).toBe(200);
    const ready = await control.request('GET', '/ready');
    // Nobody without a token is told where the store is, nor what exactly is wrong with it.
    expect([ready.status, await ready.json()]).toEqual([
      503,
      expect.objectContaining({ error: 'database: the store cannot be used right now' }),
    ]);
    await sleep(Math.max(0, OUTAGE_MS - (performance.now() - stoppedAt)));
    await postgres.start();

    const backAt = performance.now();
    const manifest = await control.commit('after', '1.0.0', toyProgram('1'));
    const deployment = await waitUntil(
      'a deployment to be accepted',
      async () => await control.deploy(manifest).catch(() => undefined),
    );
    const tookMs = performance.now() - backAt;
    expect(deployment.status).toBe('done');
    // The figure is measured by `npm run proof -- store-outage`; a busy machine must not fail the tests.
    expect(tookMs).toBeLessThan(20_000);
    expect(control.spawned.pid).toBe(pid);
    await waitUntil('the feed to go on', () =>
      [...feed.records.values()].some((record) => record.kind === 'job' && record.name === 'after'),
    );
    expect(feed.isClosed).toBe(false);
    await waitUntil('the log to say so', () => control.spawned.log().includes('the store is back'));
    const lines = control.spawned.log().split('\n').slice(logged);
    const warnings = lines.filter((line) => line.includes('"level":40') || line.includes('"level":50'));
    expect(warnings.slice(MAX_LOG_LINES)).toEqual([]);
  });

  test('that hangs is found out within seconds, also by those who wait already, and all is well afterwards', async () => {
    const { pid } = control.spawned;
    await postgres.freeze();
    const routes = ROUTES.filter(([method]) => method === 'GET');
    const ask = async () =>
      await Promise.all(
        routes.map(async ([method, path]) => {
          const response = await control.request(method, path);
          const { code } = (await response.json()) as { code: string };
          return [path, response.status, code];
        }),
      );
    const startedAt = performance.now();
    const refused = routes.map(([, path]) => [path, 503, 'STORE_UNAVAILABLE']);

    expect(await ask()).toEqual(refused);
    // Waiting for the limit of a statement would take 25 seconds.
    expect(performance.now() - startedAt).toBeLessThan(40_000);
    expect((await control.request('GET', '/live')).status).toBe(200);
    expect(await ask()).toEqual(refused);
    await postgres.thaw();

    await waitUntil(
      'it to be well',
      async () => (await control.request('GET', '/api/v1/job')).status === 200,
    );
    expect((await control.request('GET', '/ready')).status).toBe(200);
    const user = { username: 'thawed@example.com', password: 'wombat lantern 7' };
    expect((await control.request('POST', '/api/v1/users/register', user)).status).toBe(200);
    expect(control.spawned.pid).toBe(pid);
  });

  test('a deployment under way waits, loses nothing of its log, and is published once', async () => {
    // It starts slowly enough for the outage to come while it is awaited.
    const program = toyProgram('1', 'await new Promise((resolve) => setTimeout(resolve, 1_000));');
    const id = await requestDeployment(await control.commit('patient', '1.0.0', program));
    await waitUntil('the launch', async () => {
      const response = await control.request('GET', `/api/v1/deploy/${id}`);
      return ((await response.json()) as DeploymentDto).step === 'ready';
    });
    await postgres.stop('immediate');
    await sleep(OUTAGE_MS);
    await postgres.start();

    const deployment = await waitUntil(
      'its end',
      async () => {
        const response = await control.request('GET', `/api/v1/deploy/${id}`);
        if (response.status !== 200) return undefined;
        const now = (await response.json()) as DeploymentDto;
        return now.status === 'in_progress' ? undefined : now;
      },
      20_000,
    );
    expect(deployment).toMatchObject({ status: 'done', error: null });
    const log = await control.request('GET', `/api/v1/deploy/${id}/build-logs?offset=0`);
    expect(((await log.json()) as BuildLogSliceDto).logs).toContain('Checking the program');
    const audit = await control.request('GET', '/api/v1/audit/activity');
    expect((await audit.text()).match(/Job patient[^"]* deployed/g)).toHaveLength(1);
  });
});

test('a SQLite file that another program has locked for a while does not stop the probes', async () => {
  await using control = await TestControl.start();
  const other = new DatabaseSync(join(control.dataDir, 'store/racetrack.db'));
  other.exec('BEGIN IMMEDIATE');

  const startedAt = performance.now();
  const blocked = control.request('POST', '/api/v1/users/register', {
    username: 'new@example.com',
    password: 'wombat lantern 7',
  });
  for (let probe = 0; probe < 5; probe += 1) {
    const askedAt = performance.now();
    expect((await control.request('GET', '/live')).status).toBe(200);
    expect(performance.now() - askedAt).toBeLessThan(10_000);
    await sleep(100);
  }
  const answer = await blocked;
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
    503,
    'STORE_UNAVAILABLE',
  ]);
  expect(performance.now() - startedAt).toBeLessThan(25_000);

  other.exec('COMMIT');
  other.close();
  const later = await control.request('POST', '/api/v1/users/register', {
    username: 'new@example.com',
    password: 'wombat lantern 7',
  });
  expect(later.status).toBe(200);
});
