import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import { connectStore, createReplicaRepository, type Store } from '@racetrack-platform/db';
import { postgresMissing, startPostgres, waitUntil, type PostgresServer } from '@racetrack-platform/testing';
import { hashToken } from '../auth/token-format.ts';
import { createTokenService, type TokenService } from '../auth/token-service.ts';
import { createSealer } from '../keys/sealer.ts';
import { FeedFollower } from '../testing/follow-feed.ts';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';
import { createAccount } from '../users/account-service.ts';

const missing = postgresMissing();
const KEYS = { authKey: 'the-same-signing-key-for-all', secretsKey: '5c'.repeat(32) };
/** What was acknowledged by one control is to be seen by the others within this time. */
const VISIBLE_WITHIN_MS = 1_000;
/** Builds take their time where other tests run beside them. */
const TIMEOUT_MS = 180_000;

describe.skipIf(missing !== undefined)(`two controls on one PostgreSQL ${missing ?? ''}`, () => {
  let postgres: PostgresServer;
  let store: Store;
  let first: TestControl;
  let second: TestControl;
  let tokens: TokenService;

  const both = (): TestControl[] => [first, second];
  const whoAmI = async (control: TestControl, token: string): Promise<number> =>
    (await control.request('GET', '/api/v1/users/validate_user_auth', undefined, token)).status;
  const follow = async (control: TestControl): Promise<FeedFollower> =>
    await FeedFollower.connect(join(control.dataDir, 'run/feed.sock'));

  beforeAll(async () => {
    postgres = await startPostgres();
    const url = postgres.url(await postgres.createDatabase());
    store = connectStore({ kind: 'postgres', url });
    const env = {
      DATABASE_URL: url,
      RACETRACK_AUTH_KEY: KEYS.authKey,
      RACETRACK_SECRETS_KEY: KEYS.secretsKey,
    };
    tokens = createTokenService({ authKey: KEYS.authKey, sealer: createSealer(KEYS.secretsKey) });
    [first, second] = await Promise.all([
      TestControl.start(env, { isProcess: true }),
      TestControl.start(env, { isProcess: true }),
    ]);
  });

  afterAll(async () => {
    await Promise.allSettled(both().map(async (control) => await control[Symbol.asyncDispose]()));
    await store.close();
    await postgres[Symbol.asyncDispose]();
  });

  /** A new account with its token, made as a third replica would. */
  async function addUser(): Promise<string> {
    const username = `${randomUUID()}@example.com`;
    const account = { username, passwordHash: 'none', isActive: true, isStaff: false, scopes: [] };
    const { result } = await store.transaction(async (trx) => {
      await createAccount(tokens, trx, account);
      const subject = await trx.db
        .selectFrom('subject')
        .innerJoin('user', 'user.id', 'subject.user_id')
        .select('subject.id')
        .where('user.username', '=', username)
        .executeTakeFirstOrThrow();
      return await tokens.ensureSubjectToken(trx, { subjectId: subject.id, kind: 'user', claim: username });
    });
    return result;
  }

  async function revoke(token: string): Promise<void> {
    await store.transaction(async (trx) => {
      const row = await trx.db
        .selectFrom('token')
        .select('id')
        .where('hash', '=', hashToken(token))
        .executeTakeFirstOrThrow();
      await tokens.revokeToken(trx, row.id);
    });
  }

  test('that started at the same moment on an empty database share one administrator and one store', async () => {
    expect(first.token).toBe(second.token);
    const users = await store.db.selectFrom('user').select('username').execute();
    expect(users).toEqual([{ username: 'admin' }]);
    expect(await createReplicaRepository(store.db).listLive(Date.now())).toHaveLength(2);
  });

  test('a token revoked anywhere is refused by the pubs of all within a second', async () => {
    const token = await addUser();
    using feed = await follow(second);
    const key = `token ${hashToken(token)}`;
    await waitUntil('the pub to know the token', () => feed.records.has(key));

    const before = performance.now();
    await revoke(token);
    await waitUntil('the pub to forget it', () => !feed.records.has(key));

    const tookMs = performance.now() - before;
    expect(tookMs).toBeLessThan(1_000);
    expect(await whoAmI(second, token)).toBe(401);
  });

  test(
    '200 operations on both: everything is seen by both within a second, once, and in one order',
    { timeout: TIMEOUT_MS },
    async () => {
      using firstFeed = await follow(first);
      using secondFeed = await follow(second);
      const operations = [
        ...Array.from({ length: 8 }, (_, index) => async () => await deployment(index)),
        ...Array.from({ length: 84 }, () => userAndRevocation),
        ...Array.from({ length: 20 }, (_, index) => async () => await login(index)),
      ];
      let slowestMs = 0;

      /** Waits until both agree, and notes how long that took. */
      async function seenByBoth(
        what: string,
        check: (control: TestControl) => Promise<boolean>,
      ): Promise<number> {
        const since = performance.now();
        await Promise.all(
          both().map(async (control) => await waitUntil(what, async () => await check(control))),
        );
        slowestMs = Math.max(slowestMs, performance.now() - since);
        return 1;
      }

      async function userAndRevocation(): Promise<number> {
        const token = await addUser();
        await seenByBoth('the user', async (control) => (await whoAmI(control, token)) === 200);
        await revoke(token);
        await seenByBoth('the revocation', async (control) => (await whoAmI(control, token)) === 401);
        return 2;
      }

      async function deployment(index: number): Promise<number> {
        const [by, other] = index % 2 === 0 ? [first, second] : [second, first];
        const name = `mixed-${index}`;
        const manifest = await by.commit(name, '1.0.0', toyProgram(String(index)));
        expect(await by.deploy(manifest)).toMatchObject({ status: 'done' });
        const path = `/api/v1/job/${name}/1.0.0`;
        await seenByBoth('the job', async (control) => (await control.request('GET', path)).status === 200);
        if (index >= 4) return 1;
        expect((await other.request('DELETE', path)).status).toBe(200);
        await seenByBoth('its end', async (control) => (await control.request('GET', path)).status === 404);
        return 2;
      }

      async function login(index: number): Promise<number> {
        const control = index % 2 === 0 ? first : second;
        expect(await whoAmI(control, control.token)).toBe(200);
        return 1;
      }

      const queue = operations.values();
      let done = 0;
      const lane = async (): Promise<void> => {
        for (const operation of queue) {
          const count = await operation();
          done += count;
        }
      };
      await Promise.all(Array.from({ length: 4 }, lane));

      expect(done).toBe(200);
      expect(slowestMs).toBeLessThan(VISIBLE_WITHIN_MS);
      await expectOneOrder(firstFeed, secondFeed);
      const deployments = await store.db.selectFrom('deployment').select(['status', 'lease_epoch']).execute();
      expect(deployments).toHaveLength(8);
      expect(deployments.every((row) => row.status === 'done' && row.lease_epoch === 1)).toBe(true);
      const deployed = await store.db
        .selectFrom('audit_event')
        .select('id')
        .where('event_type', '=', 'job_deployed')
        .execute();
      expect(deployed).toHaveLength(8);
      const leases = await store.db.selectFrom('lease').selectAll().execute();
      expect(leases).toMatchObject([{ name: 'reconciler', epoch: 1 }]);
    },
  );

  async function expectOneOrder(one: FeedFollower, other: FeedFollower): Promise<void> {
    const { revision: newest } = await store.db
      .selectFrom('feed_revision')
      .select('revision')
      .executeTakeFirstOrThrow();
    await waitUntil('both feeds', () => one.revision === newest && other.revision === newest);
    const sorted = (feed: FeedFollower) =>
      [...feed.records].toSorted(([left], [right]) => (left < right ? -1 : 1));
    expect(sorted(one)).toEqual(sorted(other));
    for (const { revisions } of [one, other]) {
      expect(revisions).toEqual([...new Set(revisions)].toSorted((left, right) => left - right));
    }
    const rows = await store.db
      .selectFrom('feed_change')
      .select('revision')
      .distinct()
      .orderBy('revision')
      .execute();
    expect(rows.map((row) => row.revision)).toEqual(Array.from({ length: newest }, (_, index) => index + 1));
  }

  test('a deployment that one drives is cancelled through the other, and nothing of it stays', async () => {
    const hangs = 'setInterval(() => {}, 1_000);\n';
    const id = await requestDeployment(first, await first.commit('unwanted', '1.0.0', hangs));
    await waitUntil('the launch', async () => (await readDeployment(second, id)).step === 'ready');

    const answer = await second.request('POST', `/api/v1/deploy/${id}/cancel`);

    expect(answer.status).toBe(200);
    const end = { status: 'failed', error: 'cancelled by admin', error_code: 'DEPLOYMENT_CANCELLED' };
    expect(await second.waitForEnd(id)).toMatchObject(end);
    expect(await readDeployment(first, id)).toMatchObject(end);
    await waitUntil('its instance to be gone', async () => {
      const rows = await store.db
        .selectFrom('instance')
        .select('id')
        .where('deployment_id', '=', id)
        .execute();
      return rows.length === 0;
    });
  });

  test(
    'one is killed: the other drives on, and what lives there is neither adopted nor forgotten',
    { timeout: TIMEOUT_MS },
    async () => {
      await first.deploy(await first.commit('stays', '1.0.0', toyProgram('1')));
      const slow = toyProgram('2', 'await new Promise((resolve) => setTimeout(resolve, 2_000));');
      const ids = await Promise.all([
        requestDeployment(first, await first.commit('moves', '1.0.0', slow)),
        requestDeployment(first, await first.commit('uploaded', '1.0.0', slow), true),
      ]);
      for (const id of ids) {
        await waitUntil('the launch', async () => (await readDeployment(first, id)).step === 'ready');
      }
      await first.spawned.kill();

      const [moved, lost] = await Promise.all(
        ids.map(
          async (id) =>
            await waitUntil(
              'its end',
              async () => {
                const now = await readDeployment(second, id);
                return now.status !== 'in_progress' && now;
              },
              90_000,
            ),
        ),
      );
      expect(moved).toMatchObject({ status: 'done', job: { status: 'running' } });
      expect(lost).toMatchObject({ status: 'failed', error_code: 'BUILD_CONTEXT_LOST' });
      const stays = await waitUntil(
        'the loss to be noticed',
        async () => {
          const job = await readJob(second, 'stays');
          return job.status === 'lost' && job;
        },
        30_000,
      );
      expect(stays.error).toMatch(/^it runs on .+, where no platform is running now$/);
      const logs = await second.request('GET', '/api/v1/job/stays/1.0.0/logs');
      expect([logs.status, await logs.json()]).toMatchObject([503, { code: 'INSTANCE_ELSEWHERE' }]);

      await first.boot();

      await waitUntil(
        'it to run again',
        async () => (await readJob(second, 'stays')).status === 'running',
        15_000,
      );
      await waitUntil(
        'the remains to be removed',
        async () => {
          const rows = await store.db
            .selectFrom('instance')
            .select('id')
            .where('state', '=', 'removing')
            .execute();
          return rows.length === 0;
        },
        15_000,
      );
      expect((await readJob(first, 'moves')).status).toBe('running');
    },
  );

  async function requestDeployment(
    control: TestControl,
    manifest: Record<string, unknown>,
    isUpload = false,
  ): Promise<string> {
    const files = isUpload ? { build_context: await control.archive(String(manifest['name'])) } : {};
    const response = await control.request('POST', '/api/v1/deploy', { manifest, ...files });
    return ((await response.json()) as { id: string }).id;
  }

  async function readDeployment(control: TestControl, id: string): Promise<DeploymentDto> {
    return (await (await control.request('GET', `/api/v1/deploy/${id}`)).json()) as DeploymentDto;
  }

  async function readJob(control: TestControl, name: string): Promise<JobDto> {
    return (await (await control.request('GET', `/api/v1/job/${name}/1.0.0`)).json()) as JobDto;
  }
});
