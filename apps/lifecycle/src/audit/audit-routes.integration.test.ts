import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEventDto } from '@racetrack-platform/contracts';
import { grantPermission } from '../auth/grant-permission.ts';
import { openTestAccess, type TestAccess } from '../auth/open-test-access.ts';
import { createApp, withDeps } from '../http/create-app.ts';
import { infoRoutes } from '../info/info-routes.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { auditRoutes } from './audit-routes.ts';
import { recordAudit } from './record-audit.ts';

const versions = { gitVersion: '0.1.0', dockerTag: '2.36.0' };

describe('the routes of audit', () => {
  let access: TestAccess;
  let app: FastifyInstance;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    access = await openTestAccess();
    tokens['reader'] = await access.addUser('reader', ['read_job']);
    tokens['author'] = await access.addUser('author');
    tokens['family'] = await access.addUser('family');
    const subjectId = await access.subjectIdOf('family');
    const { result } = await access.store.transaction(async (trx) => {
      const family = await access.tokens.ensureFamilyToken(trx, 'adder');
      await grantPermission(trx, { subjectId, scope: 'read_job', familyId: family.familyId });
      const record = async (eventType: 'job_deployed' | 'job_deleted', executor: string, jobName: string) =>
        await recordAudit(trx, { eventType, executor, jobName, jobVersion: '1.0.0', subject: 'author' });
      await record('job_deployed', 'author', 'adder');
      await record('job_deleted', 'admin', 'primer');
      await recordAudit(trx, {
        eventType: 'job_deployed',
        executor: 'admin',
        jobName: 'adder',
        jobVersion: '2.0.0',
      });
      return family;
    });
    tokens['job'] = result.token;
    app = await createApp({
      logger: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics({ defaults: false }),
      authenticator: access.authenticator,
      routes: [
        withDeps(auditRoutes, { db: access.store.db }),
        withDeps(infoRoutes, {
          versions,
          externalPubUrl: 'http://127.0.0.1:7005/pub',
          externalLifecycleUrl: 'http://127.0.0.1:7002/lifecycle',
        }),
      ],
      readiness: {},
      checkDatabase: () => {},
      versions,
    });
  });
  afterAll(async () => {
    await app.close();
    await access.close();
  });

  const get = async (who: string, path: string) =>
    await app.inject({
      url: `/lifecycle/api/v1/audit${path}`,
      headers: { 'x-racetrack-auth': tokens[who] ?? '' },
    });
  const jobsOf = async (who: string, path: string) =>
    (await get(who, path))
      .json<AuditEventDto[]>()
      .map(({ job_name, job_version }) => `${job_name} ${job_version}`);

  test('activity tells events in words, with the filters it applied', async () => {
    const answer = await get('reader', '/activity?job_name=primer&related_to_me=no');

    expect(answer.json()).toEqual({
      filter_job_name: 'primer',
      filter_job_version: '',
      filter_related_to_me: false,
      events: [
        {
          id: expect.any(String),
          version: 1,
          timestamp: expect.any(Number),
          event_type: 'job_deleted',
          properties: {},
          username_executor: 'admin',
          username_subject: 'author',
          job_name: 'primer',
          job_version: '1.0.0',
          explanation: 'Job primer 1.0.0 (owned by author) deleted by admin',
          time_ago: 'just now',
        },
      ],
    });
  });

  test('activity related to me holds what I did and what was done to me', async () => {
    const mine = await get('author', '/activity?related_to_me=1');
    const others = await get('reader', '/activity?related_to_me=true');

    expect(mine.json<{ events: unknown[] }>().events).toHaveLength(2);
    expect(others.json<{ events: unknown[] }>().events).toEqual([]);
  });

  test('events can be narrowed to a job and a version', async () => {
    expect(await jobsOf('reader', '/events')).toHaveLength(3);
    expect((await jobsOf('reader', '/events/job/adder')).sort()).toEqual(['adder 1.0.0', 'adder 2.0.0']);
    expect(await jobsOf('reader', '/events/job/adder/2.0.0')).toEqual(['adder 2.0.0']);
    expect(await jobsOf('author', '/user_events/job/adder')).toEqual(['adder 1.0.0']);
  });

  test('events of jobs that one may not read stay hidden, unless one took part', async () => {
    expect((await jobsOf('family', '/events')).sort()).toEqual(['adder 1.0.0', 'adder 2.0.0']);
    expect((await jobsOf('author', '/events')).sort()).toEqual(['adder 1.0.0', 'primer 1.0.0']);
  });

  test('jobs and external services see no more than they may read, and have no activity of their own', async () => {
    expect(await jobsOf('job', '/events')).toEqual([]);
    expect((await get('job', '/activity')).statusCode).toBe(401);
    expect((await get('job', '/user_events')).statusCode).toBe(401);
    expect((await get('nobody', '/events')).statusCode).toBe(401);
  });

  test('info says to anybody where things are', async () => {
    expect((await app.inject('/lifecycle/api/v1/info')).json()).toEqual({
      service: 'lifecycle',
      git_version: '0.1.0',
      docker_tag: '2.36.0',
      auth_required: true,
      external_pub_url: 'http://127.0.0.1:7005/pub',
      lifecycle_url: 'http://127.0.0.1:7002/lifecycle',
      grafana_url: '',
    });
  });
});
